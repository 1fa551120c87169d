import { expect, test } from 'vitest';
import type { CommandView, Placed } from './command';
import { commandIn, namedIn, wardIn } from './names';
import type { WardView } from './ward';
import { roleIn, sayIn } from './words';

const WARD = {
  name: '呼吸内科病区 · Respiratory ward',
  rooms: { r1: '病房 1 · Room 1' },
  equipment: { trolley: '抢救车 · Resuscitation trolley' },
  beds: [{ id: 'b1', name: '1 床 · Bed 1', devices: [{ id: 'd', name: '床旁监护仪 3 · Bedside monitor 3' }] }],
  alarms: [{ id: 'a1', bed_name: '1 床 · Bed 1', equipment: [{ id: 'e', device: '抢救车 · Resuscitation trolley', place: null }] }],
  staff: [{ id: 'wang', name: '王芳 Wang Fang', places: ['1 床 · Bed 1', '2 床'] }],
} as unknown as WardView;

test('a ward is read in one language, and people keep their names', () => {
  expect(wardIn(WARD, 'zh')).toMatchObject({
    name: '呼吸内科病区',
    rooms: { r1: '病房 1' },
    beds: [{ id: 'b1', name: '1 床', devices: [{ name: '床旁监护仪 3' }] }],
    alarms: [{ bed_name: '1 床', equipment: [{ device: '抢救车', place: null }] }],
  });
  expect(wardIn(WARD, 'en')).toMatchObject({
    name: 'Respiratory ward',
    equipment: { trolley: 'Resuscitation trolley' },
    beds: [{ name: 'Bed 1' }],
    staff: [{ name: '王芳 Wang Fang', places: ['Bed 1', '2 床'] }],
  });
});

test('what is sent for and where it is, too', () => {
  const placed = { id: 't', name: '抢救车 · Resuscitation trolley', room: '走廊 · Corridor', keeps: { why: 'errand', place: '5 床 · Bed 5' } };
  const view = { name: '', drawn: [placed], places: { c: '走廊 · Corridor' }, people: [], equipment: [placed], patients: [], missions: [{ bed_name: '5 床 · Bed 5' }], role_names: { porter: '运送员 · Porter' }, names: { t: placed.name, wang: '王芳 Wang Fang' } };
  expect(commandIn(view as unknown as CommandView, 'en')).toMatchObject({
    drawn: [{ name: 'Resuscitation trolley' }],
    places: { c: 'Corridor' },
    equipment: [{ name: 'Resuscitation trolley', room: 'Corridor', keeps: { place: 'Bed 5' } }],
    missions: [{ bed_name: 'Bed 5' }],
    role_names: { porter: 'Porter' },
    names: { t: 'Resuscitation trolley', wang: '王芳 Wang Fang' },
  });
});

test('a duty of the hospital’s own is called as the hospital calls it, or by its code', () => {
  const say = sayIn(() => 'en');
  expect(roleIn(say, 'bed-nurse')).toBe('bed nurse');
  expect(roleIn(say, 'porter', { porter: 'Porter' })).toBe('Porter');
  expect(roleIn(say, 'porter')).toBe('porter');
});

test('what is followed is called as the plan calls it now, also when it was chosen in another language', () => {
  const view = { people: [], equipment: [{ id: 'trolley', name: 'Resuscitation trolley', tag: 'tag-1' }], patients: [] } as unknown as CommandView;
  const chosen = (name: string, tag: string) => ({ id: 'trolley', name, tag }) as unknown as Placed;
  expect(namedIn(view, chosen('抢救车', 'tag-1'))).toBe('Resuscitation trolley');
  expect([namedIn(view, chosen('抢救车', 'tag-2')), namedIn(view, chosen('', 'tag-2'))]).toEqual(['抢救车', 'trolley']);
});
