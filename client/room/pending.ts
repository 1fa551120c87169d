import type { Act, Entity, Placed, Refusal } from '../../contract/room';

/** Why an act did not happen, or why nobody knows whether it did. */
export class ActError extends Error {
  constructor(
    readonly reason: Refusal | 'outcome-unknown' | 'closed',
    /** What to tell a person. */
    readonly text: { zh: string; en: string },
  ) {
    super(text.en);
    this.name = 'ActError';
  }
}

export interface Pending {
  act: Act;
  /** Its number; 0 while it has not been sent. */
  seq: number;
  /** Its event, once it is acknowledged; it counts as done when the event has come. */
  event: number | undefined;
  settle: { resolve: () => void; reject: (error: ActError) => void }[];
}

/**
 * Own acts on their way. Of changes to the same fields only one is on its way at a time, and later ones are
 * joined while they wait, so that dragging a slider never runs ahead of the room.
 */
export class PendingActs {
  #acts: Pending[] = [];

  add(act: Act): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      const last = this.#acts.at(-1);
      const waits = last?.seq === 0 && streamOf(act) !== undefined && streamOf(last.act) === streamOf(act);
      if (waits && last.act.act === 'set' && act.act === 'set') {
        last.act = joined(last.act, act);
        last.settle.push(settle);
      } else {
        this.#acts.push({ act, seq: 0, event: undefined, settle: [settle] });
      }
    });
  }

  /** The acts to send now, in order, each given its number by `number`. */
  take(number: () => number): Pending[] {
    const onTheWay = new Set(this.#acts.filter((one) => one.seq > 0).map((one) => streamOf(one.act)));
    const taken: Pending[] = [];
    for (const [index, one] of this.#acts.entries()) {
      if (one.seq > 0) continue;
      const stream = streamOf(one.act);
      // The last one waits behind its own stream; one that others follow must go before them.
      if (stream !== undefined && onTheWay.has(stream) && index === this.#acts.length - 1) break;
      one.seq = number();
      onTheWay.add(stream);
      taken.push(one);
    }
    return taken;
  }

  /** The acts that were sent and not answered, in order: to be sent again by one who comes back. */
  sent(): Pending[] {
    return this.#acts.filter((one) => one.seq > 0 && one.event === undefined);
  }

  acknowledge(seq: number, event: number | null): void {
    const one = this.#acts.find((pending) => pending.seq === seq);
    if (!one) return;
    one.event = event ?? -1;
  }

  refuse(seq: number, error: ActError): Act | undefined {
    const one = this.#acts.find((pending) => pending.seq === seq);
    if (!one) return undefined;
    this.#remove(one);
    for (const { reject } of one.settle) reject(error);
    return one.act;
  }

  /** Ends the acts whose events have come: all before `nextEvent`. */
  finish(nextEvent: number): void {
    for (const one of this.#acts.filter((pending) => pending.event !== undefined && pending.event < nextEvent)) {
      this.#remove(one);
      for (const { resolve } of one.settle) resolve();
    }
  }

  /** Gives up the acts that were sent, or all. */
  giveUp(error: ActError, all = false): void {
    for (const one of this.#acts.filter((pending) => all || pending.seq > 0)) {
      this.#remove(one);
      for (const { reject } of one.settle) reject(error);
    }
  }

  /** What own acts on their way make of the server's entities. */
  onto(entities: ReadonlyMap<number, Placed>): Map<number, Placed> {
    const shown = new Map(entities);
    for (const { act } of this.#acts) {
      if (act.act !== 'set' && !(act.act === 'release' && act.transform)) continue;
      const placed = shown.get(act.id);
      if (placed) shown.set(act.id, { ...placed, entity: patched(placed.entity, act) });
    }
    return shown;
  }

  #remove(one: Pending): void {
    this.#acts = this.#acts.filter((pending) => pending !== one);
  }
}

/** What acts a later one may be joined with: changes of the same fields of the same entity. */
function streamOf(act: Act): string | undefined {
  return act.act === 'set' ? `${act.id}:${Object.keys(act.patch).sort().join()}` : undefined;
}

type SetAct = Extract<Act, { act: 'set' }>;

function joined(first: SetAct, second: SetAct): SetAct {
  const patch = { ...first.patch, ...second.patch } as SetAct['patch'];
  if (patch.type === 'hologram' && first.patch.type === 'hologram' && patch.layers && first.patch.layers) {
    patch.layers = { ...first.patch.layers, ...patch.layers };
  }
  return { ...second, patch };
}

function patched(entity: Entity, act: Act): Entity {
  if (act.act === 'release') {
    return 'transform' in entity && act.transform ? { ...entity, transform: act.transform } : entity;
  }
  if (act.act !== 'set' || act.patch.type !== entity.type) return entity;
  const after = { ...entity, ...act.patch } as Entity;
  if (entity.type === 'hologram' && after.type === 'hologram') {
    after.layers = { ...entity.layers, ...after.layers };
  }
  return after;
}
