import type { Act, Change, Event, Farewell, Held, Holding, Knocking, Leading, Participant, Place, Placed, Pose, PoseOf, RecordingNow, Refusal, Sanction, Sending, ServerFrame, Slot, Threshold, Voice } from '../../contract/room';
import { Emitter } from '../core/emitter';
import { WireError } from './bytes';
import { VERSION, decode, encode } from './codec';
import { tellLeft } from './leaving';
import { LEFT, Line, type SocketLike } from './line';
import { ActError, PendingActs } from './pending';
import { PoseSender, type OwnPose } from './pose-sender';
import { PoseTrack } from './pose-track';
import type { PosesBy, PoseWay } from './pose-way';
import { StreamSocket } from './stream-socket';

/** `at-door`: connected, and not inside. */
export type Status = 'connecting' | 'at-door' | 'open' | 'reconnecting' | 'closed';

interface Text {
  zh: string;
  en: string;
}

/** What is in the room, own acts on their way included. Every change makes new maps. */
export interface RoomState {
  readonly status: Status;
  /** One's own seat; undefined before the first welcome. */
  readonly self: number | undefined;
  readonly participants: ReadonlyMap<number, Participant>;
  readonly entities: ReadonlyMap<number, Placed>;
  /** Who has hold of which hologram, board or page. */
  readonly holds: ReadonlyMap<number, number>;
  /** Who asks for what another holds, the first one first. */
  readonly asked: ReadonlyMap<number, readonly number[]>;
  /** Those who take part by voice or picture. */
  readonly voices: ReadonlyMap<number, Voice>;
  /** Who shows the others the way. */
  readonly leading: Leading | undefined;
  /** Who waits at the door, as those inside see it. */
  readonly waiting: readonly Knocking[];
  /** The sanctions that stand, and those that somebody still speaks against. */
  readonly sanctions: readonly Sanction[];
  /** Whether the room is recorded. */
  readonly recording: RecordingNow;
  /** Which place of the hospital the room is; undefined where that is its scenario's to say, until its host has said so. */
  readonly place: Place | undefined;
  /** How one stands at the door; undefined inside. */
  readonly threshold: Threshold | undefined;
  /** Why the server ended the connection for good, and what whoever did it says. */
  readonly farewell: { reason: Farewell; text: Text; why: string | null } | undefined;
}

export interface RoomEvents {
  /** Anything of the state has changed. */
  change: RoomState;
  status: Status;
  /** An act, by anyone, was kept. */
  event: Event;
  /** An own act was refused. */
  refused: { act: Act; reason: Refusal; text: Text };
  /** The line broke, and the hospital had not answered by it. */
  unanswered: undefined;
  /** The server ended the line for a reason after which one comes back by oneself. */
  interrupted: { reason: Farewell; text: Text };
  /** Somebody brings everybody to their view. */
  gather: Leading;
  /** What comes by which of one's own media sections. */
  slots: readonly Slot[];
  /** Words for those who read along. */
  said: { participant: number; text: string; heard: boolean };
}

export interface RoomOptions {
  socket?: () => SocketLike;
  now?: () => number;
  random?: () => number;
  /** Keeps the seat over a reload of the page; `sessionStorage` where there is one. */
  store?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
  /** A way for poses beside the socket; without one they go by the socket alone. */
  poses?: PoseWay;
  /** Tells the hospital that one has left, by a request of its own, which names the seat. */
  tellLeft?: (seat: string, isWell: boolean) => void;
}

const UNKNOWN: Text = { zh: '连接中断，操作结果未知', en: 'the connection broke; whether this was done is not known' };
const BEFORE_THE_DOOR: Partial<RoomState> = { self: undefined, participants: new Map(), holds: new Map(), asked: new Map(), voices: new Map(), leading: undefined, waiting: [], sanctions: [] };
const NOT_RECORDED: RecordingNow = { state: 'off', number: null, by: null, since: null, agreed: [] };
const CLOSED: Text = { zh: '已离开房间', en: 'the room was left' };

/** One's place in a room: keeps the connection, the state and own acts on their way. */
export class RoomClient {
  readonly #emitter = new Emitter<RoomEvents>();
  readonly #line: Line;
  readonly #now: () => number;
  readonly #store: RoomOptions['store'];
  readonly #key: string;
  readonly #pending = new PendingActs();
  readonly #sender: PoseSender;
  readonly #way: PoseWay | undefined;
  readonly #tellLeft: (seat: string, isWell: boolean) => void;
  readonly #tracks = new Map<number, PoseTrack>();
  #state: RoomState = { status: 'connecting', self: undefined, participants: new Map(), entities: new Map(), holds: new Map(), asked: new Map(), voices: new Map(), leading: undefined, waiting: [], sanctions: [], recording: NOT_RECORDED, place: undefined, threshold: undefined, farewell: undefined };
  /** Where what somebody holds was seen last: it stays there while it goes from hand to hand, or until the record has where it was left. */
  readonly #inHand = new Map<number, Held['transform']>();
  /** The entities as the server has them. */
  #base = new Map<number, Placed>();
  #place: Place | undefined;
  #nextEvent = 0;
  #lastSeq = 0;
  #resume: string | null;

