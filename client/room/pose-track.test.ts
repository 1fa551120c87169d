import { describe, expect, it } from 'vitest';
import type { Fingers, Pose } from '../../contract/room';
import { FIST, RESTING } from '../core/hands';
import { DELAY_MS, PoseTrack } from './pose-track';

/** Somebody who walks 1.4 m a second along x, by their own clock. */
function walker(at_ms: number): Pose {
  const rotation: [number, number, number, number] = [0, Math.sin(at_ms / 2000), 0, Math.cos(at_ms / 2000)];
  return { at_ms, head: { position_m: [at_ms * 0.0014, 1.6, 0], rotation }, left: null, right: null, pointer: null, held: null, mouth: null };
}

/** A small generator of repeatable chance. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

describe('a track', () => {
  it.each([1, 2, 3, 4, 5])('moves evenly over an uneven line, seed %i', (seed) => {
    const random = chance(seed);
    const arrivals = Array.from({ length: 100 }, (_, i) => ({ at: 7_000 + i * 50 + random() * 45, pose: walker(i * 50) }));
    arrivals.sort((a, b) => a.at - b.at);
    const track = new PoseTrack();
    const steps: number[] = [];
    const ages: number[] = [];
    let before = 0;
    for (let now = 7_000; now < 11_900; now += 1000 / 60) {
      while (arrivals[0] && arrivals[0].at <= now) {
        track.push(arrivals[0].pose, now);
        arrivals.shift();
      }
      const x = track.sample(now)?.head.position_m[0] ?? 0;
      if (now > 7_500) {
        steps.push(x - before);
        ages.push(now - 7_000 - x / 0.0014);
      }
      before = x;
    }
    // One frame's walk is 23 mm; no frame stands, goes back or leaps, and none is old.
    expect(steps.length).toBeGreaterThan(250);
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThan(0.07);
    expect(Math.max(...ages)).toBeLessThan(DELAY_MS + 70);
  });

  it.each([100, 200])('moves evenly where somebody far away comes each %i ms', (every_ms) => {
    const random = chance(every_ms);
    const arrivals = Array.from({ length: 6_000 / every_ms }, (_, i) => ({ at: 7_000 + i * every_ms + random() * 25, pose: walker(i * every_ms) }));
    const track = new PoseTrack();
    const steps: number[] = [];
    let before = 0;
    for (let now = 7_000; now < 12_700; now += 1000 / 60) {
      while (arrivals[0] && arrivals[0].at <= now) {
        track.push(arrivals[0].pose, now);
        arrivals.shift();
      }
      const x = track.sample(now)?.head.position_m[0] ?? 0;
      // Some steps after they went there.
      if (now > 8_500) steps.push(x - before);
      before = x;
    }
    expect(Math.min(...steps)).toBeGreaterThan(0.015);
    expect(Math.max(...steps)).toBeLessThan(0.035);
  });

  it('stays where it is when the line is dry and comes back without a leap', () => {
    const track = new PoseTrack();
    for (let at = 0; at <= 500; at += 50) track.push(walker(at), at);
    const stayed = track.sample(2_000)?.head.position_m[0] ?? 0;
    expect(stayed).toBeCloseTo(0.7);
    for (let at = 2_000; at <= 2_500; at += 50) track.push(walker(at), at);
    let before = stayed;
    for (let now = 2_500; now < 3_400; now += 16) {
      const x = track.sample(now)?.head.position_m[0] ?? 0;
      expect(Math.abs(x - before)).toBeLessThan(0.11);
      before = x;
    }
    expect(before).toBeCloseTo(3.5, 1);
  });

  it.each([0.5, 3, 8])('comes back after a broken line from where it was shown, over a way of %d m, without a leap', (way_m) => {
    const track = new PoseTrack();
    for (let at = 0; at <= 500; at += 50) track.push(walker(at), at);
    const stayed = track.sample(700)?.head.position_m[0] ?? 0;
    track.restart();
    expect(track.sample(5_000)?.head.position_m[0]).toBe(stayed);
    // They come back elsewhere, by a clock that began anew, and go on walking.
    const elsewhere = (at: number): Pose => ({ ...walker(at), head: { position_m: [stayed + way_m + at * 0.0014, 1.6, 0], rotation: [0, 0, 0, 1] } });
    let [before, next] = [stayed, 0];
    for (let now = 10_000; now < 14_000; now += 1000 / 60) {
      for (; next + 10_000 <= now; next += 50) track.push(elsewhere(next), now);
      const x = track.sample(now)?.head.position_m[0] ?? NaN;
      // A frame's step is a runner's, beside what they walk themselves.
      expect(Math.abs(x - before)).toBeLessThan((4 + 2 * 1.4) / 60);
      before = x;
    }
    expect(before - stayed).toBeCloseTo(way_m + 4_000 * 0.0014, 0);
  });

  it('goes on when the clock of the sender wraps round', () => {
    const track = new PoseTrack();
    for (let i = 0; i < 10; i++) track.push({ ...walker(i * 50), at_ms: (2 ** 32 - 250 + i * 50) % 2 ** 32 }, i * 50);
    expect(track.sample(425)?.head.position_m[0]).toBeCloseTo(325 * 0.0014);
  });

  it('bends fingers evenly, from and to a rest that is not sent', () => {
    const track = new PoseTrack();
    const hand = (at_ms: number, fingers: Fingers | null): Pose => ({ ...walker(at_ms), right: { position_m: [0, 1, 0], rotation: [0, 0, 0, 1], fingers } });
    for (const [i, fingers] of [null, null, FIST, FIST, null, null].entries()) track.push(hand(i * 50, fingers), i * 50);
    const index = (now: number): number | undefined => track.sample(now)?.right?.fingers?.curls[1];
    expect(index(125)).toBeUndefined();
    expect(index(175)).toBeCloseTo((RESTING.curls[1] + FIST.curls[1]) / 2);
    expect(index(225)).toBeCloseTo(FIST.curls[1]);
    expect(index(290)).toBeCloseTo(RESTING.curls[1] * 0.8 + FIST.curls[1] * 0.2);
    expect(track.sample(330)?.right).toMatchObject({ fingers: null });
  });

  it('turns the shorter way round', () => {
    const track = new PoseTrack();
    const turned = (at_ms: number, rotation: [number, number, number, number]): Pose => ({ ...walker(at_ms), head: { position_m: [0, 0, 0], rotation } });
    track.push(turned(0, [0, 0, 0, 1]), 0);
    track.push(turned(50, [0, -Math.SQRT1_2, 0, -Math.SQRT1_2]), 50);
    const [, y, , w] = track.sample(125)?.head.rotation ?? [0, 0, 0, 0];
    expect(Math.abs(y)).toBeCloseTo(Math.sin(Math.PI / 8), 2);
    expect(Math.abs(w)).toBeCloseTo(Math.cos(Math.PI / 8), 2);
  });
});
