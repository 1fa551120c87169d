import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeSocket } from './fake-server';
import { Line } from './line';

let opened: { way: string; socket: FakeSocket }[];
let line: Line;

const by = (way: string) => (): FakeSocket => {
  const socket = new FakeSocket();
  opened.push({ way, socket });
  return socket;
};
const ways = (): string[] => opened.map(({ way }) => way);
const last = (): FakeSocket => opened.at(-1)?.socket ?? expect.fail('nothing was opened');

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  opened = [];
  line = new Line([by('socket'), by('stream')], { opened: () => undefined, received: () => line.isWell(), broke: () => undefined }, () => 1);
  line.connect();
});

afterEach(() => {
  line.close();
  vi.useRealTimers();
});

/** The connection fails before anybody has answered, and the longest of waits is over. */
async function fail(): Promise<void> {
  last().breakDown();
  await vi.advanceTimersByTimeAsync(8_000);
}

/** What has carried breaks, and nothing comes of it until another way is tried, at once after the last try. */
async function loseWhatCarried(): Promise<void> {
  for (const wait of [250, 500, 1_000, 2_000, 4_000, 8_000, 0]) {
    last().breakDown();
    await vi.advanceTimersByTimeAsync(wait + 10);
  }
}

it('tries another way where the first does not answer, and stays with the one that does', async () => {
  last().breakDown();
  await vi.advanceTimersByTimeAsync(260);
  last().breakDown();
  await vi.advanceTimersByTimeAsync(510);
  expect(ways()).toEqual(['socket', 'socket', 'stream']);
  expect(line.way).toBe(1);
  last().open().welcome();
  for (let round = 0; round < 3; round++) {
    last().breakDown();
    await vi.advanceTimersByTimeAsync(260);
    last().open().welcome();
  }
  expect(ways().slice(2)).toEqual(['stream', 'stream', 'stream', 'stream']);
});

it('stays with a way that has carried while the line is down, and tries another once in between', async () => {
  last().open().welcome();
  await loseWhatCarried();
  expect(ways()).toEqual([...Array.from({ length: 7 }, () => 'socket'), 'stream']);
  last().breakDown();
  await vi.advanceTimersByTimeAsync(8_010);
  expect(ways().slice(7)).toEqual(['stream', 'socket']);
  last().open().welcome();
  expect(line.way).toBe(0);
});

it('finds another way where the one that has carried is there no more', async () => {
  last().open().welcome();
  await loseWhatCarried();
  last().open().welcome();
  last().breakDown();
  await vi.advanceTimersByTimeAsync(260);
  expect(ways().slice(-2)).toEqual(['stream', 'stream']);
});

it('counts a way that opens and says nothing as one that does not answer', async () => {
  last().open();
  await vi.advanceTimersByTimeAsync(6_300);
  last().open();
  await vi.advanceTimersByTimeAsync(6_600);
  expect(ways()).toEqual(['socket', 'socket', 'stream']);
});

it('comes back to the first way while no hospital answers at all', async () => {
  for (let tries = 0; tries < 5; tries++) await fail();
  expect(new Set(ways().slice(4))).toContain('socket');
  expect(new Set(ways())).toEqual(new Set(['socket', 'stream']));
});

it('says now and then that it is there, once it has been answered', async () => {
  const signs: number[] = [];
  const own = new Line([by('socket')], { opened: () => undefined, received: () => own.isWell(), asked: () => signs.push(Date.now()), broke: () => undefined }, () => 1, Date.now);
  own.connect();
  const socket = last().open();
  for (let round = 0; round < 16; round++) {
    if (round === 3) socket.welcome();
    if (round > 3) socket.tick();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(signs).toEqual([1_015_000]);
  // A page in the background is let run once a minute.
  for (let minute = 0; minute < 3; minute++) {
    vi.setSystemTime(Date.now() + 59_000);
    socket.tick();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(signs).toHaveLength(4);
  own.close();
});