  constructor(readonly id: string, options: RoomOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#store = 'store' in options ? options.store : globalThis.sessionStorage;
    this.#key = `room-seat:${id}`;
    this.#resume = this.#store?.getItem(this.#key) ?? null;
    const path = `/api/rooms/${encodeURIComponent(id)}`;
    const ways = options.socket ? [options.socket] : [() => new WebSocket(socketUrl(path)) as SocketLike, () => new StreamSocket(path)];
    const listener = { opened: () => this.#hello(), received: (bytes: Uint8Array) => this.#receive(bytes), broke: (wasAnswered: boolean) => this.#broke(wasAnswered), asked: () => this.#line.send(encode({ frame: 'ping', nonce: 0 })) };
    this.#line = new Line(ways, listener, options.random ?? Math.random);
    this.#way = options.poses;
    this.#tellLeft = options.tellLeft ?? (options.socket ? () => undefined : (seat, isWell) => void tellLeft(path, seat, isWell));
    this.#sender = new PoseSender(this.#now, (pose) => {
      const bytes = encode({ frame: 'pose', pose });
      if (!this.#way?.send(bytes)) this.#line.send(bytes);
    });
  }

  get state(): RoomState {
    return this.#state;
  }

  /** Calls `listener` on every such event; the returned function ends it. */
  on<Name extends keyof RoomEvents>(name: Name, listener: (event: RoomEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  connect(): this {
    this.#line.connect();
    return this;
  }

  /** Leaves the room for good; a page that is loaded anew comes back to its seat. */
  close(): void {
    const { status } = this.#state;
    this.#end(LEFT);
    // The line may be broken, or dead and nobody has noticed yet.
    if (status !== 'closed' && this.#resume !== null) this.#tellLeft(this.#resume, status === 'open');
  }

  #end(code?: number): void {
    this.#store?.removeItem(this.#key);
    this.#line.close(code);
    this.#way?.close();
    this.#sender.stop();
    this.#pending.giveUp(new ActError('closed', CLOSED), true);
    this.#change({ status: 'closed' });
  }

  /** Is out for good: nothing of the room stays, and nobody tries to come back by themselves. */
  shutOut(reason: Farewell, text: Text, why: string | null = null): void {
    this.#change({ farewell: { reason, text, why } });
    this.#end();
  }

  /** Asks the room to do something; resolves when it is done and kept, rejects with an `ActError`. */
  act(act: Act): Promise<void> {
    if (this.#state.status === 'closed') return Promise.reject(new ActError('closed', CLOSED));
    if (act.act === 'release') {
      this.#sender.letGo();
      this.#inHand.delete(act.id);
    }
    const done = this.#pending.add(act);
    // Who does not wait for the outcome hears of a refusal by `refused`.
    done.catch(() => undefined);
    this.#sendActs();
    this.#change({});
    return done;
  }

  /** Says where one is; called as often as wanted, sent at most 20 times a second. */
  pose(pose: OwnPose): void {
    this.#sender.offer(pose);
  }

  /** By which way one's own poses go now. */
  get posesBy(): PosesBy {
    return this.#way?.by() ?? (this.#line.way === 0 ? 'socket' : 'stream');
  }

  /** One's own pose, as it was said last. */
  get ownPose(): OwnPose | undefined {
    return this.#sender.latest;
  }

  /** Says what others are to hear and see of oneself; it holds for this connection. */
  sends(sending: Sending): void {
    if (this.#state.status === 'open') this.#line.send(encode({ frame: 'sending', sending }));
  }

  /** Says words to those who read along; `false` while there is no line. */
  caption(text: string): boolean {
    if (this.#state.status !== 'open') return false;
    this.#line.send(encode({ frame: 'caption', text }));
    return true;
  }

  /** Where one of the others is now, smoothed. */
  poseOf(id: number, now: number = this.#now()): Pose | undefined {
    return this.#tracks.get(id)?.sample(now);
  }

  /** Everybody else's pose now, smoothed and about 100 ms old; of who is far away, up to 240. */
  sample(now: number = this.#now()): Map<number, Pose> {
    const poses = new Map<number, Pose>();
    for (const [id, track] of this.#tracks) {
      const pose = track.sample(now);
      if (pose) poses.set(id, pose);
    }
    return poses;
  }

  /** Where something in somebody's hold is now, and whose hold it is. */
  held(entity: number, now: number = this.#now()): { by: number; transform: Held['transform'] } | undefined {
    const by = this.#state.holds.get(entity);
    if (by === undefined) return undefined;
    const held = by === this.#state.self ? this.#sender.latest?.held : this.#tracks.get(by)?.sample(now)?.held;
    const transform = held?.entity === entity ? held.transform : this.#inHand.get(entity);
    return transform && { by, transform };
  }

  #hello(): void {
    this.#line.send(encode({ frame: 'hello', version: VERSION, resume: this.#resume, next_event: this.#nextEvent }));
  }

  #broke(wasAnswered: boolean): void {
    this.#sender.pause();
    // The hospital ends it with the socket.
    this.#way?.close();
    this.#change({ voices: new Map(), status: this.#state.self === undefined ? 'connecting' : 'reconnecting' });
    if (!wasAnswered) this.#emitter.emit('unanswered', undefined);
  }

  #receive(bytes: Uint8Array): void {
    try {
      this.#frame(decode(bytes));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // What cannot be read may have held events: begin again where they are known.
      this.#line.mend();
    }
  }

  #frame(frame: ServerFrame): void {
    switch (frame.frame) {
      case 'welcome':
        return this.#welcome(frame);
      case 'tick':
        return this.#tick(frame);
      case 'refused': {
        const act = this.#pending.refuse(frame.seq, new ActError(frame.reason, frame.text));
        this.#sendActs();
        this.#change({});
        if (act) this.#emitter.emit('refused', { act, reason: frame.reason, text: frame.text });
        return;
      }
      case 'bye':
        if (frame.again) {
          this.#emitter.emit('interrupted', { reason: frame.reason, text: frame.text });
          return this.#line.mend();
        }
        return this.shutOut(frame.reason, frame.text, frame.why);
      case 'voices':
        return this.#change({ voices: new Map(frame.voices.map((voice) => [voice.participant, voice])) });
      case 'slots':
        return this.#emitter.emit('slots', frame.slots);
      case 'said':
        return this.#emitter.emit('said', frame);
      case 'threshold':
        return this.#atDoor(frame.threshold);
      case 'pong':
    }
  }

  #welcome(frame: Extract<ServerFrame, { frame: 'welcome' }>): void {
    const { entrance } = frame;
    this.#line.isWell();
    this.#resume = frame.resume;
    this.#store?.setItem(this.#key, frame.resume);
    this.#lastSeq = Math.max(this.#lastSeq, frame.last_seq);
    // In the old seat others stand where they were shown, and go on from there; a new seat may number them otherwise.
    if (frame.resumed) for (const track of this.#tracks.values()) track.restart();
    else this.#tracks.clear();
    if (entrance.snapshot) {
      this.#base = new Map();
      this.#apply(entrance.snapshot);
      this.#nextEvent = frame.next_event;
    } else {
      this.#events(entrance.events);
    }
    this.#place = entrance.place;
    this.#pending.finish(this.#nextEvent);
    // In a new seat nobody knows what became of acts sent from the old one; sending them again could do
    // them twice. In the old seat the server tells repeated acts by their numbers.
    if (!frame.resumed) this.#pending.giveUp(new ActError('outcome-unknown', UNKNOWN));
    for (const { seq, act } of this.#pending.sent()) this.#line.send(encode({ frame: 'act', seq, act }));
    // A recording of before there was a way to lead says nothing of it.
    const { leading }: Partial<Pick<typeof entrance, 'leading'>> = entrance;
    const { waiting, sanctions = [], recording } = entrance;
    this.#change({ self: frame.participant, status: 'open', threshold: undefined, waiting, sanctions, leading: leading?.[0], recording, ...people(entrance.people), ...this.#holds(entrance.holds) });
    this.#forgetTheLeft();
    this.#sendActs();
    this.#way?.open(frame.participant, (bytes) => this.#datagram(bytes));
    this.#sender.resume();
  }

  /** One waits outside: nothing of the room is seen, and what was asked for from inside is not known. */
  #atDoor(threshold: Threshold): void {
    this.#line.isWell();
    if (this.#state.status !== 'at-door') {
      this.#sender.pause();
      this.#way?.close();
      this.#tracks.clear();
      this.#base = new Map();
      this.#place = undefined;
      this.#nextEvent = 0;
      this.#pending.giveUp(new ActError('outcome-unknown', UNKNOWN), true);
    }
    this.#change({ ...BEFORE_THE_DOOR, recording: NOT_RECORDED, status: 'at-door', threshold });
  }

  #tick({ news, poses, acks }: Extract<ServerFrame, { frame: 'tick' }>): void {
    if (this.#state.status === 'at-door') {
      for (const { seq, event } of acks) this.#pending.acknowledge(seq, event);
      return this.#pending.finish(0);
    }
    if (this.#state.status !== 'open') return;
    this.#poses(poses);
    if (news.events && !this.#events(news.events)) return this.#line.mend();
    for (const { seq, event } of acks) this.#pending.acknowledge(seq, event);
    this.#pending.finish(this.#nextEvent);
    if (news.people || news.leading || news.waiting || news.sanctions || news.holds || news.events || news.recording || acks.length > 0) {
      this.#change({ ...(news.leading && { leading: news.leading[0] }), ...(news.waiting && { waiting: news.waiting }), ...(news.sanctions && { sanctions: news.sanctions }), ...(news.recording && { recording: news.recording }), ...(news.people && people(news.people)), ...(news.holds && this.#holds(news.holds)) });
      this.#forgetTheLeft();
    }
    if (news.gather) this.#emitter.emit('gather', news.gather);
    if (acks.length > 0) this.#sendActs();
  }

  #poses(poses: readonly PoseOf[]): void {
    const now = this.#now();
    for (const { participant, pose } of poses) {
      const track = this.#tracks.get(participant) ?? new PoseTrack();
      this.#tracks.set(participant, track);
      track.push(pose, now);
      if (pose.held && this.#state.holds.get(pose.held.entity) === participant) this.#inHand.set(pose.held.entity, pose.held.transform);
    }
  }

  /** What comes beside the socket says where people are, and nothing else; of two poses the later one counts. */
  #datagram(bytes: Uint8Array): void {
    if (this.#state.status !== 'open') return;
    try {
      const frame = decode(bytes);
      // Somebody who has left may still be on their way.
      if (frame.frame === 'tick') this.#poses(frame.poses.filter(({ participant }) => this.#state.participants.has(participant)));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** Who has left is shown no more; whose line broke stays where they were, until they go on from there. */
  #forgetTheLeft(): void {
    for (const [id, track] of this.#tracks) {
      const person = this.#state.participants.get(id);
      if (!person) this.#tracks.delete(id);
      else if (person.away) track.restart();
    }
  }

  /** Who holds what now; where it was seen last is the holder's to say, and the room's where the hold is new. */
  #holds(list: readonly Holding[]): Pick<RoomState, 'holds' | 'asked'> {
    const before = this.#state.holds;
    for (const id of [...this.#inHand.keys()]) if (!list.some(({ entity }) => entity === id)) this.#inHand.delete(id);
    for (const { entity, participant, transform } of list) {
      if (transform && before.get(entity) !== participant) this.#inHand.set(entity, transform);
    }
    // A recording of before one could ask says nothing of it.
    const asked = list.map(({ entity, asked }: Partial<Holding>) => [entity ?? 0, asked ?? []] as const);
    return { holds: new Map(list.map(({ entity, participant }) => [entity, participant])), asked: new Map(asked) };
  }

  /** Takes in events, leaving out those seen before; says `false` where one is missing. */
  #events(events: Event[]): boolean {
    for (const event of events) {
      if (event.number < this.#nextEvent) continue;
      if (event.number > this.#nextEvent) return false;
      this.#nextEvent += 1;
      this.#apply(event.changes);
      this.#place = event.place ?? this.#place;
      this.#emitter.emit('event', event);
    }
    return true;
  }

  #apply(changes: Change[]): void {
    for (const { id, placed } of changes) {
      if (placed) this.#base.set(id, placed);
      else this.#base.delete(id);
    }
  }

  #sendActs(): void {
    if (this.#state.status !== 'open' && this.#state.status !== 'at-door') return;
    for (const { seq, act } of this.#pending.take(() => (this.#lastSeq += 1))) {
      this.#line.send(encode({ frame: 'act', seq, act }));
    }
  }

  #change(part: Partial<RoomState>): void {
    const before = this.#state.status;
    this.#state = { ...this.#state, ...part, entities: this.#pending.onto(this.#base), place: this.#place };
    if (this.#state.status !== before) this.#emitter.emit('status', this.#state.status);
    this.#emitter.emit('change', this.#state);
  }
}

function people(list: Participant[]): Pick<RoomState, 'participants'> {
  return { participants: new Map(list.map((participant) => [participant.id, participant])) };
}

function socketUrl(path: string): string {
  const url = new URL(`${path}/socket`, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
