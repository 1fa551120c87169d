import { describe, expect, it } from 'vitest';
import type { Contacts, Stretch } from './command';
import { DAY_ms, HOUR_ms, MOST_PARTS, allParts, barOf, joined, minutesOf, stepOf, traceRows } from './trace';

const BEGIN = Date.parse('2026-01-01T00:00:00Z');
const at = (minute: number): string => new Date(BEGIN + minute * 60_000).toISOString();

describe('the trace of a tag', () => {
  it('is asked for part by part until there is no more', async () => {
    const asked: (string | null)[] = [];
    const parts = await allParts(
      (query) => {
        const from = new URLSearchParams(query).get('from');
        asked.push(from);
        return Promise.resolve({ next: from === at(0) ? at(40) : null });
      },
      { from_ms: BEGIN, to_ms: BEGIN + HOUR_ms },
    );
    expect(asked).toEqual([at(0), at(40)]);
    expect(parts).toHaveLength(2);
  });

  it('ends somewhere, and says where', async () => {
    const parts = await allParts(() => Promise.resolve({ next: at(1) }), { from_ms: BEGIN, to_ms: BEGIN + HOUR_ms });
    expect(parts).toHaveLength(MOST_PARTS);
    expect(parts.at(-1)?.next).toBe(at(1));
  });

  it('has the last of each step, by metres or by the name of a place', () => {
    const said = { at: 70_000, id: 'r2', name: 'Room 2', floor_m: null };
    expect(traceRows([[1_000, 1, 2], [59_000, 3, 4]], [said], 60_000)).toEqual([
      { at: 59_000, place: null, floor_m: [3, 4] },
      { at: 70_000, place: 'Room 2', floor_m: null },
    ]);
  });

  it('has a row a minute, or fewer where these would be too many', () => {
    const step = (length_ms: number): number => stepOf({ from_ms: BEGIN, to_ms: BEGIN + length_ms }) / 60_000;
    expect([step(HOUR_ms), step(DAY_ms), step(7 * DAY_ms)]).toEqual([1, 2, 14]);
  });
});

describe('who was there too', () => {
  const stretch = (from: number, to: number, over: Partial<Stretch> = {}): Stretch => ({
    place: 'Room 1',
    from: at(from),
    to: new Date(Date.parse(at(to)) - 1).toISOString(),
    least_m: null,
    ...over,
  });
  const part = (id: string, stretches: readonly Stretch[], hidden = 0): Contacts => ({
    from: at(0),
    to: at(60),
    located_s: 600,
    contacts: [{ kind: 'person', id, name: id, stretches }],
    hidden,
    next: null,
  });

  it('is one while over two parts where it goes on, and whoever was there longest comes first', () => {
    const found = joined([
      part('wang', [stretch(0, 10, { least_m: 2 })], 1),
      part('wang', [stretch(10, 12, { least_m: 1 }), stretch(20, 21)], 2),
      part('li', [stretch(0, 30)]),
    ]);
    expect(found.contacts.map(({ id, stretches }) => [id, stretches.length, minutesOf(stretches)])).toEqual([
      ['li', 1, 30],
      ['wang', 2, 13],
    ]);
    expect(found.contacts[1]?.stretches[0]).toEqual(stretch(0, 12, { least_m: 1 }));
    expect([found.hidden, found.located_s]).toEqual([2, 1800]);
  });

  it('is drawn where it was in the period, and never too thin to be seen', () => {
    const period = { from_ms: BEGIN, to_ms: BEGIN + HOUR_ms };
    expect(barOf(stretch(30, 45), period).x).toBe(500);
    expect(barOf(stretch(30, 45), period).width).toBeCloseTo(250, 2);
    expect(barOf(stretch(0, 0.01), period).width).toBe(4);
    expect(barOf(stretch(-30, 90), period)).toEqual({ x: 0, width: 1000 });
  });
});
