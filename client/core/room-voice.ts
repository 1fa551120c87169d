/** Voice, picture and captions of a room as its page sees them. The room goes on without any of it. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { MediaAnswer, MediaDoor } from '../../contract/media';
import type { Participant, Slot, Source, Voice } from '../../contract/room';
import { capture, sharesScreens } from '../media/capture';
import type { Chosen } from '../media/capture';
import { Dictation } from '../media/dictation';
import { disguised } from '../media/disguise';
import { MediaLine } from '../media/media-line';
import { Sound } from '../media/sound';
import type { Ear } from '../media/sound';
import { MediaTrouble, troubleOf } from '../media/trouble';
import type { Trouble } from '../media/trouble';
import type { RoomClient, RoomState } from '../room/room-client';
import { ApiError } from './api';
import type { App } from './app';
import { keptBack } from './own-media';
import type { Kept } from './own-media';
import { createCaptions } from './room-captions';
import type { Caption } from './room-captions';
import { createRoomDevices } from './room-devices';

export type VoiceState = 'out' | 'joining' | 'in';

/** A picture to show, others' or one's own. */
export interface Picture {
  readonly key: string;
  /** Whose; undefined for one's own. */
  readonly participant: number | undefined;
  readonly source: 'camera' | 'screen';
  readonly track: MediaStreamTrack;
}

/** A picture of all around a place. */
export interface Around {
  readonly participant: number;
  readonly track: MediaStreamTrack;
}

export interface RoomVoice {
  readonly state: Accessor<VoiceState>;
  readonly trouble: Accessor<Trouble | undefined>;
  /** What of one's own is on. */
  readonly on: (source: Source) => boolean;
  readonly echo: Accessor<boolean>;
  /** Whether somebody who keeps order has muted one: an open microphone is then heard by nobody. */
  readonly silenced: Accessor<boolean>;
  /** Why a source of one's own may not go to the others, by what one is here or because it was ended. */
  readonly kept: (source: Source) => Kept | undefined;
  readonly voices: Accessor<ReadonlyMap<number, Voice>>;
  readonly pictures: Accessor<readonly Picture[]>;
  readonly captions: Accessor<readonly Caption[]>;
  /** Those of them that are shown on the stage now: the last two, for some seconds. */
  readonly lately: Accessor<readonly Caption[]>;
  readonly devices: Accessor<readonly MediaDeviceInfo[]>;
  readonly chosen: Accessor<Chosen>;
  join(): Promise<void>;
  leave(): void;
  turn(source: Exclude<Source, 'around'>, on: boolean): Promise<void>;
  /** Shows all that is around a place, by what `open` brings; nothing ends it. */
  showAround(open: (() => Promise<MediaStreamTrack | undefined>) | undefined): Promise<void>;
  /** The picture of all around that is shown now, others' or one's own. */
  readonly around: Accessor<Around | undefined>;
  checkEcho(on: boolean): Promise<void>;
  choose(kind: MediaDeviceKind, device: string): Promise<void>;
  /** Whether others hear one in another voice. */
  readonly changed: Accessor<boolean>;
  /** Others hear one in another voice from now on, or in one's own again. */
  change(on: boolean): Promise<void>;
  /** Whether a speech service writes captions here. */
  readonly writesDown: Accessor<boolean>;
  /** Whether it writes down what one says oneself. */
  readonly dictates: Accessor<boolean>;
  dictate(on: boolean): void;
  /** `false` where there is no line. */
  caption(text: string): boolean;
  /** How loud one wants to hear somebody, from 0 to 1; it changes nothing for others. */
  volume(participant: number): number;
  listen(participant: number, volume: number): void;
  /** How loud somebody is heard now, from 0 to 1. */
  loudness(participant: number): number;
}

