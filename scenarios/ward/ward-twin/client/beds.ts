/** What changes at a bed: who lies there, how it calls, and the screen above it that says what its row says. */
import { CanvasTexture, CapsuleGeometry, ConeGeometry, Group, LatheGeometry, Mesh, MeshBasicMaterial, MeshLambertMaterial, OctahedronGeometry, PlaneGeometry, SRGBColorSpace, SphereGeometry, SplineCurve, Vector2 } from 'three';
import type { BufferGeometry, WebGLRenderer } from 'three';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';
import type { Vec3 } from '../../../../client/core/frames';
import { SCREEN_px, paintScreen } from './screen';
import type { BedSaid } from './said';
import type { Priority } from './ward';
import type { Say } from './words';

const COLOURS: Readonly<Record<Priority, string>> = { high: '#ff5a4f', medium: '#f2c230', low: '#39c2cf' };
/** The same shapes as in the table and on the screens. */
const SIGNS: Readonly<Record<Priority, BufferGeometry>> = { high: new ConeGeometry(0.13, 0.24, 3), medium: new OctahedronGeometry(0.14), low: new SphereGeometry(0.11, 16, 12) };
/** Above the mattress, the head towards −z. */
const MATTRESS_m = 0.62;
const SCREEN = { width_m: 1.42, y_m: 2.19, z_m: -1.04 } as const;

/** Somebody under a blanket: no more than that they are there. */
function lying(): { blanket: BufferGeometry; head: BufferGeometry } {
  const outline = new SplineCurve([[0.001, -0.75], [0.16, -0.7], [0.2, -0.3], [0.25, 0.1], [0.27, 0.4], [0.12, 0.6], [0.001, 0.62]].map(([x, y]) => new Vector2(x, y))).getPoints(24);
  return {
    blanket: new LatheGeometry(outline.map((p) => p.setX(Math.max(0.001, p.x))), 24).rotateX(-Math.PI / 2).scale(1.25, 0.62, 1).translate(0, 0.03, 0.12),
    // Head and pillow.
    head: mergeGeometries([
      new SphereGeometry(0.105, 20, 16).scale(0.9, 1, 1.15).translate(0, 0.13, -0.66),
      new CapsuleGeometry(0.1, 0.36, 6, 12).rotateZ(Math.PI / 2).scale(1, 0.62, 1.5).translate(0, 0.05, -0.7),
    ]),
  };
}

const SHAPES = lying();
const FACE = new PlaneGeometry(SCREEN.width_m, (SCREEN.width_m * SCREEN_px[1]) / SCREEN_px[0]);

/** One bed of the ward, where it stands. */
export class BedPlace {
  readonly group = new Group();
  readonly screen: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly #person = new Group();
  readonly #cover = new MeshLambertMaterial({ color: '#9fb7bd' });
  readonly #plain = new MeshLambertMaterial({ color: '#d8d5cc' });
  readonly #sign = new Mesh<BufferGeometry, MeshBasicMaterial>(SIGNS.low, new MeshBasicMaterial());
  readonly #canvas = document.createElement('canvas');
  readonly #texture: CanvasTexture;
  #key = '';
  #words: readonly string[] = [];
  /** What the screen is to say, where it does not say it yet. */
  #next: { readonly bed: BedSaid; readonly say: Say } | undefined;

  constructor(bed: string, at: Vec3) {
    this.group.position.set(...at);
    this.group.rotation.y = at[2] < 0 ? 0 : Math.PI;
    this.group.userData = { bed };
    this.group.name = `bed ${bed}`;
    [this.#canvas.width, this.#canvas.height] = SCREEN_px;
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.screen = new Mesh(FACE, new MeshBasicMaterial({ map: this.#texture }));
    this.screen.position.set(0, SCREEN.y_m, SCREEN.z_m);
    this.#person.position.y = MATTRESS_m;
    this.#person.add(new Mesh(SHAPES.blanket, this.#cover), new Mesh(SHAPES.head, this.#plain));
    this.#sign.position.set(0, SCREEN.y_m + 0.58, SCREEN.z_m + 0.12);
    this.group.add(this.#person, this.screen, this.#sign);
  }

  /** What its screen says. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** Whether the screen says less than is known. */
  get isStale(): boolean {
    return this.#next !== undefined;
  }

  /** Shows the bed as it is now; its screen waits to be painted where it is to say something else. */
  show(bed: BedSaid, say: Say, dim: number): void {
    const { alarm } = bed;
    this.#person.visible = bed.occupied;
    this.#sign.visible = alarm !== undefined;
    this.#cover.color.set(alarm ? COLOURS[alarm.priority] : '#9fb7bd');
    if (alarm) {
      this.#sign.geometry = SIGNS[alarm.priority];
      this.#sign.material.color.set(COLOURS[alarm.priority]);
    }
    this.screen.material.color.setScalar(dim);
    const key = `${say('language')} ${JSON.stringify(bed)}`;
    if (key === this.#key) return;
    this.#key = key;
    this.#next = { bed, say };
  }

  /** Paints the screen as it is to be, and hands it to the card. */
  paint(card: Pick<WebGLRenderer, 'initTexture'>): void {
    const next = this.#next;
    this.#next = undefined;
    const paper = this.#canvas.getContext('2d');
    if (!next || !paper) return;
    this.#words = paintScreen(paper, next.bed, next.say);
    this.#texture.needsUpdate = true;
    card.initTexture(this.#texture);
  }

  dispose(): void {
    this.group.removeFromParent();
    this.#texture.dispose();
    for (const material of [this.#cover, this.#plain, this.#sign.material, this.screen.material]) material.dispose();
  }
}
