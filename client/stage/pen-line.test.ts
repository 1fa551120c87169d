import { describe, expect, it } from 'vitest';
import { angleBetween } from './measure-words';
import { LONGEST_LINE, PenLine } from './pen-line';

describe('a line drawn with the pen', () => {
  it('is none before it has two points apart', () => {
    const line = new PenLine();
    expect(line.take()).toBeUndefined();
    expect(line.add([0, 0, 0])).toBe(true);
    expect(line.add([0, 0, 1])).toBe(false);
    expect(line.take()).toBeUndefined();
  });

  it('begins anew after it was taken', () => {
    const line = new PenLine();
    line.add([0, 0, 0]);
    line.add([0, 0, 5]);
    expect(line.take()).toEqual([[0, 0, 0], [0, 0, 5]]);
    expect(line.points).toEqual([]);
  });

  it('never grows longer than the room takes, and still runs from its beginning to its end', () => {
    const line = new PenLine();
    for (let s = 0; s < 5_000; s += 2) line.add([0, 0, s]);
    const points = line.take() ?? [];
    expect(points.length).toBeLessThanOrEqual(LONGEST_LINE);
    expect(points[0]).toEqual([0, 0, 0]);
    expect(points.at(-1)?.[2]).toBeGreaterThan(4_900);
  });
});

describe('an angle while it is being placed', () => {
  it.each([
    [[10, 0, 0], [0, 0, 0], [0, 10, 0], 90],
    [[10, 0, 0], [0, 0, 0], [-5, 0, 0], 180],
    [[10, 0, 0], [0, 0, 0], [7, 7, 0], 45],
  ] as const)('of %j, %j, %j', (from, corner, to, degrees) => {
    expect(angleBetween([from, corner, to])).toBeCloseTo(degrees, 9);
  });

  it('has no value where a leg has no length', () => {
    expect(angleBetween([[0, 0, 0], [0, 0, 0], [1, 0, 0]])).toBeUndefined();
  });
});
