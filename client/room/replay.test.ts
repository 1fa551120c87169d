import { expect, test } from 'vitest';
import type { RecordingPart } from '../../contract/recordings';
import type { Place } from '../../contract/room';
import { Writer } from './bytes';
import { writePose } from './pose-codec';
import { Replay } from './replay';

const PLACE = { position_m: [0, 1.6, 0] as [number, number, number], rotation: [0, 0, 0, 1] as [number, number, number, number] };

function note(text: string): unknown {
  return { by: 'li', at: '2026-11-26T08:00:00Z', entity: { type: 'annotation', hologram: 1, at_lps_mm: [0, 0, 0], text } };
}

function person(id: number, name: string): unknown {
  return { id, actor: name, name, role: 'expert', colour: '#e69f00', place: 0, may_act: true, standing: 'speaker', hand_since: null, muted: false, may_accompany: true, joined: '2026-11-26T08:00:00Z', away: false };
}

const OFF = { state: 'running', number: 1, by: 'li', since: null, agreed: ['li'] };

function welcome(nextEvent: number, texts: readonly string[], place?: Place): Uint8Array {
  const snapshot = texts.map((text, at) => ({ id: at + 1, placed: note(text) }));
  const out = new Writer().u8(0x81).u16(3).u16(0).bytes(new Uint8Array(16)).u8(0).u32(1).u32(0).u64(nextEvent);
  return out.json({ snapshot, events: [], people: [person(1, 'li')], waiting: [], holds: [], recording: OFF, place }).done();
}

/** A tick with a note that is event `number`, in a room that has become a place by then, and li at `x`. */
function tick(number: number, text: string, x: number, at_ms: number, place?: Place): Uint8Array {
  const event = { number, actor: 'li', at: '2026-11-26T08:00:00Z', act: 'add', changes: [{ id: number + 1, placed: note(text) }], place };
  const news = new TextEncoder().encode(JSON.stringify({ events: [event] }));
  const out = new Writer().u8(0x82).u32(1).u32(news.length).bytes(news).u8(1).u16(1);
  writePose(out, { at_ms, head: { ...PLACE, position_m: [x, 1.6, 0] }, left: null, right: null, pointer: null, held: null, mouth: null });
  return out.u16(0).done();
}

function part(moments: readonly [kind: number, at_ms: number, bytes: Uint8Array][]): Uint8Array {
  const out = new Writer().bytes(new TextEncoder().encode('YYRC')).u8(1).u16(1).bytes(new TextEncoder().encode('r')).u64(1).u64(0);
  for (const [kind, at_ms, bytes] of moments) {
    out.u8(kind).u32(at_ms);
    if (kind === 3) out.u16(1).u32(0);
    out.u32(bytes.length).bytes(bytes);
  }
  return out.done();
}

const FIRST = part([[1, 0, welcome(0, [])], [2, 100, tick(0, 'a', 0, 100)], [3, 120, new Uint8Array([1, 2])], [2, 900, tick(1, 'b', 0.8, 900, 'operating')]]);
const SECOND = part([[1, 1000, welcome(2, ['a', 'b'], 'operating')], [2, 1000, tick(1, 'b', 0.9, 1000)], [2, 1500, tick(2, 'c', 1.4, 1500)]]);
const PARTS: RecordingPart[] = [
  { number: 0, from_ms: 0, to_ms: 900, speakers: [1], digest: '', size: 1, entry: 1 },
  { number: 1, from_ms: 1000, to_ms: 1500, speakers: [], digest: '', size: 1, entry: 2 },
];

async function opened(): Promise<{ replay: Replay; pass(ms: number): Promise<void>; notes(): string[] }> {
  let now = 50_000;
  const replay = new Replay('r', PARTS, async (number) => (number === 0 ? FIRST : SECOND), () => now);
  await Promise.resolve();
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 20) {
      now += 20;
      replay.advance();
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
    }
  };
  const notes = (): string[] => [...replay.client.state.entities.values()].map(({ entity }) => (entity.type === 'annotation' ? entity.text : ''));
  return { replay, pass, notes };
}

test('shows the room as it was at any time, forward and back', async () => {
  const { replay, notes } = await opened();
  for (const [at, expected] of [[1600, 'abc'], [0, ''], [950, 'ab'], [100, 'a'], [1200, 'ab'], [899, 'a']] as const) {
    await replay.seek(at);
    expect(notes().join(''), `at ${at} ms`).toBe(expected);
    expect(replay.client.state.status).toBe('open');
  }
  replay.close();
});

test('shows which place the room was at any time, forward and back', async () => {
  const { replay } = await opened();
  for (const [at, expected] of [[100, undefined], [950, 'operating'], [1200, 'operating'], [0, undefined]] as const) {
    await replay.seek(at);
    expect(replay.client.state.place, `at ${at} ms`).toBe(expected);
  }
  replay.close();
});

test('plays from part to part without a leap, at the speed that is asked for, and stops at the end', async () => {
  const { replay, pass, notes } = await opened();
  await replay.seek(0);
  replay.speed = 0.25;
  replay.play();
  await pass(1000);
  expect(replay.at_ms).toBeCloseTo(250, -1);
  expect(notes()).toEqual(['a']);
  replay.speed = 4;
  let leaps = 0;
  replay.client.on('status', () => (leaps += 1));
  await pass(260);
  expect(notes()).toEqual(['a', 'b']);
  await pass(600);
  expect(notes()).toEqual(['a', 'b', 'c']);
  expect([replay.at_ms, replay.playing, leaps]).toEqual([1500, false, 0]);
  replay.close();
});

test('moves people by the time of the recording: a clock that stands shows them standing', async () => {
  const { replay } = await opened();
  await replay.seek(950);
  const first = replay.client.sample().get(1)?.head.position_m[0];
  expect(first).toBeGreaterThan(0);
  expect(replay.client.sample().get(1)?.head.position_m[0]).toBe(first);
  await replay.seek(100);
  expect(replay.client.sample().get(1)?.head.position_m[0]).toBe(0);
  replay.close();
});

test('says when a part cannot be had, and goes on when it can', async () => {
  let broken = true;
  const replay = new Replay('r', PARTS, async () => {
    if (broken) throw new Error('no line');
    return FIRST;
  });
  const failures: unknown[] = [];
  replay.events.on('failed', (error) => failures.push(error));
  await Promise.resolve();
  await replay.seek(500);
  expect(failures).toHaveLength(1);
  broken = false;
  await replay.seek(500);
  expect(replay.client.state.entities.size).toBe(1);
  replay.close();
});
