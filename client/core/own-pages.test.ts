import { describe, expect, it } from 'vitest';
import type { App } from './app';
import { ownPath, pageChoices, pageWords } from './own-pages';
import { tools as en } from '../words/tools.en';
import { tools as zh } from '../words/tools.zh';

const HERE = 'https://hospital.example';

describe('a page beside the stage', () => {
  it.each([
    ['/imaging', '/imaging'],
    [' /patients/p1/ ', '/patients/p1'],
    ['/', '/'],
    ['https://hospital.example/teaching/t1', '/teaching/t1'],
    ['/imaging/1.2.840?series=1.2.840.1', '/imaging/1.2.840?series=1.2.840.1'],
    ['https://hospital.example/imaging/?modality=CT&from=2026-01-01', '/imaging?modality=CT&from=2026-01-01'],
    ['/patients/p1?ask', '/patients/p1?ask'],
    ['/?x', '/?x'],
    ['/scenarios/ward-twin/icu?part=command#dispatch', '/scenarios/ward-twin/icu?part=command#dispatch'],
    ['/scenarios/ward-twin?part=房', '/scenarios/ward-twin?part=%E6%88%BF'],
    ['/devices#device-a.1_b', '/devices#device-a.1_b'],
    ['/devices?#', '/devices'],
    [`/imaging?series=${'1'.repeat(184)}`, `/imaging?series=${'1'.repeat(184)}`],
  ])('%s is one of this hospital', (typed, path) => {
    expect(ownPath(typed, HERE)).toBe(path);
  });

  it.each([
    ['//elsewhere.example/imaging?series=1', '/api/patients?x=1', '/rooms/r1?x=1', '/rooms/r1#x', '/imaging//x', '/imaging\u0007', '/imag\ning'],
    ['/imaging?=1', '/imaging?a=1&', '/imaging?a&&b', '/imaging?a?b', '/imaging?to=//elsewhere.example', '/imaging?to=%2Frooms', '/imaging?to=javascript:alert(1)', '/imaging?to=https%3Aelsewhere.example', '/imaging?to=%5C%5Celsewhere.example', '/imaging?a=%00', '/imaging?a=%0d%0ab', '/imaging?a=%'],
    ['/devices#a b', '/devices#a/b', '/devices#a%20b', '/devices#a#b', '/devices#a?b=1', '/devices#:~:text=x'],
    ['/imaging/%', '/imaging/%zz', '/%72ooms/r2', '/imaging/a%2Fb', '/imaging/%41', `/imaging?series=${'1'.repeat(185)}`],
  ].flat())('%j is none that the room takes', (typed) => {
    expect(ownPath(typed, HERE)).toBeUndefined();
  });

  it.each(['', 'https://elsewhere.example/imaging', '//elsewhere.example/imaging', 'javascript:alert(1)', 'data:text/html,x', 'https://user@hospital.example/imaging', '/api/patients', '/rooms/r1', '/no/such/page'])(
    '%j is not',
    (typed) => {
      expect(ownPath(typed, HERE)).toBeUndefined();
    },
  );
});

describe('what is said of a page', () => {
  const t = ((key: string) => key) as unknown as App['t'];

  it('is what kind of page its address leads to, and what somebody wrote', () => {
    expect(pageWords({ path: '/patients/p1', title: '' }, t)).toBe('page.kind.patient');
    expect(pageWords({ path: '/imaging', title: 'Monday' }, t)).toBe('page.kind.imaging · Monday');
    expect(pageWords({ path: '/no/such/page', title: '' }, t)).toBe('page.kind.unknown');
    expect(pageWords({ path: '/imaging?modality=CT', title: '' }, t)).toBe('page.kind.imaging');
    expect(pageWords({ path: '/imaging/1.2?series=1.3', title: '' }, t)).toBe('page.kind.study');
    expect(pageWords({ path: '/devices#upgrades', title: '' }, t)).toBe('page.kind.devices');
    expect(pageWords({ path: '/?x', title: '' }, t)).toBe('page.kind.home');
  });

  it.each([zh, en])('has words for every kind of page', (words) => {
    for (const path of ['/', '/imaging', '/imaging/1.2', '/patients/p1', '/patients/p1/recordings', '/teaching', '/teaching/t', '/devices', '/licence', '/security', '/pseudonyms', '/sanctions', '/functions', '/quality', '/scenarios/s', '/rooms/r', '/rooms/r/recordings', '/rooms/r/recordings/0']) {
      expect(Object.keys(words)).toContain(pageWords({ path, title: '' }, t));
    }
  });
});

describe('pages that a room offers', () => {
  const t = ((key: string) => key) as unknown as App['t'];

  it('are such of this hospital, first the patient whom it is about', () => {
    expect(pageChoices('p1', t).map(({ path }) => path)).toEqual(['/patients/p1', '/imaging', '/teaching', '/devices', '/']);
    expect(pageChoices(null, t)[0]).toEqual({ path: '/imaging', words: 'page.imaging' });
    for (const { path } of pageChoices('p1', t)) expect(ownPath(path, HERE)).toBe(path);
  });
});
