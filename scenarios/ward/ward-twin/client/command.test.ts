import { describe, expect, it } from 'vitest';
import { boxOf, leftOf } from './command';

describe('the plan of a ward', () => {
  it('has a box around everything, and none around nothing', () => {
    expect(boxOf([[0, 0], [6, 5], [-2, 3]])).toEqual([-3, -1, 10, 7]);
    expect(boxOf([])).toBeUndefined();
  });
});

describe('the time of a step', () => {
  const started = '2026-01-01T10:00:00Z';
  const after = (seconds: number): number => Date.parse(started) + seconds * 1000;

  it('runs down, and then counts how long it is over', () => {
    expect(leftOf(started, 180, after(0))).toEqual({ isOver: false, time: '3:00' });
    expect(leftOf(started, 180, after(175))).toEqual({ isOver: false, time: '0:05' });
    expect(leftOf(started, 180, after(180))).toEqual({ isOver: false, time: '0:00' });
    expect(leftOf(started, 180, after(250))).toEqual({ isOver: true, time: '1:10' });
  });
});
