import { expect, test } from 'vitest';

const SHEETS = import.meta.glob<string>(['./*.css', '../../scenarios/*/*/client/*.css'], { query: '?raw', import: 'default', eager: true });

test('one rule keeps words for those who listen, in all sheets', () => {
  const hiding = Object.entries(SHEETS).flatMap(([sheet, rules]) => (rules.match(/clip-path: inset\(50%\)/g) ?? []).map(() => sheet));
  expect(hiding).toEqual(['./base.css']);
});

test('what all sheets say goes before that rule', () => {
  expect(SHEETS['./tokens.css']).toContain('@layer tokens, base, parts, pages, scenario, listeners;');
});
