import { BufferAttribute, BufferGeometry, Group, Line, LineBasicMaterial, Mesh, MeshBasicMaterial, SphereGeometry, Vector3 } from 'three';
import type { Vec3 } from '../core/frames';
import type { HologramView } from './hologram';
import { Label } from './label';
import { measureWords } from './measure-words';
import type { EntityId, Placed } from './room-view';

const COLOUR = 0x7fe3dc;
const DRAFT = 0xffffff;

interface Mark {
  readonly key: string;
  readonly points: readonly Vec3[];
  readonly dots: Mesh[];
  readonly line: Line<BufferGeometry, LineBasicMaterial> | undefined;
  readonly label: Label | undefined;
}

/** Measures, notes, the cursor and what is being placed, drawn over the hologram. */
export class Marks {
  readonly group = new Group();
  readonly #view: HologramView;
  readonly #marks = new Map<EntityId | 'draft' | 'cursor', Mark>();
  readonly #dot = new SphereGeometry(1, 16, 12);
  readonly #paint = [COLOUR, DRAFT, 0xffd48a].map((color) => new MeshBasicMaterial({ color, depthTest: false, transparent: true, opacity: 0.95 }));

  constructor(view: HologramView) {
    this.#view = view;
  }

  /** Shows the entities as they are; what did not change is kept. `nodule` says what was found where one is asked for, `colourOf` in whose colour a line was drawn. */
  show(entities: ReadonlyMap<EntityId, Placed>, hologram: EntityId, nodule: (id: EntityId) => string, colourOf: (by: string) => string): void {
    const seen = new Set<EntityId | 'draft' | 'cursor'>(['draft', 'cursor']);
    for (const [id, { by, entity }] of entities) {
      if (!('hologram' in entity) || entity.hologram !== hologram) continue;
      seen.add(id);
      if (entity.type === 'measure') this.#put(id, entity.points_lps_mm, measureWords(entity), 0);
      else if (entity.type === 'nodule') this.#put(id, [entity.at_lps_mm], nodule(id), 0);
      else if (entity.type === 'stroke') this.#put(id, entity.points_lps_mm, '', colourOf(by));
      else this.#put(id, [entity.at_lps_mm], entity.type === 'landmark' ? entity.name : entity.text, 2);
    }
    for (const id of this.#marks.keys()) if (!seen.has(id)) this.#drop(id);
  }

  /** The points of what is being placed, and its words so far; none takes it away. */
  draft(points: readonly Vec3[], words: string): void {
    if (points.length === 0) this.#drop('draft');
    else this.#put('draft', points, words, 1);
  }

  /** The crosshair cursor, shown while a tool is moved by keyboard. */
  cursor(point: Vec3 | undefined): void {
    if (point) this.#put('cursor', [point], '', 1);
    else this.#drop('cursor');
  }

  /** Keeps marks on the hologram; `distanceTo` gives the distance from the eye. */
  update(distanceTo: (point: Vector3) => number): void {
    for (const { points, dots, line, label } of this.#marks.values()) {
      const places = points.map((point) => this.#view.roomFromLps(point));
      places.forEach((place, i) => {
        dots[i]?.position.copy(place);
        dots[i]?.scale.setScalar(0.0042 * distanceTo(place));
      });
      if (line) line.geometry.setFromPoints(places);
      const middle = places.reduce((sum, place) => sum.add(place), new Vector3()).divideScalar(Math.max(1, places.length));
      label?.place(middle, [0.5, -0.55]);
    }
  }

  dispose(): void {
    for (const id of [...this.#marks.keys()]) this.#drop(id);
    this.#dot.dispose();
    for (const material of this.#paint) material.dispose();
    this.group.removeFromParent();
  }

  #put(id: EntityId | 'draft' | 'cursor', points: readonly Vec3[], words: string, paint: 0 | 1 | 2 | string): void {
    const key = JSON.stringify([points, words, paint]);
    if (this.#marks.get(id)?.key === key) return;
    this.#drop(id);
    // A drawn line has no points of its own to see.
    const dots = typeof paint === 'string' ? [] : points.map(() => {
      const dot = new Mesh(this.#dot, this.#paint[paint]);
      dot.renderOrder = 32;
      return dot;
    });
    const line = points.length > 1 ? this.#line(points.length, paint) : undefined;
    const label = words ? new Label(words, paint === 2 ? { colour: '#ffe3b0' } : {}) : undefined;
    this.group.add(...dots, ...(line ? [line] : []), ...(label ? [label.sprite] : []));
    this.#marks.set(id, { key, points, dots, line, label });
  }

  #line(points: number, paint: 0 | 1 | 2 | string): Line<BufferGeometry, LineBasicMaterial> {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(new Float32Array(points * 3), 3));
    const line = new Line(geometry, new LineBasicMaterial({ color: typeof paint === 'string' ? paint : paint === 0 ? COLOUR : DRAFT, depthTest: false, transparent: true }));
    line.renderOrder = 31;
    line.frustumCulled = false;
    return line;
  }

  #drop(id: EntityId | 'draft' | 'cursor'): void {
    const mark = this.#marks.get(id);
    if (!mark) return;
    this.#marks.delete(id);
    for (const dot of mark.dots) dot.removeFromParent();
    mark.line?.removeFromParent();
    mark.line?.geometry.dispose();
    mark.line?.material.dispose();
    mark.label?.dispose();
  }
}
