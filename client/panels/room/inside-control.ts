/** The panel inside a headset: its state from the room's, and what its buttons do there. */
import { createEffect, createMemo, createSignal, on } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Sanction } from '../../../contract/room';
import type { App } from '../../core/app';
import { dayOf, momentOf } from '../../core/dates';
import { figuresFor } from '../../core/figures';
import { gazeChooses, gazeTime_s, letGazeChoose, letGazeTake, timeAfter } from '../../core/gaze';
import { BOX_SIDES, CUTS, boxOf, cutAt, movedCut, movedSide, placeOfCut } from '../../core/hologram-cuts';
import type { Axis, BoxSide } from '../../core/hologram-cuts';
import { LESIONS, layerOf } from '../../core/hologram-layers';
import type { RoomInfo } from '../../core/hospital';
import { inLanguage, listIn } from '../../core/language';
import { lookLike, wear, wornBy } from '../../core/own-looks';
import { PALETTE } from '../../core/palette';
import { isPseudonym } from '../../core/pseudonym';
import type { RoomAround } from '../../core/room-around';
import { WINDOWS, steppedWindow } from '../../core/room-control';
import type { RoomControl } from '../../core/room-control';
import { firstOf } from '../../core/room-hands';
import type { RoomHands } from '../../core/room-hands';
import type { RoomLead } from '../../core/room-lead';
import { keepMarks } from '../../core/room-marks';
import type { RoomOrders } from '../../core/room-orders';
import type { RoomOrder } from '../../core/room-order';
import type { RoomPages } from '../../core/room-pages';
import type { RoomStay } from '../../core/room-stay';
import type { RoomRecording } from '../../core/room-recording';
import { lyingOf, takeFromShelf } from '../../core/room-shelf';
import type { Lying } from '../../core/room-shelf';
import { keepSnapshot } from '../../core/room-snapshot';
import type { RoomVoice } from '../../core/room-voice';
import { go } from '../../core/router';
import { seeAsStanding, seesAsStanding } from '../../core/seated-height';
import type { VolumeManifest } from '../../core/volume/manifest';
import { PLACES } from '../../stage/places/design';
import type { Layer } from '../../stage/room-view';
import type { Tool } from '../../stage/tools';
import type { Sought } from '../../xr/headset';
import type { SurfaceState } from '../../xr/real-room';
import { STEPS } from '../../xr/steps';
import type { Step } from '../../xr/steps';
import type { Side } from '../../xr/walk';
import { callWords } from '../call-words';
import type { OwnCalls } from '../own-calls';
import { placeOf } from './CasePanel';
import { APART_STEPS, FADED, MODES_INSIDE, STEP_MM, WINDOWS_INSIDE, asksFor, pageNow, shelfAfter, toolsInside } from './inside';
import { PLEAS } from './inside-people';
import { PAGES } from './inside-state';
import type { HeldInside, InsideState, Page } from './inside-state';
import { createKeeping } from './inside-keeping';
import { createThings } from './inside-things';
import { createWriting } from './inside-writing';
import { markWords } from './MarksPanel';
import type { ShownPicture } from './shown-picture';
import type { HowWorn } from './worn';

/** The room as the panel needs it. */
export interface InsideRoom {
  readonly info: RoomInfo;
  readonly title: string;
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly orders: RoomOrders;
  readonly voice: RoomVoice;
  readonly around: RoomAround;
  readonly hands: RoomHands;
  readonly lead: RoomLead;
  readonly recording: RoomRecording;
  readonly stay: RoomStay;
  readonly pages: RoomPages;
  readonly manifest: VolumeManifest | undefined;
}

/** What calls whoever wears the headset elsewhere. */
interface Called {
  readonly calls: OwnCalls;
}

/** What others show, where it stands in the room itself. */
interface Shown {
  readonly pictures: ShownPicture;
}

/** What the panel asks of whoever wears the headset. */
export interface Worn {
  readonly surface: SurfaceState;
  readonly seeks: Sought | undefined;
  seek(seeks: Sought | undefined): void;
  step(step: Step): void;
  turn(side: Side): void;
  chooseSurface(choosing: boolean): void;
  picture(): string;
  exit(): Promise<void>;
}

export interface RoomInside {
  readonly state: Accessor<InsideState>;
  press(worn: Worn, id: string): void;
}

