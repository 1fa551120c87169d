import { expect, test } from 'vitest';
import { factsIn, viewersOf } from './who-may-see';
import type { AccessFact } from './who-may-see';

const NOW = new Date('2026-03-02T10:00:00Z');
const who = (...facts: AccessFact[]): string[] => viewersOf(facts, NOW).map(({ id, why }) => `${id} ${why}`);
const member = (id: string, period?: { start?: string; end?: string }): { member: { reference: string }; period?: object } => ({
  member: { reference: `Practitioner/${id}` },
  ...(period ? { period } : {}),
});

test('those who treat a patient and those who are asked may see, each once', () => {
  const team: AccessFact = { resourceType: 'CareTeam', status: 'active', name: 'County clinic', participant: [member('wang'), member('li')] };
  const task: AccessFact = { resourceType: 'Task', status: 'accepted', owner: { reference: 'https://a.example/fhir/Practitioner/chen' } };
  const request: AccessFact = { resourceType: 'ServiceRequest', status: 'active', performer: [{ reference: 'Practitioner/li' }] };
  expect(who(task, request, team)).toEqual(['li care-team', 'wang care-team', 'chen asked']);
  expect(viewersOf([team], NOW)[0]?.team).toBe('County clinic');
});

test('what is over, not yet, or not about people lets nobody in', () => {
  expect(
    who(
      { resourceType: 'CareTeam', status: 'inactive', participant: [member('a')] },
      { resourceType: 'CareTeam', participant: [member('b', { end: '2026-03-01' }), member('c', { end: '2026-03-02' }), member('d', { start: '2026-04-01' })] },
      { resourceType: 'Task', status: 'completed', owner: { reference: 'Practitioner/e' } },
      { resourceType: 'ServiceRequest', status: 'completed', performer: [{ reference: 'Practitioner/f' }] },
      { resourceType: 'Task', status: 'requested', owner: { reference: 'Device/g' } },
    ),
  ).toEqual(['c care-team']);
});

test('a bundle without entries holds no facts', () => {
  expect(factsIn({ resourceType: 'Bundle', total: 0 })).toEqual([]);
  expect(factsIn({ entry: [{ resource: { resourceType: 'Task' } }, { search: {} }] })).toEqual([{ resourceType: 'Task' }]);
});
