import { CatmullRomCurve3, Group, Mesh, MeshBasicMaterial, SphereGeometry, TubeGeometry, Vector3 } from 'three';
import type { Vec3 } from '../core/frames';
import { colourOf, type EntityId, type RoomView } from './room-view';

/** As thick as a pen draws on a board: seen from across the room, also by eyes in a headset. */
const [RADIUS_M, SIDES] = [0.004, 6];
const DRAFT = '#ffffff';

interface Drawn {
  readonly key: string;
  readonly mesh: Mesh<TubeGeometry, MeshBasicMaterial>;
}

/** The lines that people drew in the air, in the room's own space, and the one that is being drawn. */
export class AirLines {
  readonly group = new Group();
  /** The points of the line that is being drawn. */
  draft: readonly Vec3[] = [];
  readonly #room: RoomView;
  readonly #drawn = new Map<EntityId | 'draft', Drawn>();
  readonly #cursor = new Mesh(new SphereGeometry(RADIUS_M * 2.5, 16, 12), new MeshBasicMaterial({ color: DRAFT }));
  #changed = false;

  constructor(room: RoomView) {
    this.#room = room;
    this.#cursor.visible = false;
    this.group.name = 'air-lines';
    this.group.add(this.#cursor);
  }

  /** Where the keys have led the pen; shown while they do. */
  set cursor(at: Vector3 | undefined) {
    this.#cursor.visible = at !== undefined;
    if (at) this.#cursor.position.copy(at);
    this.#changed = true;
  }

  /** Shows them as they are; what did not change is kept. True where something is to be seen anew. */
  show(): boolean {
    const seen = new Set<EntityId | 'draft'>();
    for (const [id, { by, entity }] of this.#room.entities()) {
      if (entity.type !== 'line') continue;
      seen.add(id);
      this.#put(id, entity.points_m, colourOf(this.#room, by));
    }
    if (this.draft.length > 1) {
      seen.add('draft');
      this.#put('draft', this.draft, DRAFT);
    }
    for (const id of this.#drawn.keys()) if (!seen.has(id)) this.#drop(id);
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  dispose(): void {
    for (const id of [...this.#drawn.keys()]) this.#drop(id);
    this.#cursor.geometry.dispose();
    this.#cursor.material.dispose();
    this.group.removeFromParent();
  }

  #put(id: EntityId | 'draft', points: readonly Vec3[], colour: string): void {
    const key = `${colour} ${points.length} ${points.at(-1)?.join()}`;
    // No line changes once it is drawn, and one that is being drawn only at its end.
    if (this.#drawn.get(id)?.key === key) return;
    this.#drop(id);
    const curve = new CatmullRomCurve3(points.map((point) => new Vector3(...point)), false, 'centripetal');
    curve.arcLengthDivisions = points.length * 2;
    const mesh = new Mesh(new TubeGeometry(curve, points.length * 2, RADIUS_M, SIDES), new MeshBasicMaterial({ color: colour }));
    mesh.name = 'air-line';
    this.group.add(mesh);
    this.#drawn.set(id, { key, mesh });
    this.#changed = true;
  }

  #drop(id: EntityId | 'draft'): void {
    const drawn = this.#drawn.get(id);
    if (!drawn) return;
    this.#drawn.delete(id);
    drawn.mesh.removeFromParent();
    drawn.mesh.geometry.dispose();
    drawn.mesh.material.dispose();
    this.#changed = true;
  }
}