/** Follows a room while the caller lives; `props` may change. */
export function createInside(props: InsideRoom & HowWorn & Called & Shown, app: App): RoomInside {
  const [chosen, turn] = createSignal<Page>('view');
  const [part, setPart] = createSignal(0);
  const [side, setSide] = createSignal<InsideState['side']>({ axis: 2, of: 'max_lps_mm' });
  const [lying, setLying] = createSignal<readonly Lying[]>([]);
  const [shelfFrom, setShelfFrom] = createSignal(0);
  const [busy, setBusy] = createSignal(false);
  const [picture, setPicture] = createSignal<HTMLImageElement>();
  const writing = createWriting(props, app);
  const keeping = createKeeping(props, app, turn);
  const things = createThings(props, app, (mark) => markWords(mark, app.t), writing);
  const state = (): NonNullable<ReturnType<RoomControl['hologram']>>['state'] | undefined => props.control.hologram()?.state;
  const figures = createMemo(() => {
    const own = props.order.own();
    return own ? figuresFor(own) : [];
  });
  const colours = (): InsideState['colours'] => {
    const own = props.order.own();
    if (!own || isPseudonym(own.actor)) return [];
    return PALETTE.map((colour) => ({ colour, chosen: own.colour === colour, by: wornBy(colour, props.control.people(), own) }));
  };
  const parts = createMemo(() => (props.manifest?.surfaces ?? []).map(({ name, label }) => ({ name, label: inLanguage(label, app.language()) })));
  const partAt = (): number => Math.min(part(), Math.max(0, parts().length - 1));
  const layer = (name: string): Layer => layerOf(state(), name);
  const box = createMemo(() => props.manifest && boxOf(props.manifest));
  const now = (): ReturnType<RoomRecording['now']> => props.recording.now();
  const hasTwin = (): boolean => state() !== undefined;
  const tools = (): readonly Tool[] => toolsInside(hasTwin(), props.order.works(), props.control.hasTool);
  const tool = (): Tool => tools().find((one) => one === props.control.tool()) ?? 'turn';
  const isUp = (): boolean => (props.order.own()?.hand_since ?? null) !== null;
  const waiting = (): ReturnType<RoomOrder['waiting']>[number] | undefined => (props.order.keeps() ? props.order.waiting()[0] : undefined);

  // Whoever is asked whether they agree sees the question at once.
  const asks = createMemo(() => asksFor({ state: now().state, hasAgreed: props.recording.hasAgreed() }));
  createEffect(on(asks, (page) => page && turn(page)));

  const held = (): HeldInside | undefined => {
    const there = firstOf(props.hands.held());
    const [asks] = there?.isOwn ? there.asked : [];
    return there && { ...props.hands.wordsOf(there.entity), holder: props.hands.nameOf(there.holder), isOwn: there.isOwn, asks: asks === undefined ? undefined : props.hands.nameOf(asks), hasAsked: there.hasAsked };
  };
  const locked = (): InsideState['locked'] => {
    const there = props.control.hologram();
    return there && props.control.locked(there.id);
  };
  const around = (): InsideState['around'] => {
    const by = props.around.by();
    return by && { name: by.name, isOwn: props.around.isOwn(), seen: props.around.track() !== undefined, looks: props.around.looks() };
  };
  const shown = (): InsideState['shown'] => {
    const first = props.pictures.first();
    return first && { name: props.control.people().find(({ id }) => id === first.participant)?.name ?? '', source: first.source, looks: props.pictures.looks() };
  };
  const may = (): InsideState['may'] => ({
    act: props.order.own()?.may_act ?? false,
    work: props.order.works(),
    keep: props.order.keeps(),
    unlock: props.order.keeps() || (props.order.works() && locked()?.by === props.order.own()?.actor),
  });
  const leader = (): InsideState['lead'] => {
    const by = props.lead.leader();
    return by && { name: by.name, isOwn: props.lead.isOwn() };
  };
  const shelf = (): InsideState['shelf'] => ({
    from: shelfFrom(),
    busy: busy(),
    lying: lying().map(({ study, series }) => ({ series: series.uid, words: `${series.description || app.t('patient.seriesUnnamed')} · ${dayOf(study.date, app.language())}` })),
  });

  /** Offered where there is one that may go out. */
  const camera = (): InsideState['voice']['camera'] => {
    const { voice } = props;
    if (voice.on('camera')) return 'on';
    const isThere = voice.state() === 'in' && voice.devices().some(({ kind }) => kind === 'videoinput');
    return isThere && voice.kept('camera') === undefined ? 'off' : undefined;
  };

  const call = (): string | undefined => {
    const [first] = props.calls.open();
    return first && callWords(app, first);
  };

  /** Of what was done to oneself and stands, what one may still speak against. */
  const sanctioned = (): Sanction | undefined => props.order.sanctions().find(({ actor, appeal, over }) => actor === props.order.own()?.actor && appeal === null && over === null);

  const whole = (): InsideState => ({
    title: props.title,
    page: pageNow(chosen(), now().state, hasTwin()),
    twin: hasTwin(),
    about: props.info.patient !== null,
    mode: props.mode,
    people: props.control.people().map(({ id, name, hand_since }) => ({ name, speaks: props.voice.voices().get(id)?.speaking ?? false, handUp: hand_since !== null })),
    stay: props.stay.due(),
    call: call(),
    said: app.toasts().at(-1)?.words(),
    may: may(),
    hologram: state(),
    locked: locked(),
    tools: tools(),
    tool: tool(),
    held: held(),
    waiting: waiting()?.name,
    keeping: keeping.state(),
    things: things.state(),
    pages: things.pages(),
    objects: keeping.objects(),
    sanctioned: sanctioned(),
    handUp: isUp(),
    lead: leader(),
    voice: {
      state: props.voice.state(),
      open: props.voice.on('microphone'),
      silenced: props.voice.silenced(),
      changed: props.voice.changed(),
      camera: camera(),
      watches: props.voice.kept('microphone') !== undefined,
      writesDown: props.voice.writesDown(),
      dictates: props.voice.dictates(),
    },
    captions: props.voice.captions(),
    // They are of images, which are kept from whoever only comes with the patient.
    marks: props.order.own()?.role === 'related-person' ? [] : props.control.marks().map((mark) => markWords(mark, app.t)),
    around: around(),
    shown: shown(),
    figures: figures(),
    colours: colours(),
    hides: isPseudonym(props.order.own()?.actor),
    place: props.order.own()?.standing === 'host' ? (props.control.surroundings() ?? placeOf(props.info)) : undefined,
    gaze: gazeChooses(),
    gazeTime_s: gazeTime_s(),
    standing: seesAsStanding(),
    surface: props.surface,
    seeking: props.seeking,
    parts: parts(),
    part: partAt(),
    box: box(),
    side: side(),
    shelf: shelf(),
    recording: {
      state: now().state,
      by: props.recording.by(),
      hasAgreed: props.recording.hasAgreed(),
      missing: listIn(props.recording.missing().map(({ name }) => name), app.language()),
      since: now().since ? momentOf(now().since ?? '', app.language()) : '',
    },
    writing: writing.state(),
    ordering: { by: props.orders.by(), state: props.orders.state(), heard: props.orders.heard(), asked: props.orders.asked()?.words, trouble: props.orders.trouble() },
    picture: picture(),
  });

  const complain = (error: unknown): void => app.toast(() => app.explain(error));

  function openPage(which: string): void {
    const page = PAGES.find((one) => one === which) ?? 'view';
    turn(page);
    if (page === 'own') props.orders.prepare();
    const { patient } = props.info;
    if (page === 'shelf' && patient !== null) void lyingOf(app.api, patient).then(setLying, complain);
  }

  function pressPart(what: string): void {
    const [all, name] = [parts(), parts()[partAt()]?.name];
    if (what === 'all') return props.control.change({ within: null, only: null, crop: null, apart: 0 });
    if (what === 'next' || what === 'previous') return void setPart((partAt() + (what === 'next' ? 1 : all.length - 1)) % Math.max(1, all.length));
    if (what === 'lesions') return turnLayer(LESIONS);
    if (name === undefined) return;
    if (what === 'only' || what === 'within') props.control.change({ [what]: state()?.[what] === name ? null : name });
    else if (what === 'shown') turnLayer(name);
    else if (what === 'faded') props.control.change({ layers: { [name]: { ...layer(name), opacity: layer(name).opacity < 1 ? 1 : FADED } } });
    else if (what === 'measure') props.control.measureInside(name);
    else if (what === 'apart') props.control.change({ apart: APART_STEPS.find((step) => step > (state()?.apart ?? 0)) ?? 0 });
  }

  function turnLayer(name: string): void {
    props.control.change({ layers: { [name]: { ...layer(name), visible: !layer(name).visible } } });
  }

  function stepWindow(of: 'centre_hu' | 'width_hu', what: string): void {
    const there = state()?.window;
    if (there) props.control.change({ window: steppedWindow(there, of, what === 'more' ? 1 : -1) });
  }

  function pressCut(what: string): void {
    const there = state();
    const cut = CUTS.find((one) => one === what);
    if (!there) return;
    if (cut) props.control.change({ clip: cutAt(cut, there.cursor_lps_mm) });
    else if (what === 'none') props.control.change({ clip: null });
    else if (there.clip) props.control.change({ clip: movedCut(there.clip, placeOfCut(there.clip) + (what === 'more' ? STEP_MM : -STEP_MM)) });
  }

  function pressCrop(what: string): void {
    const there = state()?.crop ?? box();
    const { axis, of } = side();
    if (what === 'off') props.control.change({ crop: null });
    else if (there) props.control.change({ crop: movedSide(there, of, axis, there[of][axis] + (what === 'more' ? STEP_MM : -STEP_MM)) });
  }

  /** A picture is looked at before it goes into the record, as on the screen. */
  async function takePicture(worn: Worn): Promise<void> {
    const image = new Image();
    image.src = worn.picture();
    await image.decode();
    setPicture(image);
  }

  async function keepPicture(): Promise<void> {
    const image = picture();
    if (!image || busy()) return;
    setBusy(true);
    try {
      await keepSnapshot(app.api, props.info.id, props.title, image.src);
      setPicture(undefined);
      app.toast(() => app.t('snap.kept'));
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  }

  /** What could not be kept is said too, as on the screen. */
  async function keepAllMarks(): Promise<void> {
    if (busy()) return;
    setBusy(true);
    try {
      const { objects, left_out } = await keepMarks(app.api, props.info.id);
      app.toast(() => [app.t('marks.kept', { count: String(objects.length) }), ...left_out.map((text) => inLanguage(text, app.language()))].join(' '));
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  }

  async function take(series: string): Promise<void> {
    if (busy() || series === state()?.series) return;
    setBusy(true);
    try {
      await takeFromShelf(props.control, series);
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  }

  function handOver(what: string): void {
    const there = firstOf(props.hands.held());
    const [asks] = there?.isOwn ? there.asked : [];
    if (!there) return;
    if (what === 'give' && asks !== undefined) props.hands.act({ act: 'give', id: there.entity, to: asks });
    else if (what === 'keep') props.hands.act({ act: 'keep-hold', id: there.entity });
    else if (what === 'ask') props.hands.act({ act: 'ask-for', id: there.entity });
    else if (what === 'take') props.hands.act({ act: 'take-over', id: there.entity });
  }

  function object(what: string): void {
    const [one, plea] = [sanctioned(), PLEAS.find((name) => name === what)];
    if (one && plea) props.order.act({ act: 'appeal', against: one.grade, reason: app.t(`inside.plea.${plea}`) });
    turn('room');
  }

  /** It is taken on its own page, as from the screen. */
  async function answerCall(what: string, worn: Worn): Promise<void> {
    const [first] = props.calls.open();
    turn('room');
    if (!first) return;
    if (what === 'close') return props.calls.hide(first.id);
    await worn.exit();
    go(first.path);
  }

  function turnLock(): void {
    const there = props.control.hologram();
    if (!there) return;
    if (props.control.locked(there.id)) props.control.unlock(there.id);
    else props.control.lock(there.id, false);
  }

  function record(what: string): void {
    if (what === 'ask') props.recording.act({ act: 'ask-to-record' });
    else if (what === 'stop') props.recording.act({ act: 'stop-recording' });
    else props.recording.act({ act: 'answer-recording', agrees: what === 'yes' });
  }

  /** The first press joins the voice, as on the screen; the next ones open and close the microphone. */
  function turnMicrophone(): void {
    void (props.voice.state() === 'in' ? props.voice.turn('microphone', !props.voice.on('microphone')) : props.voice.join());
  }

  function giveOrder(what: string): void {
    if (what === 'do') props.orders.carryOut();
    else if (what === 'drop') props.orders.drop();
    else props.orders.hear(props.orders.state() === 'idle');
  }

  /** Buttons that stand for one of several: their kind, and which. */
  const kinds: Readonly<Record<string, (which: string, worn: Worn) => void>> = {
    page: openPage,
    back: openPage,
    tool: (which) => props.control.chooseTool(tools().find((tool) => tool === which) ?? 'turn'),
    window: (which) => props.control.change({ window: WINDOWS[WINDOWS_INSIDE.find((window) => window === which) ?? 'lung'] }),
    centre: (which) => stepWindow('centre_hu', which),
    width: (which) => stepWindow('width_hu', which),
    mode: (which) => props.control.change({ mode: MODES_INSIDE.find((mode) => mode === which) ?? 'volume' }),
    move: (which, worn) => {
      const step = STEPS.find((one) => one === which);
      if (step) worn.step(step);
    },
    turn: (which, worn) => worn.turn(which === 'left' ? 'left' : 'right'),
    part: pressPart,
    cut: pressCut,
    crop: pressCrop,
    side: (which) => {
      const [axis, of] = which.split(':');
      setSide({ axis: Number(axis) as Axis, of: BOX_SIDES.find((one): one is BoxSide => one === of) ?? 'max_lps_mm' });
    },
    shelf: () => setShelfFrom((from) => shelfAfter(from, lying().length)),
    take: (series) => void take(series),
    figure: (which) => {
      const one = figures().find(({ figure }) => String(figure) === which);
      if (one) lookLike(props.order, one.figure);
    },
    colour: (which) => {
      const one = colours().find(({ colour, by }) => colour === which && by === undefined);
      if (one) wear(props.order, one.colour);
    },
    place: (which) => {
      const place = PLACES.find((one) => one === which);
      if (place) props.order.act({ act: 'set-place', place });
    },
    hand: handOver,
    keep: keeping.press,
    thing: things.press,
    put: (path) => {
      things.putPage(path);
      turn('things');
    },
    object,
    call: (which, worn) => void answerCall(which, worn).catch(complain),
    record,
    write: writing.press,
    order: giveOrder,
    snap: (which) => void (which === 'keep' ? keepPicture() : setPicture(undefined)),
  };
  /** Buttons that stand for themselves. */
  const single: Readonly<Record<string, (worn: Worn) => void>> = {
    undo: () => props.control.undo(),
    microphone: turnMicrophone,
    hand: () => props.order.act({ act: isUp() ? 'lower-hand' : 'raise-hand' }),
    admit: keeping.admit,
    refuse: keeping.refuse,
    stay: () => props.stay.noted(),
    lock: turnLock,
    lead: () => void props.lead.lead(!props.lead.isOwn()),
    gather: () => void props.lead.gather(),
    snap: (worn) => void takePicture(worn).catch(complain),
    gaze: () => letGazeChoose(!gazeChooses()),
    dwell: () => letGazeTake(timeAfter(gazeTime_s())),
    height: () => seeAsStanding(!seesAsStanding()),
    seek: (worn) => worn.seek(worn.seeks === 'hologram' ? undefined : 'hologram'),
    go: (worn) => worn.seek(worn.seeks === 'self' ? undefined : 'self'),
    surface: (worn) => worn.chooseSurface(worn.surface !== 'choosing'),
    'end-around': () => props.around.end(),
    around: () => props.around.look(!props.around.looks()),
    camera: () => void props.voice.turn('camera', !props.voice.on('camera')),
    pictures: () => props.pictures.look(!props.pictures.looks()),
    'other-voice': () => void props.voice.change(!props.voice.changed()),
    'keep-marks': () => void keepAllMarks(),
    dictate: () => props.voice.dictate(!props.voice.dictates()),
    leave: (worn) => void worn.exit(),
  };
  return {
    state: whole,
    press(worn, id) {
      const at = id.indexOf(':');
      if (at < 0) single[id]?.(worn);
      else kinds[id.slice(0, at)]?.(id.slice(at + 1), worn);
    },
  };
}
