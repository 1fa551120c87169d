import { expect, test } from 'vitest';
import { FIGURES, dressOf, figureFor, figuresFor, isVisitor, onlyAccompanies } from './figures';

const FILES = Object.keys(import.meta.glob('../public/people/*'));
const ACCOUNTS = Array.from({ length: 200 }, (_, i) => `account-${i}`);

test.each([['medical', 5], ['plain', 3]] as const)('everybody in %s dress has one of its figures, and each is worn', (dress, many) => {
  const worn = new Set(ACCOUNTS.map((account) => figureFor(account, dress)));
  expect(worn.size).toBe(many);
  for (const name of worn) for (const kind of ['gltf', 'webp']) expect(FILES).toContain(`../public/people/${name}.${kind}`);
});

test('whoever comes to the hospital and does not work there wears plain clothes', () => {
  const roles = ['patient', 'related-person', 'nurse', 'trainee', 'manager'];
  expect(roles.filter(isVisitor)).toEqual(['patient', 'related-person']);
  expect(roles.map((role) => dressOf({ role }))).toEqual(['plain', 'plain', 'medical', 'medical', 'medical']);
});

test('whoever is also a patient or works here does not only come with somebody', () => {
  const all = [['related-person'], ['patient', 'related-person'], ['nurse', 'related-person'], ['patient'], [], undefined];
  expect(all.map(onlyAccompanies)).toEqual([true, false, false, false, false, false]);
});

test('an account looks the same at each return', () => {
  expect(figureFor('li.terminal', 'medical')).toBe(figureFor('li.terminal', 'medical'));
  expect(figureFor('zhao.patient', 'plain')).toMatch(/^plain-\d$/);
});

test.each(['medical', 'plain'] as const)('each figure in %s dress has a small picture, and is looked like by who chose it', (dress) => {
  for (let figure = 1; figure <= FIGURES[dress]; figure += 1) {
    expect(figureFor('li.terminal', dress, figure)).toBe(`${dress}-${figure}`);
    expect(FILES).toContain(`../public/people/${dress}-${figure}.face.webp`);
  }
});

test('whatever number comes, somebody looks like somebody', () => {
  for (const chosen of [0, 4, 5, 255]) expect(figureFor('x', 'plain', chosen)).toMatch(/^plain-[123]$/);
});

test('of all figures of a dress one is theirs, whether they chose or not', () => {
  for (const role of ['patient', 'terminal-doctor']) {
    const all = figuresFor({ actor: 'x', role });
    expect(all).toHaveLength(role === 'patient' ? 3 : 5);
    expect(all.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(figuresFor({ actor: 'x', role, figure: 3 }).flatMap(({ figure, chosen }) => (chosen ? [figure] : []))).toEqual([3]);
  }
  // Others see one figure of all who are under a code.
  const seen = new Set(ACCOUNTS.map((account) => figuresFor({ actor: `pseudonym.${account}`, role: 'patient' }).find(({ chosen }) => chosen)?.name));
  expect([...seen]).toEqual([figureFor('pseudonym.', 'plain')]);
});
