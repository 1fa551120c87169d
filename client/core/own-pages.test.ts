import { describe, expect, it } from 'vitest';
import type { App } from './app';
import { ownPath, pageWords } from './own-pages';
import { tools as en } from '../words/tools.en';
import { tools as zh } from '../words/tools.zh';

const HERE = 'https://hospital.example';

describe('a page beside the stage', () => {
  it.each([
    ['/imaging', '/imaging'],
    [' /patients/p1/ ', '/patients/p1'],
    ['/', '/'],
    ['https://hospital.example/teaching/t1', '/teaching/t1'],
  ])('%s is one of this hospital', (typed, path) => {
    expect(ownPath(typed, HERE)).toBe(path);
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
  });

  it.each([zh, en])('has words for every kind of page', (words) => {
    for (const path of ['/', '/imaging', '/imaging/1.2', '/patients/p1', '/patients/p1/recordings', '/teaching', '/teaching/t', '/devices', '/licence', '/security', '/pseudonyms', '/sanctions', '/functions', '/quality', '/scenarios/s', '/rooms/r', '/rooms/r/recordings', '/rooms/r/recordings/0']) {
      expect(Object.keys(words)).toContain(pageWords({ path, title: '' }, t));
    }
  });
});
