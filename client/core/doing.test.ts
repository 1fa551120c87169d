import { expect, it } from 'vitest';
import { createDoing } from './doing';

it('does one thing at a time, and says what was refused', async () => {
  const said: string[] = [];
  const { busy, run } = createDoing({ toast: (text) => void said.push(text()), explain: (error) => String(error) });
  let done = 0;
  let end = (): void => undefined;
  const first = run(() => new Promise<void>((resolve) => ((end = resolve), (done += 1))));
  expect(busy()).toBe(true);
  await run(() => Promise.resolve((done += 1)));
  expect(done).toBe(1);
  end();
  await first;
  expect(busy()).toBe(false);
  await run(() => Promise.reject(new Error('no')));
  expect([busy(), said]).toEqual([false, ['Error: no']]);
});
