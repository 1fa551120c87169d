import { expect, test } from 'vitest';
import { HOLOGRAM } from '../room/fake-hologram';
import type { Participant, Poses, RoomView } from '../stage/room-view';
import { centreLps } from './frames';
import type { RoomControl } from './room-control';
import { lasersAt, ownLaser, pointsOver } from './room-lasers';

const GRID = { size: [11, 21, 31], spacing_mm: [1, 1, 1], origin_lps_mm: [-5, -10, 100], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
const HEAD = { position_m: [0, 1.5, 1], rotation: [0, 0, 0, 1] } as const;
const points = (hit_m: readonly [number, number, number], on = true): Poses => ({ head: HEAD, pointer: { origin_m: [0, 1, 1], hit_m, on } });

function room(poses: Readonly<Record<string, Poses>>, held?: ReturnType<RoomView['held']>): RoomView {
  const people: readonly Participant[] = [{ id: '1', name: 'Li' }, { id: '2', name: 'Chen', colour: '#e69f00' }, { id: '3', name: 'Zhao' }];
  return { selfId: '1', participants: () => people, poses: (id: string) => poses[id], held: () => held } as unknown as RoomView;
}
/** Twice as large, turned by a quarter about the upright, so that the patient's left is at the back. */
const TURNED = { position_m: [0.2, 1.4, -0.3], rotation: [0, Math.SQRT1_2, 0, Math.SQRT1_2], scale: 2 } as const;
const there = { id: 7, state: { ...HOLOGRAM, transform: TURNED } };

test('the end of a laser is where it meets the patient, however the images stand', () => {
  expect(centreLps(GRID)).toEqual([0, 0, 115]);
  const [laser, ...more] = lasersAt(room({ '2': points([0.2, 1.44, -0.32]) }), there, GRID, 0);
  expect(more).toEqual([]);
  // 40 mm up at twice the size, 20 mm back.
  expect(String(laser?.at_lps_mm)).toBe('10,0,135');
  expect(laser).toMatchObject({ colour: '#e69f00', name: 'Chen' });
});

test('images that are carried take the point with them', () => {
  const held = { by: '3', transform: { position_m: [0, 1, 0], rotation: [0, 0, 0, 1], scale: 1 } } as const;
  expect(String(lasersAt(room({ '2': points([0.004, 1, 0.003]) }, held), there, GRID, 0)[0]?.at_lps_mm)).toBe('4,-3,115');
});

test('one’s own laser on a slice ends for others where they see it on theirs, also on images that are carried', () => {
  const at = [10, -20, 135] as const;
  const held = { by: '3', transform: { position_m: [0, 1, 0.5], rotation: [0.5, 0.5, 0.5, 0.5], scale: 1.5 } } as const;
  expect(ownLaser(room({}), there, GRID, at, 0)?.map((m) => m.toFixed(3))).toEqual(['0.240', '1.440', '-0.320']);
  for (const carried of [undefined, held]) {
    const hit_m = ownLaser(room({}, carried), there, GRID, at, 0);
    expect(lasersAt(room({ '2': points(hit_m ?? [0, 0, 0]) }, carried), there, GRID, 0)[0]?.at_lps_mm).toEqual(at);
  }
});

test('a laser at parts that are moved apart ends at no place of the patient, and one’s own on a slice at none of the room', () => {
  const apart = { id: 7, state: { ...HOLOGRAM, apart: 0.2 } };
  expect(lasersAt(room({ '2': points([0, 1, 0]) }), apart, GRID, 0)).toEqual([]);
  expect(ownLaser(room({}), apart, GRID, [10, -20, 135], 0)).toBeUndefined();
});

test('one’s own laser, and one that is out, are not drawn', () => {
  expect(lasersAt(room({ '1': points([0, 1, 0]), '2': points([0, 1, 0], false), '3': { head: HEAD } }), there, GRID, 0)).toEqual([]);
});

test('whoever only passes over a board beside images points at nothing', () => {
  const over = (tool: 'turn' | 'point', images: boolean, draws = false, isDrawn = false): boolean =>
    pointsOver({ isDrawn: () => isDrawn, hologram: () => (images ? there : undefined), tool: () => tool } as unknown as RoomControl, draws);
  expect([over('turn', true), over('point', true), over('turn', true, true), over('turn', false)]).toEqual([false, true, true, true]);
  // On the stage the laser is led there.
  expect([over('point', true, true, true), over('turn', false, false, true)]).toEqual([false, false]);
});
