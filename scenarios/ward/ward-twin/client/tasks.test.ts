import { expect, test, vi } from 'vitest';
import { openTasks, titleOf } from './tasks';

const { signal } = new AbortController();

test('tasks and orders of a patient are asked for while they are open, and stand in one list', async () => {
  const get = vi.fn((path: string) => Promise.resolve(path.startsWith('/fhir/Task') ? {} : { entry: [{ resource: { id: 'walk' } }, {}] }));
  expect(await openTasks({ get } as never, 'a/b', signal)).toEqual({ tasks: [{ id: 'walk' }], more: 0 });
  expect(get.mock.calls.map(([path]) => path)).toEqual([
    '/fhir/Task?patient=a%2Fb&status=requested,received,accepted,ready,in-progress,on-hold&_count=50',
    '/fhir/ServiceRequest?patient=a%2Fb&status=active,on-hold&_count=50',
  ]);
});

test('what is not listed is counted', async () => {
  const entry = Array.from({ length: 50 }, (_, n) => ({ resource: { id: `t${n}` } }));
  const get = (path: string): Promise<unknown> => Promise.resolve(path.startsWith('/fhir/Task') ? { total: 53, entry } : { total: 1, entry: entry.slice(0, 1) });
  const found = await openTasks({ get } as never, 'p', signal);
  expect([found.tasks.length, found.more]).toEqual([51, 3]);
});

test('where one of both cannot be read nothing is said to be all', async () => {
  const get = (path: string): Promise<unknown> => (path.startsWith('/fhir/Task') ? Promise.reject(new Error('refused')) : Promise.resolve({}));
  await expect(openTasks({ get } as never, 'p', signal)).rejects.toThrow('refused');
});

test('a task is called by what was written of it, else by its code', () => {
  const code = { text: 'Walk', coding: [{ code: '1', display: 'Walking' }] };
  expect(titleOf({ description: 'Walk twice', code })).toBe('Walk twice');
  expect(titleOf({ code })).toBe('Walk');
  expect(titleOf({ code: { coding: code.coding } })).toBe('Walking');
  expect(titleOf({ code: { coding: [{ code: '1' }] } })).toBe('1');
  expect(titleOf({})).toBeUndefined();
});