/** Voices follow their speakers this often. */
const PLACE_EVERY_ms = 100;
/** A line that broke is mended after this long; each try that fails doubles the wait, up to the longest. */
const MEND_AFTER_ms = 2_000;
const LONGEST_WAIT_ms = 30_000;
/** Who speaks is said no more often than this. */
const SAY_EVERY_ms = 4_000;

/** Follows a room's voice while the caller lives; `eye` is where one sees the room from, nothing where none is shown. */
export function createRoomVoice(client: RoomClient, app: App, eye: () => Ear | undefined = () => undefined): RoomVoice {
  const [state, setState] = createSignal<VoiceState>('out');
  const [trouble, setTrouble] = createSignal<Trouble>();
  const [own, setOwn] = createSignal<Readonly<Partial<Record<Source, MediaStreamTrack>>>>({});
  const [echo, setEcho] = createSignal(false);
  const [voices, setVoices] = createSignal(client.state.voices);
  const isSilenced = ({ self, participants }: RoomState): boolean => self !== undefined && (participants.get(self)?.muted ?? false);
  const [silenced, setSilenced] = createSignal(isSilenced(client.state));
  const ownIn = ({ self, participants }: RoomState): Participant | undefined => (self === undefined ? undefined : participants.get(self));
  const [me, setMe] = createSignal(ownIn(client.state));
  const kept = (source: Source): Kept | undefined => keptBack(me(), source) ?? (source === 'screen' && !sharesScreens() ? 'unsupported' : undefined);
  const [slots, setSlots] = createSignal<readonly Slot[]>([]);
  const { captions, lately, add } = createCaptions();
  // Who comes late is told what to show before the line is there.
  const [line, setLine] = createSignal<MediaLine>();
  const [writesDown, setWritesDown] = createSignal(false);
  const [dictates, dictate] = createSignal(false);
  const [changed, setChanged] = createSignal(false);
  // By account, so that it holds when they come back.
  const [volumes, setVolumes] = createSignal<Readonly<Record<string, number>>>({});
  const actorOf = (participant: number): string => client.state.participants.get(participant)?.actor ?? '';
  const volume = (participant: number): number => volumes()[actorOf(participant)] ?? 1;
  let spoke = false;
  let sound: Sound | undefined;
  /** This stay among the voices, from joining to leaving. */
  let stay: symbol | undefined;
  const devices = createRoomDevices(() => stay !== undefined);
  /** The latest try at a line; what comes of an earlier one ends itself alone. */
  let trial: symbol | undefined;
  let isNew = false;
  let mending: ReturnType<typeof setTimeout> | undefined;
  /** Tries in a row to come back that have failed. */
  let failures = 0;

  const on_ = (source: Source): boolean => own()[source] !== undefined;
  const say = (): void => client.sends({ microphone: on_('microphone'), camera: on_('camera'), screen: on_('screen'), around: on_('around'), echo: echo() });
  const nameOf = (participant: number): string => client.state.participants.get(participant)?.name ?? '';

  /** Takes in what of one's own is on; what was on before gives its device back. */
  function keep(source: Source, track: MediaStreamTrack | undefined): void {
    const before = own()[source];
    if (before !== track) before?.stop();
    setOwn((all) => {
      const now = { ...all };
      delete now[source];
      return track ? { ...now, [source]: track } : now;
    });
  }

  function drop(): void {
    trial = undefined;
    clearTimeout(mending);
    line()?.close();
    setLine(undefined);
    setSlots([]);
    sound?.detachAll();
  }

  /** A new line that carries what is on; `false` where it has come too late. */
  async function connect(self: number): Promise<boolean> {
    drop();
    const mine = (trial = Symbol('line'));
    const isLatest = (): boolean => trial === mine;
    const path = `/api/rooms/${encodeURIComponent(client.id)}/media`;
    try {
      const made = await MediaLine.open(
        {
          door: () => app.api.get<MediaDoor>(path),
          // A late offer would end the line that a later one has brought about.
          offer: async (offer) => {
            if (!isLatest()) throw new MediaTrouble('no-way');
            return app.api.post<MediaAnswer>(path, offer);
          },
        },
        self,
      );
      if (!isLatest()) {
        made.close();
        return false;
      }
      setLine(made);
      setWritesDown(made.writesDown);
      made.onBroken = () => again();
      for (const source of ['microphone', 'camera', 'screen', 'around'] as const) await made.send(source, own()[source] ?? null);
    } catch (error) {
      if (isLatest()) throw error;
    }
    return isLatest();
  }

  /** Tries anew after a while, as long as one stays. */
  function again(atLeast_s = 0): void {
    drop();
    const wait = Math.min(LONGEST_WAIT_ms, MEND_AFTER_ms * 2 ** failures);
    mending = setTimeout(() => void attempt(), Math.max(wait, atLeast_s * 1_000));
  }

  /** Connects; where a first try fails the room goes on, and says why. Who was among the voices comes back to them. */
  async function attempt(): Promise<void> {
    const { self, status } = client.state;
    if (!stay || status !== 'open' || self === undefined) return;
    setTrouble(undefined);
    setState('joining');
    try {
      if (!(await connect(self))) return;
    } catch (error) {
      if (!isNew) return interrupted(error);
      inTrouble(troubleOf(error));
      return leave();
    }
    setState('in');
    say();
    hear();
    if (failures > 0) app.toast(() => app.t('voice.back'));
    failures = 0;
    if (!isNew) return;
    isNew = false;
    app.announce(app.t('voice.joined'));
    await devices.look();
  }

  function interrupted(error: unknown): void {
    again(error instanceof ApiError ? error.retryAfter_s : 0);
    failures += 1;
    if (failures === 1) app.toast(() => app.t('voice.interrupted'));
  }

  async function join(): Promise<void> {
    if (stay) return;
    stay = Symbol('stay');
    isNew = true;
    sound = new Sound();
    void sound.begin();
    void soundOut();
    await attempt();
  }

  function leave(): void {
    const wasIn = stay !== undefined && !isNew;
    stay = undefined;
    failures = 0;
    for (const track of Object.values(own())) track.stop();
    setOwn({});
    setEcho(false);
    dictate(false);
    drop();
    sound?.close();
    sound = undefined;
    if (wasIn) app.announce(app.t('voice.left'));
    setState('out');
    say();
  }

  /** Said wherever one looks: what was pressed lies beside the stage, and the panel may show something else. */
  function inTrouble(what: Trouble): void {
    setTrouble(what);
    app.toast(() => app.t(`voice.trouble.${what}`));
  }

  /** Sound comes out where one has chosen. What was chosen at an earlier visit may be gone: then it comes out as usual. */
  async function soundOut(): Promise<void> {
    const { audiooutput: to } = devices.chosen();
    if (to) await sound?.outputTo(to.id).catch((error: unknown) => (to.isOfBefore ? undefined : inTrouble(troubleOf(error))));
  }

  function opener(source: Source): () => Promise<MediaStreamTrack | undefined> {
    return async () => {
      if (source === 'around') return undefined;
      const track = await capture(source, devices.chosen());
      return track && source === 'microphone' && changed() ? disguised(track) : track;
    };
  }

  /** Switches a source; a closed one gives its device back, so that the browser shows it as free. */
  async function turn(source: Source, isOn: boolean, open = opener(source)): Promise<void> {
    const isCheck = source === 'microphone' && echo();
    if (isOn === on_(source) || (isOn && (state() !== 'in' || (kept(source) && !isCheck)))) return;
    const during = stay;
    setTrouble(undefined);
    let track: MediaStreamTrack | undefined;
    try {
      track = isOn ? await open() : undefined;
      // Who left while the browser still asked is not to be heard or seen at their next stay.
      if (stay !== during) return track?.stop();
      keep(source, track);
      // The browser's own button ends a shared screen too.
      if (track) track.onended = () => void turn(source, false);
      await line()?.send(source, track ?? null);
      if (stay !== during) return;
      if (source === 'microphone' && !isOn) setEcho(false);
      say();
      if (source === 'microphone') app.announce(app.t(!isOn ? 'voice.nowMuted' : silenced() ? 'voice.nowSilenced' : 'voice.nowOpen'));
      if (!isOn) return;
      // Some browsers give a loudspeaker only to a page that has the microphone.
      if (devices.chosen().audiooutput?.isOfBefore) void soundOut();
      await devices.look();
    } catch (error) {
      track?.stop();
      if (stay !== during) return;
      if (track && own()[source] === track) keep(source, undefined);
      if (!on_('microphone')) setEcho(false);
      say();
      // Who thinks better of sharing a screen has no trouble.
      if (source !== 'screen' || troubleOf(error) !== 'refused') inTrouble(troubleOf(error));
    }
  }

  async function checkEcho(isOn: boolean): Promise<void> {
    // Nobody is to hear the check: the hospital hears of it before the microphone opens, and of its end after the
    // microphone is closed.
    if (!isOn) return turn('microphone', false);
    const during = stay;
    setEcho(true);
    say();
    await turn('microphone', true);
    if (stay === during && echo()) app.announce(app.t('voice.echo.now'));
  }

  async function choose(kind: MediaDeviceKind, device: string): Promise<void> {
    devices.choose(kind, device);
    if (kind === 'audiooutput') return soundOut();
    return reopen(kind === 'audioinput' ? 'microphone' : 'camera');
  }

  /** Another device, or another voice: the source is closed and opened anew. */
  async function reopen(source: 'microphone' | 'camera'): Promise<void> {
    if (!on_(source)) return;
    const [checking, during] = [echo(), stay];
    await turn(source, false);
    if (stay !== during) return;
    await (checking && source === 'microphone' ? checkEcho(true) : turn(source, true));
  }

  async function writeDown(piece: Blob): Promise<void> {
    const { self } = client.state;
    if (self === undefined) return;
    const path = `/api/rooms/${encodeURIComponent(client.id)}/speech?participant=${self}&language=${app.language()}`;
    try {
      await app.api.postBytes(path, piece);
    } catch (error) {
      if (!dictates()) return;
      dictate(false);
      app.toast(() => app.t('captions.notWritten', { why: app.explain(error) }));
    }
  }

  /** Lets be heard what the server has laid into the places. */
  function hear(): void {
    for (const { mid, source } of slots()) {
      const track = source === 'microphone' ? line()?.track(mid) : undefined;
      if (track) sound?.attach(mid, track);
    }
    place();
  }

  function place(): void {
    const poses = client.sample();
    // What one hears comes from where one sees it; without a stage one hears from one's seat.
    const ear = eye() ?? client.ownPose?.head;
    sound?.listenFrom(ear);
    for (const { mid, participant, source } of slots()) {
      const isOwn = participant === client.state.self;
      if (source !== 'microphone') continue;
      sound?.volume(mid, isOwn ? 1 : volume(participant));
      sound?.place(mid, isOwn ? undefined : poses.get(participant)?.head, ear, isOwn);
    }
  }

  const pictures = (): readonly Picture[] => {
    const shown: Picture[] = [];
    for (const { mid, participant, source } of slots()) {
      const track = source === 'microphone' || source === 'around' ? undefined : line()?.track(mid);
      if (track && source !== 'microphone' && source !== 'around') shown.push({ key: `${mid}:${participant}:${source}`, participant, source, track });
    }
    const camera = own().camera;
    if (camera) shown.push({ key: camera.id, participant: undefined, source: 'camera', track: camera });
    return shown;
  };

  const around = createMemo(
    (): Around | undefined => {
      const { self } = client.state;
      const mine = own().around;
      if (mine && self !== undefined) return { participant: self, track: mine };
      const slot = slots().find(({ source }) => source === 'around');
      const track = slot && line()?.track(slot.mid);
      return track && { participant: slot.participant, track };
    },
    undefined,
    { equals: (a, b) => a?.participant === b?.participant && a?.track === b?.track },
  );

  const placing = setInterval(() => line() && place(), PLACE_EVERY_ms);
  onCleanup(
    client.on('change', (room) => {
      const { voices: now, self } = room;
      setVoices(() => now);
      setSilenced(isSilenced(room));
      setMe(() => ownIn(room));
      if (self !== undefined && now.get(self)?.speaking) spoke = true;
    }),
  );
  // What may go to nobody gives its device back.
  createEffect(() => {
    for (const source of ['microphone', 'camera', 'screen'] as const) {
      const isCheck = source === 'microphone' && echo();
      if (kept(source) && on_(source) && !isCheck) void turn(source, false);
    }
  });
  // Only who asks for it is written down, and only while the microphone is open to the room.
  createEffect(() => {
    const track = own().microphone;
    if (!dictates() || !track || echo()) return;
    const wasSpoken = (): boolean => {
      const was = spoke;
      // Who speaks on from one piece into the next is told of once.
      const { self, voices: now } = client.state;
      spoke = self !== undefined && (now.get(self)?.speaking ?? false);
      return was;
    };
    const dictation = new Dictation(track, wasSpoken, (piece) => {
      // What was said before one closed the microphone is still wanted; what comes after one no longer asks is not.
      if (dictates()) void writeDown(piece);
    });
    onCleanup(() => dictation.stop());
  });
  onCleanup(
    client.on('slots', (now) => {
      setSlots(now);
      hear();
    }),
  );
  onCleanup(
    client.on('said', ({ participant, text, heard }) => {
      const name = nameOf(participant);
      add({ name, text, heard });
      // Who is heard aloud need not be read out too.
      const isLaid = slots().some((slot) => slot.participant === participant && slot.source === 'microphone');
      const isAloud = heard && isLaid && line() !== undefined && volume(participant) > 0;
      if (!isAloud && participant !== client.state.self) app.announce(app.t('captions.said', { name, text }));
    }),
  );
  onCleanup(
    client.on('status', (status) => {
      // The hospital ends media with the room's connection; they come back with it.
      if (status === 'open') void attempt();
      else if (status === 'closed') leave();
      else drop();
    }),
  );
  onCleanup(() => {
    clearInterval(placing);
    leave();
  });

  let saidAt = Number.NEGATIVE_INFINITY;
  let saidOf: number | undefined;
  createEffect(
    on(voices, (all) => {
      const speaker = [...all.values()].find(({ speaking, participant }) => speaking && participant !== client.state.self)?.participant;
      if (speaker === undefined || speaker === saidOf || performance.now() - saidAt < SAY_EVERY_ms) return;
      [saidAt, saidOf] = [performance.now(), speaker];
      app.announce(app.t('voice.speaks', { name: nameOf(speaker) }));
    }),
  );

  return {
    state,
    trouble,
    on: on_,
    echo,
    silenced,
    kept,
    voices,
    pictures,
    captions,
    lately,
    devices: devices.found,
    chosen: devices.chosen,
    join,
    leave,
    turn,
    showAround: (open) => turn('around', open !== undefined, open),
    around,
    checkEcho,
    choose,
    writesDown,
    dictates,
    dictate,
    changed,
    async change(on) {
      setChanged(on);
      await reopen('microphone');
    },
    volume,
    listen(participant, share) {
      setVolumes((all) => ({ ...all, [actorOf(participant)]: share }));
      place();
    },
    caption: (text) => !silenced() && !kept('microphone') && client.caption(text),
    loudness(participant) {
      const slot = slots().find((one) => one.participant === participant && one.source === 'microphone');
      return slot ? (sound?.level(slot.mid) ?? 0) : 0;
    },
  };
}
