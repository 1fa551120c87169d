import { Group, Vector3 } from 'three';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Avatars } from './avatars';
import type { Figures } from './figures';
import { MOST_FIGURES } from './figures';
import type { Participant, Poses, RoomView } from './room-view';

/** Figures that stand in the room, in the order in which they came. */
const made = vi.hoisted(() => ({ figures: [] as { model: unknown; looksAt: Vector3 | undefined }[] }));
vi.mock('./figure', () => ({
  Figure: class {
    readonly group = new Group();
    mouth = 0;
    looksAt: Vector3 | undefined;
    constructor(readonly model: unknown) {
      made.figures.push(this);
    }
    pose(_: Poses, looksAt?: Vector3): void {
      this.looksAt = looksAt;
    }
    wear(): void {}
    fade(): void {}
    dispose(): void {
      made.figures.splice(made.figures.indexOf(this), 1);
    }
  },
}));

const EYE = new Vector3(0, 1.5, 1.75);
const headOf = (id: string): Poses => ({ head: { position_m: [Number(id) * 0.8, 1.5, -1.3], rotation: [0, 0, 0, 1] }, left: null, right: null, pointer: null });

let here: Participant[];
let avatars: Avatars;
/** Files that were asked for, and whether they can be had. */
let asked: string[];
let isThere: boolean;

beforeEach(() => {
  vi.stubGlobal('document', { createElement: () => ({ getContext: () => null, width: 1, height: 1 }) });
  [here, asked, isThere, made.figures] = [[], [], true, []];
  const room = { selfId: '1', participants: () => here, poses: (id: string) => headOf(id) } as unknown as RoomView;
  const load = async (name: string): Promise<string> => {
    asked.push(name);
    if (!isThere) throw new Error('no line');
    return name;
  };
  avatars = new Avatars(room, { load } as unknown as Figures);
});
afterEach(() => {
  avatars.dispose();
  vi.unstubAllGlobals();
});

const person = (id: number, more: Partial<Participant> = {}): Participant => ({ id: String(id), name: `P${id}`, account: `p${id}`, figure: 1, ...more });
/** Looks once at a moment, and lets come what is on its way. */
async function look(now_ms: number): Promise<void> {
  avatars.update(now_ms, EYE);
  for (let i = 0; i < 5; i++) await Promise.resolve();
  avatars.update(now_ms, EYE);
}

test('who came when there were enough figures becomes one once others have left', async () => {
  here = Array.from({ length: MOST_FIGURES + 2 }, (_, i) => person(i + 1));
  await look(0);
  // Oneself is seen by others alone.
  expect(made.figures).toHaveLength(MOST_FIGURES);
  await look(100);
  expect([made.figures.length, asked.length]).toEqual([MOST_FIGURES, MOST_FIGURES]);
  here = here.filter(({ id }) => id !== '5');
  await look(200);
  await look(300);
  expect([made.figures.length, asked.length]).toEqual([MOST_FIGURES, MOST_FIGURES + 1]);
});

test('a figure that could not be had is asked for again, ever more rarely, until it comes', async () => {
  isThere = false;
  here = [person(1), person(2)];
  for (let at_ms = 0; at_ms < 60_000; at_ms += 100) await look(at_ms);
  // At once, after 5 seconds, then after 10 and 20 more.
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.length).toBeLessThan(6);
  isThere = true;
  for (let at_ms = 60_000; at_ms < 120_000; at_ms += 100) await look(at_ms);
  expect(made.figures).toHaveLength(1);
  const before = asked.length;
  await look(200_000);
  expect(asked).toHaveLength(before);
});

test('who chooses another figure while one is on its way, or goes back to the one they have, looks as they chose last', async () => {
  here = [person(1), person(2, { figure: 1 })];
  await look(0);
  expect(made.figures.map(({ model }) => model)).toEqual(['medical-1']);
  here = [person(1), person(2, { figure: 2 })];
  avatars.update(100, EYE);
  here = [person(1), person(2, { figure: 1 })];
  await look(100);
  expect(made.figures.map(({ model }) => model)).toEqual(['medical-1']);
  here = [person(1), person(2, { figure: 3 })];
  await look(200);
  expect(made.figures.map(({ model }) => model)).toEqual(['medical-3']);
});

test('eyes turn to whoever speaks, and while one speaks oneself they meet one’s own', async () => {
  const speaking = (who: number): void => void (here = [1, 2, 3].map((id) => person(id, { speaking: id === who })));
  const looks = (): (readonly number[] | undefined)[] => made.figures.map(({ looksAt }) => looksAt?.toArray());
  speaking(0);
  await look(0);
  expect(looks()).toEqual([undefined, undefined]);
  speaking(3);
  await look(100);
  expect(looks()).toEqual([headOf('3').head.position_m, undefined]);
  speaking(1);
  await look(200);
  expect(looks()).toEqual([EYE.toArray(), EYE.toArray()]);
});
