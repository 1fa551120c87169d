/** Nodules that people of a room ask for: each is outlined and measured by the hospital, the same for all who look. */
import { batch, createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { NoduleProposal } from '../../contract/nodules';
import { maskOf } from '../viewer/mask';
import type { VoxelMask } from '../viewer/mask';
import type { EntityId } from '../stage/room-view';
import type { NoduleDoors, Said } from './nodules';
import { onceMade } from './nodules';
import type { RoomControl, Seed } from './room-control';

export type SeedState = 'finding' | 'found' | 'failed' | 'keeping';

export interface RoomNodule {
  readonly seed: Seed;
  readonly state: SeedState;
  readonly proposal: NoduleProposal | undefined;
  readonly mask: VoxelMask | undefined;
  /** Why nothing was found, or why it could not be kept. */
  readonly why: unknown;
}

export interface RoomNodules {
  readonly all: Accessor<readonly RoomNodule[]>;
  /** Keeps one with the study, as the viewer does, and takes the question away; answers whether it is kept. */
  keep(id: EntityId, said: Omit<Said, 'byHand'>): Promise<boolean>;
}

interface Parts {
  readonly control: RoomControl;
  readonly doors: Pick<NoduleDoors, 'segment' | 'keep'>;
  /** Whether the images are kept from who is here: nothing is asked about them then. */
  readonly withheld?: Accessor<boolean>;
  /** What was found where somebody asked. */
  onFound(nodule: RoomNodule): void;
}

/** Follows a room while the caller lives. */
export function createRoomNodules({ control, doors, withheld, onFound }: Parts): RoomNodules {
  const [known, setKnown] = createSignal<ReadonlyMap<EntityId, RoomNodule>>(new Map());
  const asking = new Map<EntityId, AbortController>();
  const set = (nodule: RoomNodule): void => {
    // Whoever took the question away meanwhile wants no answer.
    if (asking.has(nodule.seed.id)) setKnown((before) => new Map([...before, [nodule.seed.id, nodule]]));
  };
  async function find(seed: Seed, series: string): Promise<void> {
    const stop = new AbortController();
    asking.set(seed.id, stop);
    const begun: RoomNodule = { seed, state: 'finding', proposal: undefined, mask: undefined, why: undefined };
    set(begun);
    try {
      const proposal = await onceMade(() => doors.segment(series, seed.at_lps_mm, stop.signal), stop.signal, () => {});
      const found: RoomNodule = { ...begun, state: 'found', proposal, mask: maskOf(proposal.volume, proposal.mask) };
      set(found);
      if (!stop.signal.aborted) onFound(found);
    } catch (why) {
      if (stop.signal.aborted) return;
      const failed: RoomNodule = { ...begun, state: 'failed', why };
      set(failed);
      onFound(failed);
    }
  }
  const forget = (id: EntityId): void => {
    asking.get(id)?.abort();
    asking.delete(id);
    setKnown((before) => new Map([...before].filter(([one]) => one !== id)));
  };

  createEffect(
    on([control.seeds, () => (withheld?.() ? undefined : control.hologram()?.state.series)], ([seeds, series]) =>
      batch(() => {
        for (const id of asking.keys()) if (seeds.every((seed) => seed.id !== id)) forget(id);
        if (series === undefined) return;
        for (const seed of seeds) if (!asking.has(seed.id)) void find(seed, series);
      }),
    ),
  );
  onCleanup(() => asking.forEach((stop) => stop.abort()));

  return {
    all: () => [...known().values()],
    async keep(id, { label, sameAs }) {
      const nodule = known().get(id);
      const series = control.hologram()?.state.series;
      if (!nodule?.mask || series === undefined) return false;
      set({ ...nodule, state: 'keeping' });
      try {
        await doors.keep(series, nodule.mask, { label, sameAs, byHand: false });
        control.remove(id);
        return true;
      } catch (why) {
        set({ ...nodule, state: 'found', why });
        return false;
      }
    },
  };
}
