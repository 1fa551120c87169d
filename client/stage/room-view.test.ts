import { expect, test } from 'vitest';
import { HOLOGRAM } from '../room/fake-hologram';
import { marksOn, type Placed } from './room-view';

test('marks are those on the images that are meant, in the colour of whose they are', () => {
  const placed = (entity: object, by = 'chen'): Placed => ({ by, entity }) as Placed;
  const note = { type: 'annotation', hologram: 1, at_lps_mm: [0, 0, 0], text: 'here' };
  const entities = new Map([
    [1, placed(HOLOGRAM)],
    [2, placed({ ...HOLOGRAM, shelved: true })],
    [3, placed(note)],
    [4, placed({ ...note, hologram: 2, text: 'on others' })],
    [5, placed({ type: 'nodule', hologram: 1, at_lps_mm: [0, 0, 0] })],
    [6, placed({ type: 'stroke', hologram: 1, points_lps_mm: [] }, 'gone')],
  ]);
  const room = { entities: () => entities, participants: () => [{ id: '1', name: 'Chen', account: 'chen', colour: '#e69f00' }] };
  expect(marksOn(room, 1).map(({ entity, colour }) => [entity.type, colour])).toEqual([['annotation', '#e69f00'], ['stroke', '#7fe3dc']]);
  expect(marksOn(room, 2).map(({ entity }) => entity)).toEqual([{ ...note, hologram: 2, text: 'on others' }]);
});
