import { createComputed, createRoot, createSignal } from 'solid-js';
import { expect, test } from 'vitest';
import type { Participant, Sanction } from '../../contract/room';
import { blocks, companionOf, companionsIn, idsOf, isOpen, mayTakeAway, mayTakeBoardAway, pleaOf, standingsFor, toolsFor } from './room-order';

test('rows of people stay while the same people are there, whatever changes about them', () => {
  createRoot((end) => {
    const [people, setPeople] = createSignal([{ id: 1, hand: false }, { id: 2, hand: false }]);
    const ids = idsOf(people);
    let made = 0;
    createComputed(() => {
      ids();
      made++;
    });
    setPeople([{ id: 1, hand: true }, { id: 2, hand: false }]);
    expect(made).toBe(1);
    setPeople([{ id: 1, hand: true }, { id: 3, hand: false }]);
    expect(ids()).toEqual([1, 3]);
    expect(made).toBe(2);
    end();
  });
});

test('an appeal waits until it is answered or the sanction is over, and is read beside who is outside', () => {
  const appeal = { reason: 'I was ill', at: '', answer: null };
  const muted: Sanction = { number: 1, actor: 'w', name: 'Wang', grade: 'muted', reason: 'noise', by: 'l', since: '', until: null, over: null, appeal };
  const blocked: Sanction = { ...muted, number: 2, grade: 'blocked', appeal: { ...appeal, reason: 'it was somebody else' } };
  expect([muted, { ...muted, appeal: null }, { ...muted, over: '' }].map(isOpen)).toEqual([true, false, false]);
  const answer = { granted: false, reason: 'no', by: 's', name: 'Sun', at: '' };
  expect(isOpen({ ...muted, appeal: { ...appeal, answer } })).toBe(false);
  expect(blocks([muted, blocked])).toEqual([blocked]);
  expect([pleaOf([muted, blocked], 'w'), pleaOf([muted], 'w'), pleaOf([blocked], 'x')]).toEqual(['it was somebody else', undefined, undefined]);
});

test('who was chosen as companion and has left is chosen no more', () => {
  const inside = [{ id: 4 }, { id: 7 }];
  expect([companionOf(inside, 7), companionOf(inside, 5), companionOf(inside, undefined), companionOf([], 7)]).toEqual([7, 4, 4, undefined]);
});

test('a relative can be the companion, and is made nothing but one who watches', () => {
  expect(standingsFor({ role: 'related-person' })).toEqual(['observer']);
  expect(standingsFor({ role: 'patient' })).toEqual(['patient', 'observer']);
  expect(standingsFor({ role: 'nurse' })).toEqual(['host', 'supervisor', 'speaker', 'observer']);
  const common = { colour: '#ffffff', place: 0, licence: 'not-recorded', may_act: false, standing: 'observer', hand_since: null, muted: false, stays_until: null, joined: '' } as const;
  const mother: Participant = { ...common, id: 3, actor: 'mother', name: 'Sun', role: 'related-person', may_accompany: true, away: false };
  const trainee: Participant = { ...common, id: 4, actor: 'wu', name: 'Wu', role: 'trainee', may_accompany: false, away: false };
  expect(companionsIn([trainee, mother])).toEqual([mother]);
  expect(companionsIn([trainee, { ...mother, away: true }])).toEqual([]);
});

test('what may be taken away is offered, by whose it is, what one is here, and locks', () => {
  const [speaker, patient, observer] = [
    { actor: 'li', standing: 'speaker', may_act: true },
    { actor: 'zhao', standing: 'patient', may_act: false },
    { actor: 'sun', standing: 'observer', may_act: false },
  ] as const;
  const mark = (by: string, type: string): { by: string; entity: { type: string } } => ({ by, entity: { type } });
  expect(mayTakeAway(speaker, mark('li', 'measure'), undefined)).toBe(true);
  expect(mayTakeAway(speaker, mark('zhao', 'annotation'), undefined)).toBe(false);
  expect(mayTakeAway(speaker, mark('li', 'measure'), { marks: true })).toBe(false);
  expect(mayTakeAway(speaker, mark('li', 'measure'), { marks: false })).toBe(true);
  const host = { ...speaker, standing: 'host' as const };
  const kinds = ['ink', 'board-note', 'line', 'page', 'stroke', 'annotation'];
  expect(kinds.filter((type) => mayTakeAway(host, mark('zhao', type), undefined))).toEqual(['ink', 'board-note', 'line', 'page']);
  // A supervisor keeps order among people, and changes nothing that stands in the room.
  const supervisor = { actor: 'wu', standing: 'supervisor', may_act: false } as const;
  expect(kinds.filter((type) => ['zhao', 'wu'].some((by) => mayTakeAway(supervisor, mark(by, type), undefined)))).toEqual([]);
  expect([host, speaker, supervisor, patient, undefined].map((own) => mayTakeBoardAway(own, [{ by: 'zhao' }]))).toEqual([true, false, false, false, false]);
  expect([host, speaker, supervisor].map((own) => mayTakeBoardAway(own, [{ by: 'li' }]))).toEqual([true, true, false]);
  expect(mayTakeAway(host, mark('zhao', 'ink'), { marks: true })).toBe(false);
  expect(mayTakeAway(speaker, mark('zhao', 'ink'), undefined)).toBe(false);
  expect(mayTakeAway(patient, mark('zhao', 'landmark'), undefined)).toBe(true);
  expect(mayTakeAway(patient, mark('zhao', 'stroke'), undefined)).toBe(false);
  expect(mayTakeAway(observer, mark('sun', 'annotation'), undefined)).toBe(false);
  expect(mayTakeAway(undefined, mark('li', 'measure'), undefined)).toBe(false);
  expect([toolsFor(patient), toolsFor(observer)]).toEqual([['turn', 'point', 'annotate', 'landmark'], ['turn', 'point']]);
  expect(toolsFor(speaker)).toContain('pen');
});
