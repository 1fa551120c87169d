import type { Ack, ClientFrame, Entrance, Farewell, News, PoseOf, Refusal, ServerFrame, Slot, Threshold, Voice } from '../../contract/room';
import { Reader, Writer } from './bytes';
import { readPose, writePose } from './pose-codec';

/** The version of the protocol that this client speaks; crate `room` has the same. */
export const VERSION = 9;

const HELLO = 0x01;
const POSE = 0x02;
const ACT = 0x03;
const PING = 0x04;
const SENDING = 0x05;
const CAPTION = 0x06;
const WELCOME = 0x81;
const TICK = 0x82;
const REFUSED = 0x83;
const BYE = 0x84;
const PONG = 0x85;
const VOICES = 0x86;
const SLOTS = 0x87;
const SAID = 0x88;
const THRESHOLD = 0x89;

interface Text {
  zh: string;
  en: string;
}

/** A frame as the bytes of one WebSocket message. */
export function encode(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  switch (frame.frame) {
    case 'hello':
      out.u8(HELLO).u16(frame.version).u8(frame.resume === null ? 0 : 1);
      if (frame.resume !== null) out.bytes(bytesFromHex(frame.resume));
      out.u64(frame.next_event);
      break;
    case 'pose':
      out.u8(POSE);
      writePose(out, frame.pose);
      break;
    case 'act':
      out.u8(ACT).u32(frame.seq).json(frame.act);
      break;
    case 'ping':
      out.u8(PING).u32(frame.nonce);
      break;
    case 'sending':
      out.u8(SENDING).json(frame.sending);
      break;
    case 'caption':
      out.u8(CAPTION).json(frame.text);
  }
  return out.done();
}

/** Reads a frame of the server; throws `WireError` where it is none. */
export function decode(bytes: Uint8Array): ServerFrame {
  const reader = new Reader(bytes);
  const frame = decodeKind(reader, reader.u8());
  reader.end();
  return frame;
}

function decodeKind(reader: Reader, kind: number): ServerFrame {
  switch (kind) {
    case WELCOME:
      return {
        frame: 'welcome',
        version: reader.u16(),
        participant: reader.u16(),
        resume: hexFromBytes(reader.bytes(16)),
        resumed: reader.flag(),
        tick: reader.u32(),
        last_seq: reader.u32(),
        next_event: reader.u64(),
        entrance: reader.json() as Entrance,
      };
    case TICK:
      return decodeTick(reader);
    case REFUSED: {
      const seq = reader.u32();
      const { reason, text } = withReason<Refusal>(reader);
      return { frame: 'refused', seq, reason, text };
    }
    case BYE: {
      const { reason, text, why, again } = withReason<Farewell>(reader);
      return { frame: 'bye', reason, text, why: why ?? null, again: again === true };
    }
    case PONG:
      return { frame: 'pong', nonce: reader.u32(), tick: reader.u32() };
    case VOICES:
      return { frame: 'voices', voices: reader.json() as Voice[] };
    case SLOTS:
      return { frame: 'slots', slots: reader.json() as Slot[] };
    case SAID: {
      const said = reader.json() as { participant: number; text: string; heard: boolean };
      return { frame: 'said', participant: said.participant, text: said.text, heard: said.heard };
    }
    case THRESHOLD:
      return { frame: 'threshold', threshold: threshold(reader) };
    default:
      throw reader.error('an unknown kind of frame');
  }
}

function decodeTick(reader: Reader): ServerFrame {
  const tick = reader.u32();
  const length = reader.u32();
  const news = length === 0 ? {} : (reader.json(length) as News);
  const poses: PoseOf[] = [];
  for (let left = reader.u8(); left > 0; left--) {
    poses.push({ participant: reader.u16(), pose: readPose(reader) });
  }
  const acks: Ack[] = [];
  for (let left = reader.u16(); left > 0; left--) {
    acks.push({ seq: reader.u32(), event: reader.flag() ? reader.u64() : null });
  }
  return { frame: 'tick', tick, news, poses, acks };
}

interface Reasoned<Reason> {
  reason: Reason;
  text: Text;
  why?: string | null;
  again?: boolean;
}

function withReason<Reason extends string>(reader: Reader): Reasoned<Reason> {
  const body = reader.json() as Partial<Reasoned<Reason>> | null;
  if (typeof body?.reason !== 'string' || typeof body.text?.en !== 'string') throw reader.error('no reason is given');
  return body as Reasoned<Reason>;
}

function threshold(reader: Reader): Threshold {
  const body = reader.json() as Threshold | null;
  if (typeof body?.state !== 'string') throw reader.error('it is not said why one waits');
  return body;
}

export function hexFromBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function bytesFromHex(hex: string): Uint8Array {
  const pairs = hex.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
