import { expect, test } from 'vitest';

const FILES = import.meta.glob<string>('../../scenarios/*/*/client/words.*.json', { query: '?raw', import: 'default', eager: true });

test('no scenario says two things by one word: of a key that stands twice only the last is read', () => {
  expect(Object.keys(FILES).length).toBeGreaterThan(0);
  for (const [path, text] of Object.entries(FILES)) {
    const keys: readonly string[] = text.match(/^ {2}"[^"]+"(?=:)/gmu) ?? [];
    expect(keys.length, path).toBeGreaterThan(0);
    expect(keys.filter((key, n) => keys.indexOf(key) !== n), path).toEqual([]);
  }
});
