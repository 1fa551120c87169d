/** A replay as its page sees it: the clock, what was done and when, and the room as it was then. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { RecordedAct, RecordingWhole } from '../../contract/recordings';
import type { Event } from '../../contract/room';
import { RecordedVoices } from '../media/recorded-voices';
import type { Ear } from '../media/sound';
import { isHeard } from '../media/stretch';
import { Replay } from '../room/replay';
import type { Speed } from '../room/replay';
import { viewOf } from '../room/view';
import type { RoomView } from '../stage/room-view';
import type { App } from './app';
import { createRoomControl } from './room-control';
import type { RoomControl } from './room-control';
import { placedWords } from './room-news';
import { orderedWords } from './room-order';
import { recordingWords } from './room-recording';

/** What was done is on its way to everybody for a tick and the time to keep it: one looks a little later. */
const SEEN_AFTER_MS = 250;
const LEAP_MS = 5_000;

/** A line of the list of acts. */
export interface ActLine {
  readonly number: number;
  readonly at_ms: number;
  readonly kind: RecordedAct['act'];
  readonly name: string;
  readonly words: string;
}

export interface ReplayControl {
  readonly room: RoomControl;
  readonly at_ms: Accessor<number>;
  readonly duration_ms: number;
  readonly playing: Accessor<boolean>;
  readonly waiting: Accessor<boolean>;
  readonly speed: Accessor<Speed>;
  readonly failed: Accessor<unknown>;
  /** Lets time pass: called with each drawn frame of whoever looks on in a headset, where the page's own frames stop. */
  pass(): void;
  setSpeed(speed: Speed): void;
  toggle(): void;
  seek(at_ms: number): void;
  leap(direction: -1 | 1): void;
  /** To the act after, or before, the one that is shown. */
  step(direction: -1 | 1): void;
  /** To the moment in which everybody saw an act. */
  show(act: ActLine): void;
}

/** A time of the recording as minutes and seconds, with hours where there are any. */
export function clockWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** What an act came to, in words; changes of the view too, which live news leaves out. */
export function actLine(act: RecordedAct, app: Pick<App, 't' | 'language'>): ActLine {
  const { number, at_ms, name } = act;
  const event: Event = { number, actor: act.actor, at: '', act: act.act, changes: act.changes, ...(act.place && { place: act.place }) };
  const placed = placedWords(event, name, app.t);
  const order = act.order && orderedWords(act.order, name, app);
  const recording = act.recording && recordingWords(act.recording, name, app.t);
  const type = act.changes.find(({ placed: one }) => one)?.placed?.entity.type;
  const other = type === undefined ? app.t(`replay.act.${act.act}`, { name }) : app.t(`replay.act.${act.act}.what`, { name, what: app.t(`replay.what.${type}`) });
  return { number, at_ms, kind: act.act, name, words: order ?? recording ?? placed ?? other };
}

/** The acts in which all that is asked for is found: kind, person, and words in any order. */
export function foundActs<T extends ActLine>(acts: readonly T[], kind: string, name: string, text: string): readonly T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return acts.filter((act) => {
    const line = act.words.toLowerCase();
    return (kind === '' || act.kind === kind) && (name === '' || act.name === name) && words.every((word) => line.includes(word));
  });
}

/** Before the stage is drawn, or without one, one hears from the front of the table, where its camera stands first. */
const FRONT: Ear = { position_m: [0, 1.5, 1.75], rotation: [0, 0, 0, 1] };

/** Opens a replay while the caller lives; voices are heard as from `eye`. */
export function createReplay(room: string, whole: RecordingWhole, acts: Accessor<readonly ActLine[]>, app: App, eye: () => Ear | undefined): ReplayControl {
  const base = `/api/rooms/${encodeURIComponent(room)}/recordings/${whole.card.recording}/parts`;
  const replay = new Replay(room, whole.parts, (part) => app.api.bytes(`${base}/${part}`));
  const voices = new RecordedVoices(whole.parts, async (part, speaker) => (await app.api.bytes(`${base}/${part}/voice/${speaker}`)).buffer);
  const [at_ms, setAt] = createSignal(0);
  const [playing, setPlaying] = createSignal(false);
  const [waiting, setWaiting] = createSignal(false);
  const [speed, setSpeed] = createSignal<Speed>(1);
  const [failed, setFailed] = createSignal<unknown>();
  const control = createRoomControl(replay.client, undefined, watched(replay, (who) => voices.loudness(who)));

  replay.events.on('change', () => {
    setAt(replay.at_ms);
    setPlaying(replay.playing);
    setWaiting(replay.waiting);
    setSpeed(replay.speed);
  });
  replay.events.on('failed', setFailed);
  replay.events.on('leap', () => (replay.playing && !replay.waiting && isHeard(replay.speed) ? voices.begin(replay.at_ms, replay.speed) : voices.stop()));
  function pass(): void {
    replay.advance();
    if (!replay.playing || replay.waiting) return;
    voices.follow(replay.at_ms);
    voices.listenFrom(eye() ?? FRONT);
    for (const [who, pose] of replay.client.sample()) voices.place(who, pose.head);
  }
  let frame = requestAnimationFrame(function go() {
    pass();
    frame = requestAnimationFrame(go);
  });
  onCleanup(() => {
    cancelAnimationFrame(frame);
    replay.close();
    voices.close();
  });

  const seek = (to: number): void => {
    setFailed(undefined);
    void replay.seek(to);
  };
  const show = (act: ActLine): void => {
    replay.pause();
    seek(act.at_ms + SEEN_AFTER_MS);
    app.announce(act.words);
  };
  seek(0);
  return {
    room: control,
    at_ms,
    duration_ms: replay.duration_ms,
    playing,
    waiting,
    speed,
    failed,
    pass,
    setSpeed: (wanted) => void (replay.speed = wanted),
    toggle: () => (replay.playing ? replay.pause() : replay.play()),
    seek,
    leap: (direction) => seek(replay.at_ms + direction * LEAP_MS),
    step(direction) {
      const shown = (act: ActLine): number => act.at_ms + SEEN_AFTER_MS;
      const next = direction > 0 ? acts().find((act) => shown(act) > replay.at_ms) : acts().findLast((act) => shown(act) < replay.at_ms);
      if (next) show(next);
    },
    show,
  };
}

/** The room as somebody sees it who looks on, at the recording's time. */
function watched(replay: Replay, loudness: (participant: number) => number): RoomView {
  const live = viewOf(replay.client, loudness);
  return {
    ...live,
    watching: true,
    selfId: '',
    poses: (participant) => replay.client.poseOf(Number(participant)),
    held(id) {
      const held = replay.client.held(id);
      return held && { by: String(held.by), transform: held.transform };
    },
    loudness: (participant) => loudness(Number(participant)),
    act: () => undefined,
    pose: () => undefined,
  };
}
