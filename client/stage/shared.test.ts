import { Vector3 } from 'three';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Act, EntityId, Hologram, Placed, RoomView } from './room-view';
import { SharedHologram } from './shared';
import { moved } from './turning';

const LUNG = { centre_hu: -600, width_hu: 1500 };
const hologram = (series: string): Hologram => ({
  type: 'hologram', series, transform: { position_m: [0, 1.36, 0], rotation: [0, 0, 0, 1], scale: 2 },
  window: { centre_hu: 40, width_hu: 400 }, mode: 'volume', layers: {}, clip: null, cursor_lps_mm: [0, 0, 0],
});

/** A room that only writes down what is asked of it. */
function room(): { view: RoomView; acts: Act[]; stand(id: EntityId, series: string): void } {
  const entities = new Map<EntityId, Placed>();
  const acts: Act[] = [];
  const view: RoomView = {
    selfId: '1', entities: () => entities, participants: () => [], poses: () => undefined, held: () => undefined,
    onChange: () => () => undefined, act: (act) => acts.push(act), pose: () => undefined,
  };
  return {
    view,
    acts,
    stand(id, series) {
      for (const [other, placed] of entities) if (placed.entity.type === 'hologram') entities.set(other, { ...placed, entity: { ...placed.entity, shelved: true } });
      entities.set(id, { by: 'li', entity: hologram(series) });
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a change is shown at once and sent, to the images that it was made of', () => {
  const { view, acts, stand } = room();
  stand(1, 'a');
  const shared = new SharedHologram(view);
  shared.set({ window: LUNG });
  expect(shared.state?.window).toEqual(LUNG);
  vi.advanceTimersByTime(100);
  expect(acts).toEqual([{ act: 'set', id: 1, patch: { type: 'hologram', window: LUNG } }]);
});

test('what was changed or held of other images is no change of those that take their place', () => {
  const { view, acts, stand } = room();
  stand(1, 'a');
  const shared = new SharedHologram(view);
  shared.set({ within: 'lung-left' });
  vi.advanceTimersByTime(100);
  shared.set({ window: LUNG });
  expect(shared.grab(performance.now())).toBe(true);
  shared.carry((transform) => moved(transform, new Vector3(1, 0, 0)));
  stand(2, 'b');
  expect(shared.now(performance.now())).toEqual({ id: 2, state: hologram('b'), transform: hologram('b').transform });
  shared.release(performance.now());
  vi.advanceTimersByTime(3000);
  expect(acts).toEqual([
    { act: 'set', id: 1, patch: { type: 'hologram', within: 'lung-left' } },
    { act: 'grab', id: 1 },
  ]);
});
