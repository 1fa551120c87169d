import type { Transform } from '../../core/frames';
import type { Act, EntityId, Hologram, Participant, Placed, Poses, RoomView } from '../room-view';

/** A room for one, without a server: what is asked is done at once. For the gallery page and tests. */
export class LocalRoom implements RoomView {
  readonly selfId = 'self';
  readonly acts: Act[] = [];
  /** Own poses, as they were said last. */
  own: Poses | undefined;
  readonly #entities = new Map<EntityId, Placed>();
  readonly #others = new Map<string, { participant: Participant; poses: (nowMs: number) => Poses }>();
  readonly #listeners = new Set<() => void>();
  #next = 1;
  #held: { id: EntityId; transform: Transform } | undefined;

  constructor(hologram: Hologram) {
    this.#add(hologram);
  }

  entities(): ReadonlyMap<EntityId, Placed> {
    return this.#entities;
  }

  participants(): Iterable<Participant> {
    return [{ id: 'self', name: '我 Me' }, ...[...this.#others.values()].map((o) => o.participant)];
  }

  poses(participant: string, nowMs: number): Poses | undefined {
    return this.#others.get(participant)?.poses(nowMs);
  }

  held(id: EntityId): { by: string; transform: Transform } | undefined {
    return this.#held?.id !== id ? undefined : { by: 'self', transform: this.#held.transform };
  }

  /** Who speaks here speaks up. */
  loudness(participant: string): number {
    return this.#others.get(participant)?.participant.speaking ? 0.12 : 0;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  join(participant: Participant, poses: (nowMs: number) => Poses): void {
    this.#others.set(participant.id, { participant, poses });
    this.#tell();
  }

  act(act: Act): void {
    this.acts.push(act);
    if (act.act === 'add') this.#add(act.entity as Placed['entity']);
    if (act.act === 'remove') this.#entities.delete(act.id);
    if (act.act === 'set') this.#patch(act.id, act.patch);
    const placed = act.act === 'lock' ? this.#entities.get(act.id) : undefined;
    if (act.act === 'lock' && placed) this.#entities.set(act.id, { ...placed, locked: { by: 'self', name: 'Me', marks: act.marks } });
    if (act.act === 'release') {
      const transform = act.transform ?? (this.#held?.id === act.id ? this.#held.transform : undefined);
      this.#held = undefined;
      if (transform) this.#patch(act.id, { transform });
    }
    this.#tell();
  }

  pose(poses: Poses, held?: { id: EntityId; transform: Transform }): void {
    this.own = poses;
    this.#held = held;
  }

  #add(entity: Placed['entity']): void {
    const full = entity.type === 'measure' ? { ...entity, ...measured(entity) } : entity;
    this.#entities.set(this.#next++, { by: 'self', entity: full });
  }

  #patch(id: EntityId, patch: object): void {
    const placed = this.#entities.get(id);
    if (!placed) return;
    const layers = placed.entity.type === 'hologram' ? { ...placed.entity.layers, ...(patch as { layers?: object }).layers } : {};
    const merged = { ...placed.entity, ...patch, type: placed.entity.type };
    this.#entities.set(id, { ...placed, entity: ('layers' in patch ? { ...merged, layers } : merged) as Placed['entity'] });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function measured(entity: Extract<Placed['entity'], { type: 'measure' }>): { value: { state: 'assessed'; value: number }; unit: string } {
  const [a, b] = entity.points_lps_mm;
  const length = a && b ? Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) : 0;
  return { value: { state: 'assessed', value: length }, unit: entity.kind === 'length' ? 'mm' : "[hnsf'U]" };
}
