/** The ward on a stage of its own: metres, Y up. It is drawn again only when something changed. */
import {
  AmbientLight,
  BoxGeometry,
  CanvasTexture,
  Color,
  DirectionalLight,
  Group,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  PerspectiveCamera,
  PlaneGeometry,
  Raycaster,
  SRGBColorSpace,
  Scene,
  Vector2,
  Vector3,
} from 'three';
import { createRenderer } from '../../../../client/stage/renderer';
import type { Graphics } from '../../../../client/stage/renderer';
import { SCREEN_px, paintScreen } from './screen';
import { worst } from './ward';
import type { BedView, WardView } from './ward';
import type { Say } from './words';

export interface WardStage {
  show(ward: WardView, say: Say): void;
  dispose(): void;
}

const APART_m = 3;
const AISLE_m = 4.5;
const TURN = 0.12;
const COLOURS = { high: '#c62828', medium: '#b58900', low: '#00838f', none: '#5f7a80', empty: '#c5ced0' } as const;

interface Place {
  readonly group: Group;
  readonly cover: MeshLambertMaterial;
  readonly picture: HTMLCanvasElement;
  readonly texture: CanvasTexture;
}

function placeOf(bed: BedView, at: Vector3): Place {
  const group = new Group();
  group.position.copy(at);
  group.userData = { bed: bed.id };
  const cover = new MeshLambertMaterial({ color: COLOURS.empty });
  const mattress = new Mesh(new BoxGeometry(0.95, 0.25, 2), cover);
  mattress.position.y = 0.55;
  const frame = new Mesh(new BoxGeometry(1, 0.12, 2.1), new MeshLambertMaterial({ color: '#8a979b' }));
  frame.position.y = 0.36;
  const pillow = new Mesh(new BoxGeometry(0.6, 0.12, 0.4), new MeshLambertMaterial({ color: '#ffffff' }));
  pillow.position.set(0, 0.72, at.z < 0 ? -0.7 : 0.7);
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = SCREEN_px;
  const texture = new CanvasTexture(picture);
  texture.colorSpace = SRGBColorSpace;
  const screen = new Mesh(new PlaneGeometry(1.9, 1.18), new MeshBasicMaterial({ map: texture }));
  screen.position.set(0, 1.85, at.z < 0 ? -0.95 : 0.95);
  screen.userData = { faces: true };
  group.add(frame, mattress, pillow, screen);
  return { group, cover, picture, texture };
}

export function createWardStage(canvas: HTMLCanvasElement, card: Graphics, onOpen: (bed: string) => void): WardStage {
  const renderer = createRenderer(canvas, card);
  const scene = new Scene();
  scene.background = new Color('#10191c');
  scene.add(new AmbientLight('#ffffff', 1.6));
  const lamp = new DirectionalLight('#ffffff', 1.4);
  lamp.position.set(4, 10, 6);
  scene.add(lamp);
  const floor = new Mesh(new PlaneGeometry(200, 40), new MeshLambertMaterial({ color: '#26343a' }));
  floor.rotation.x = -Math.PI / 2;
  scene.add(floor);
  const camera = new PerspectiveCamera(45, 1, 0.1, 200);
  const places = new Map<string, Place>();
  const centre = new Vector3();
  let [turn, height, distance] = [0, 0.5, 9];
  let asked = 0;

  function draw(): void {
    asked = 0;
    const { clientWidth: width, clientHeight: tall } = canvas;
    if (width === 0 || tall === 0) return;
    renderer.setSize(width, tall, false);
    camera.aspect = width / tall;
    camera.updateProjectionMatrix();
    const flat = Math.cos(height) * distance;
    camera.position.set(centre.x + Math.sin(turn) * flat, 1 + Math.sin(height) * distance, centre.z + Math.cos(turn) * flat);
    camera.lookAt(centre.x, 1, centre.z);
    scene.traverse((part) => {
      if (part.userData['faces']) part.lookAt(camera.position.x, part.getWorldPosition(new Vector3()).y, camera.position.z);
    });
    renderer.render(scene, camera);
  }
  const again = (): void => {
    asked ||= requestAnimationFrame(draw);
  };

  function lay(ward: WardView): void {
    for (const { group, texture } of places.values()) {
      scene.remove(group);
      texture.dispose();
    }
    places.clear();
    const columns = Math.ceil(ward.beds.length / 2);
    ward.beds.forEach((bed, n) => {
      const row = n < columns ? -1 : 1;
      const at = new Vector3((n % columns) * APART_m, 0, (row * AISLE_m) / 2);
      const place = placeOf(bed, at);
      places.set(bed.id, place);
      scene.add(place.group);
    });
    centre.set(((columns - 1) * APART_m) / 2, 0, 0);
    distance = Math.max(8, columns * APART_m * 0.95);
  }

  const keys = (event: KeyboardEvent): void => {
    const moves: Record<string, () => void> = {
      ArrowLeft: () => (turn -= TURN),
      ArrowRight: () => (turn += TURN),
      ArrowUp: () => (height = Math.min(1.4, height + TURN)),
      ArrowDown: () => (height = Math.max(0.1, height - TURN)),
      '+': () => (distance = Math.max(3, distance * 0.9)),
      '-': () => (distance = Math.min(80, distance / 0.9)),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
    again();
  };
  let from: PointerEvent | undefined;
  let moved = false;
  const down = (event: PointerEvent): void => {
    from = event;
    moved = false;
  };
  const drag = (event: PointerEvent): void => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.clientX, event.clientY - from.clientY];
    moved ||= Math.hypot(dx, dy) > 4;
    if (!moved) return;
    turn -= dx * 0.005;
    height = Math.min(1.4, Math.max(0.1, height + dy * 0.005));
    from = event;
    again();
  };
  const up = (event: PointerEvent): void => {
    if (from && !moved) {
      const box = canvas.getBoundingClientRect();
      const at = new Vector2(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
      const ray = new Raycaster();
      ray.setFromCamera(at, camera);
      const hit = ray.intersectObjects([...places.values()].map(({ group }) => group))[0];
      const bed: unknown = hit?.object.parent?.userData['bed'];
      if (typeof bed === 'string') onOpen(bed);
    }
    from = undefined;
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    distance = Math.min(80, Math.max(3, distance * (event.deltaY > 0 ? 1.1 : 0.9)));
    again();
  };
  canvas.addEventListener('keydown', keys);
  canvas.addEventListener('pointerdown', down);
  canvas.addEventListener('pointermove', drag);
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('wheel', wheel, { passive: false });
  const size = new ResizeObserver(again);
  size.observe(canvas);

  return {
    show(ward, say) {
      const ids = ward.beds.map(({ id }) => id);
      if (ids.length !== places.size || ids.some((id) => !places.has(id))) lay(ward);
      for (const bed of ward.beds) {
        const place = places.get(bed.id);
        if (!place) continue;
        const alarm = worst(ward.alarms, bed.id);
        place.cover.color.set(alarm ? COLOURS[alarm.alarm.priority] : bed.occupied ? COLOURS.none : COLOURS.empty);
        paintScreen(place.picture, bed, alarm, say, ward);
        place.texture.needsUpdate = true;
      }
      again();
    },
    dispose() {
      cancelAnimationFrame(asked);
      size.disconnect();
      for (const { texture } of places.values()) texture.dispose();
      renderer.dispose();
    },
  };
}
