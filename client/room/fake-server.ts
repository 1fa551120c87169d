import type { Act, Ack, Change, Event, Holding, Knocking, Participant, Place, PoseOf, Refusal, Sending, Slot, Threshold, Voice } from '../../contract/room';
import { Reader, Writer } from './bytes';
import { bytesFromHex } from './codec';
import type { SocketLike } from './line';
import { readPose, writePose } from './pose-codec';

export const TOKEN = '5a'.repeat(16);

export interface Hello {
  resumes: boolean;
  nextEvent: number;
}

/** The server's end of one connection, for tests: it says what it is told to, in real bytes. */
export class FakeSocket implements SocketLike {
  binaryType = '';
  readonly #listeners = new Map<string, (event: { data: unknown }) => void>();
  closed = false;
  closedBy: number | undefined;
  readonly sent: Uint8Array[] = [];

  addEventListener(name: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.set(name, listener);
  }

  #emit(name: string, data?: unknown): void {
    this.#listeners.get(name)?.({ data });
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.closed) throw new Error('the socket is closed');
    this.sent.push(bytes);
  }

  close(code?: number): void {
    this.closed = true;
    this.closedBy = code;
  }

  open(): this {
    this.#emit('open');
    return this;
  }

  /** The connection breaks under the client. */
  breakDown(): void {
    this.closed = true;
    this.#emit('close');
  }

  get hello(): Hello {
    const reader = new Reader(this.sent[0] ?? new Uint8Array());
    reader.u8();
    reader.u16();
    const resumes = reader.flag();
    if (resumes) reader.bytes(16);
    return { resumes, nextEvent: reader.u64() };
  }

  get acts(): { seq: number; act: Act }[] {
    return this.#frames(0x03).map((reader) => ({ seq: reader.u32(), act: reader.json() as Act }));
  }

  get poses(): ReturnType<typeof readPose>[] {
    return this.#frames(0x02).map(readPose);
  }

  /** What others were to hear and see, in the order in which it was said. */
  get sendings(): Sending[] {
    return this.#frames(0x05).map((reader) => reader.json() as Sending);
  }

  #frames(kind: number): Reader[] {
    const readers = this.sent.map((bytes) => new Reader(bytes));
    return readers.filter((reader) => reader.u8() === kind);
  }

  #say(out: Writer): void {
    this.#emit('message', out.done().buffer);
  }

  welcome(part: { resumed?: boolean; lastSeq?: number; nextEvent?: number; snapshot?: Change[] | null; events?: Event[]; people?: Participant[]; place?: Place } = {}): this {
    const { resumed = false, lastSeq = 0, nextEvent = 0, snapshot = [], events = [], people = [], place } = part;
    const out = new Writer().u8(0x81).u16(2).u16(1).bytes(bytesFromHex(TOKEN)).u8(resumed ? 1 : 0);
    this.#say(out.u32(1).u32(lastSeq).u64(nextEvent).json({ snapshot, events, people, leading: [], waiting: [], holds: [], place }));
    return this;
  }

  tick(part: { events?: Event[]; people?: Participant[]; waiting?: Knocking[]; holds?: (Pick<Holding, 'entity' | 'participant'> & Partial<Holding>)[]; poses?: PoseOf[]; acks?: Ack[] } = {}): void {
    const { poses = [], acks = [], ...news } = part;
    const json = Object.keys(news).length > 0 ? new Writer().json(news).done() : new Uint8Array();
    const out = new Writer().u8(0x82).u32(2).u32(json.byteLength).bytes(json).u8(poses.length);
    for (const { participant, pose } of poses) writePose(out.u16(participant), pose);
    out.u16(acks.length);
    for (const { seq, event } of acks) {
      out.u32(seq).u8(event === null ? 0 : 1);
      if (event !== null) out.u64(event);
    }
    this.#say(out);
  }

  refuse(seq: number, reason: Refusal): void {
    this.#say(new Writer().u8(0x83).u32(seq).json({ reason, text: { zh: '不行', en: 'no' } }));
  }

  threshold(part: Partial<Threshold> = {}): this {
    const said = { state: 'waiting', since: '2026-01-01T00:00:00Z', host: 'Li', reason: null, until: null, may_come_urgently: true, sanction: null };
    this.#say(new Writer().u8(0x89).json({ ...said, ...part }));
    return this;
  }

  bye(reason: string, again: boolean, why?: string): void {
    this.#say(new Writer().u8(0x84).json({ reason, text: { zh: '再见', en: 'bye' }, why, again }));
  }

  slots(slots: Slot[]): void {
    this.#say(new Writer().u8(0x87).json(slots));
  }

  voices(voices: Voice[]): void {
    this.#say(new Writer().u8(0x86).json(voices));
  }

  said(participant: number, text: string, heard = false): void {
    this.#say(new Writer().u8(0x88).json({ participant, text, heard }));
  }

  babble(): void {
    this.#say(new Writer().u8(0x82).u8(1));
  }
}
