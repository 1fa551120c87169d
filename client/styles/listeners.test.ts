import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const SHEETS = Object.keys(import.meta.glob(['./*.css', '../../scenarios/*/*/client/*.css']));
const read = (sheet: string): string => readFileSync(new URL(sheet, import.meta.url), 'utf8');

test('one rule keeps words for those who listen, in all sheets', () => {
  expect(SHEETS.length).toBeGreaterThan(5);
  const hiding = SHEETS.flatMap((sheet) => (read(sheet).match(/clip-path: inset\(50%\)/g) ?? []).map(() => sheet));
  expect(hiding).toEqual(['./base.css']);
});

test('what all sheets say goes before that rule', () => {
  expect(read('./tokens.css')).toContain('@layer tokens, base, parts, pages, scenario, listeners;');
});
