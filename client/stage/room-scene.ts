import { CircleGeometry, Color, DirectionalLight, GLSL3, Group, HemisphereLight, LatheGeometry, Mesh, MeshBasicMaterial, MeshStandardMaterial, PointLight, ShaderMaterial, TorusGeometry, Vector2, Vector3 } from 'three';
import { TABLE_TOP_M } from '../core/room-table';
import type { PlaceId } from './places/design';
import { DESIGNS } from './places/designs';
import { PlaceScene } from './places/place-scene';

/** Height of the middle of what stands on the table. */
export const HOLOGRAM_HEIGHT_M = 1.36;
/** Nobody stands in the table; its top is a little smaller. */
const [TABLE_RADIUS_M, TOP_RADIUS_M] = [0.55, 0.44];

const ACCENT = new Color(0x58c4c8);

/** A place of the hospital, and in its middle a low table of light on which the hologram stands. */
export class RoomScene {
  readonly group = new Group();
  /** Called when more of the place has come. */
  onChange: () => void = () => undefined;
  readonly #backdrop = new Group();
  readonly #tableOfLight: Group;
  readonly #owned: { dispose(): void }[] = [];
  readonly #sky = new HemisphereLight(0xffffff, 0x000000, 0.9);
  readonly #key = new DirectionalLight(0xffffff, 2.1);
  readonly #back = new DirectionalLight(0xffffff, 1.1);
  #id: PlaceId;
  #place: PlaceScene;

  constructor(place: PlaceId) {
    this.#backdrop.name = 'backdrop';
    this.#key.position.set(1.6, 3.2, 2.4);
    this.#back.position.set(-2.2, 2.4, -2.6);
    const glow = new PointLight(ACCENT, 0.5, 2.2, 2);
    glow.position.set(0, TABLE_TOP_M + 0.12, 0);
    this.#tableOfLight = this.#table();
    this.group.add(this.#backdrop, this.#tableOfLight, this.#sky, this.#key, this.#back, glow);
    this.#id = place;
    this.#place = this.#open(place);
  }

  /** Which room of the hospital this is. */
  get place(): PlaceId {
    return this.#id;
  }

  set place(place: PlaceId) {
    if (place === this.#id) return;
    this.#id = place;
    this.#place.dispose();
    this.#place = this.#open(place);
    this.onChange();
  }

  /** Whether all of the place has come that will. */
  get furnished(): boolean {
    return this.#place.furnished;
  }

  /** Whether somebody can stand there, in metres of the room. */
  free(x: number, z: number): boolean {
    return Math.hypot(x, z) > TABLE_RADIUS_M && this.#place.free(x, z);
  }

  /** Where a ray from within meets the table's top, the floor, a wall or the ceiling. */
  meets(origin: Vector3, direction: Vector3): Vector3 {
    const onTop = origin.clone().addScaledVector(direction, (TABLE_TOP_M - origin.y) / direction.y);
    if (direction.y < 0 && origin.y > TABLE_TOP_M && Math.hypot(onTop.x, onTop.z) < TOP_RADIUS_M) return onTop;
    const { size_m: [width, height, depth], middle_m: [x, z] = [0, 0] } = DESIGNS[this.#id];
    const [min, max] = [new Vector3(x - width / 2, 0, z - depth / 2), new Vector3(x + width / 2, height, z + depth / 2)];
    const far = (['x', 'y', 'z'] as const).map((axis) => ((direction[axis] > 0 ? max : min)[axis] - origin[axis]) / direction[axis]);
    const metres = Math.min(...far.filter((one) => one > 0));
    return origin.clone().addScaledVector(direction, Number.isFinite(metres) ? metres : 0);
  }

  /** In augmented reality the real room takes the place of this one. */
  set backdropVisible(visible: boolean) {
    this.#backdrop.visible = visible;
  }

  /** Where the hologram stands on something real, no table stands in it. */
  set tableVisible(visible: boolean) {
    this.#tableOfLight.visible = visible;
  }

  dispose(): void {
    this.#place.dispose();
    for (const thing of this.#owned) thing.dispose();
  }

  #open(id: PlaceId): PlaceScene {
    const { people } = DESIGNS[id];
    this.#sky.color.set(people.sky);
    this.#sky.groundColor.set(people.ground);
    this.#key.color.set(people.key);
    this.#back.color.set(people.back);
    const place = new PlaceScene(DESIGNS[id]);
    place.onChange = () => this.onChange();
    this.#backdrop.add(place.group);
    return place;
  }

  #keep<T extends { dispose(): void }>(thing: T): T {
    this.#owned.push(thing);
    return thing;
  }

  #shaded(fragment: string): ShaderMaterial {
    return this.#keep(
      new ShaderMaterial({
        glslVersion: GLSL3,
        uniforms: { uAccent: { value: ACCENT.clone().convertLinearToSRGB() } },
        vertexShader: 'out vec3 vAt; void main() { vAt = position; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }',
        fragmentShader: `precision highp float; uniform vec3 uAccent; in vec3 vAt; out vec4 outColor;
          float grain(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453) - 0.5; }
          ${fragment}`,
      }),
    );
  }

  #table(): Group {
    const group = new Group();
    group.name = 'table';
    const profile = [[0.001, 0], [0.3, 0], [0.31, 0.02], [0.2, 0.07], [0.15, 0.3], [0.17, 0.62], [0.36, 0.79], [0.44, 0.815], [0.455, 0.835], [0.45, TABLE_TOP_M - 0.006], [0.44, TABLE_TOP_M], [0.001, TABLE_TOP_M]];
    const body = new Mesh(
      this.#keep(new LatheGeometry(profile.map(([x, y]) => new Vector2(x, y)), 96)),
      this.#keep(new MeshStandardMaterial({ color: 0x1b232c, roughness: 0.42, metalness: 0.55 })),
    );
    const rim = new Mesh(
      this.#keep(new TorusGeometry(0.432, 0.0035, 10, 128)),
      this.#keep(new MeshBasicMaterial({ color: ACCENT })),
    );
    rim.rotation.x = Math.PI / 2;
    rim.position.y = TABLE_TOP_M + 0.002;
    const top = new Mesh(
      this.#keep(new CircleGeometry(0.425, 96)),
      this.#shaded(`
        void main() {
          float r = length(vAt.xy) / 0.425;
          vec3 base = mix(vec3(0.095, 0.155, 0.175), vec3(0.045, 0.064, 0.080), smoothstep(0.0, 1.0, r));
          base += uAccent * 0.16 * exp(-pow(r / 0.5, 2.0)) + uAccent * 0.14 * smoothstep(0.9, 1.0, r);
          outColor = vec4(base + grain(gl_FragCoord.xy) / 255.0, 1.0);
        }`),
    );
    top.rotation.x = -Math.PI / 2;
    top.position.y = TABLE_TOP_M + 0.001;
    group.add(body, top, rim);
    return group;
  }
}
