/** Parts of a recording as crate `room` writes them: frames of the room and packets of voices, each with its time. */
import { Reader } from './bytes';

const MAGIC = 0x43525959;
const VERSION = 1;
const KINDS = { 1: 'key', 2: 'frame', 3: 'voice' } as const;

/** Something that was seen: a frame from the server, as everybody inside got it. */
export interface SeenFrame {
  /** Milliseconds since the recording began. */
  readonly at_ms: number;
  /** Says what was in the room at the beginning of the part. */
  readonly key: boolean;
  readonly bytes: Uint8Array;
}

/** Reads what was seen in a part; throws `WireError` where it is none. Voices come as sound another way. */
export function framesOf(bytes: Uint8Array): SeenFrame[] {
  const reader = new Reader(bytes);
  if (reader.u32() !== MAGIC || reader.u8() !== VERSION) throw reader.error('no part of a recording, or of another version');
  reader.bytes(reader.u16());
  reader.u64();
  reader.u64();
  const frames: SeenFrame[] = [];
  while (!reader.atEnd) {
    const kind = KINDS[reader.u8() as keyof typeof KINDS] as (typeof KINDS)[keyof typeof KINDS] | undefined;
    if (kind === undefined) throw reader.error('an unknown kind of moment');
    const at_ms = reader.u32();
    if (kind === 'voice') {
      reader.u16();
      reader.u32();
    }
    const payload = reader.bytes(reader.u32());
    if (kind !== 'voice') frames.push({ at_ms, key: kind === 'key', bytes: payload });
  }
  return frames;
}
