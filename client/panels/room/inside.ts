/** What the panel inside a headset says and offers: pages of few large buttons, from what the room is like now. */
import type { RecordingNow } from '../../../contract/room';
import type { App } from '../../core/app';
import { AXES, BOX_SIDES, CUTS, cutOf, placeOfCut } from '../../core/hologram-cuts';
import { LESIONS, layerOf } from '../../core/hologram-layers';
import { WINDOW_REACH } from '../../core/room-control';
import { PLACES } from '../../stage/places/design';
import { GATHERED_TOOLS } from '../../stage/tools';
import type { Tool } from '../../stage/tools';
import type { PanelButton, PanelContent } from '../../xr/panel';
import { STEPS } from '../../xr/steps';
import { stayWords } from '../../core/room-stay';
import { objectButtons, objectLines, peopleButtons, peopleLines } from './inside-people';
import { pageButtons, pageLines, thingButtons, thingLines } from './inside-things';
import { OPENED, TABS } from './inside-state';
import type { InsideState, Page, SomebodyInside, WritingInside } from './inside-state';
import type { Key } from '../../words/words';
import { button, turnButtons, when } from './panel-buttons';

export const TOOLS_INSIDE = ['turn', 'point', 'measure', 'angle', 'probe', 'pen', 'annotate', 'landmark', 'clip', 'nodule'] as const satisfies readonly Tool[];
export const WINDOWS_INSIDE = ['lung', 'mediastinum', 'bone', 'angio'] as const;
export const MODES_INSIDE = ['volume', 'both', 'surfaces'] as const;
const MARKS_INSIDE = 2;
const CAPTIONS_INSIDE = 2;
const SHELF_INSIDE = 6;

/** How far one press moves a plane or a side of the box. */
export const STEP_MM = 10;
/** How far apart one press after the other brings the surfaces. */
export const APART_STEPS = [0, 0.5, 1] as const;
/** How opaque a surface is that lets see what lies behind it. */
export const FADED = 0.35;

type T = App['t'];

/** The panel; what is to be written or looked at first takes the place of the pages. */
export function insidePanel(state: InsideState, t: T): PanelContent {
  const { picture, writing, recording, ordering } = state;
  const asked = writing
    ? writingOf(writing, t)
    : picture
      ? { lines: [t(state.twin ? 'snap.hint.stage' : 'snap.hint.room')], buttons: [button('snap:keep', t('snap.keep')), button('snap:drop', t('app.cancel'))], picture }
      : ordering.asked === undefined
        ? undefined
        : askingOf(ordering, ordering.asked, t);
  return {
    title: state.title,
    ...(recording.state === 'running' ? { sign: t('recording.running', { at: recording.since }) } : {}),
    ...(asked ? { ...asked, lines: [...urgentLines(state, t), ...asked.lines] } : { tabs: tabsOf(state, t), lines: linesOf(state, t), buttons: buttonsOf(state, t) }),
    always: [
      ...when(state.may.act, button('undo', t('tool.undo'))),
      button('microphone', microphone(state, t)),
      button('leave', t('room.leaveXr')),
      ...when(state.stay !== undefined, button('stay', t('stay.noted'))),
      ...when(state.call !== undefined, button('page:call', t('inside.call.look'))),
    ],
    foot: t('app.notDevice'),
  };
}

/** The page to which a question brings whoever has not answered it; undefined where there is none. */
export function asksFor({ state, hasAgreed }: Pick<InsideState['recording'], 'state' | 'hasAgreed'>): Page | undefined {
  return state === 'asked' && !hasAgreed ? 'recording' : undefined;
}

/** The tab of a page. Where no images stand the shelf opens from what concerns the room. */
const tabOf = (page: Page, twin: boolean): Page => (page === 'shelf' && !twin ? 'room' : page in OPENED ? OPENED[page as keyof typeof OPENED] : page);
/** Where nobody's images stand there is nothing to view, and no structure. */
const isThere = (tab: Page, twin: boolean): boolean => twin || (tab !== 'view' && tab !== 'parts');

/** A page that is still there; what a recording asks is gone with it. */
export function pageNow(page: Page, recording: RecordingNow['state'], twin: boolean): Page {
  return (page === 'recording' && recording === 'off') || !isThere(tabOf(page, twin), twin) ? 'room' : page;
}

function tabsOf({ page, recording, twin }: InsideState, t: T): PanelButton[] {
  const chosen = tabOf(page, twin);
  return [
    ...TABS.filter((tab) => isThere(tab, twin)).map((tab) => button(`page:${tab}`, t(`inside.page.${tab}`), tab === chosen)),
    ...when(recording.state !== 'off', button('page:recording', t('recording.title'), chosen === 'recording')),
  ];
}

/** What matters most comes first: a long list is cut at its end. */
function linesOf(state: InsideState, t: T): string[] {
  const { held, lead, locked, around, hologram } = state;
  return [
    ...urgentLines(state, t),
    ...(held?.asks !== undefined ? [t('hands.asks', { name: held.asks, what: held.what })] : held && !held.isOwn ? [t('hands.held', { name: held.holder, what: held.what })] : []),
    ...(state.waiting === undefined ? [] : [t('inside.waiting', { name: state.waiting })]),
    ...(state.objects === undefined ? [] : [t('inside.objects', { name: state.objects })]),
    ...(hologram && !state.box ? [t('stage.loading')] : []),
    ...(state.surface === 'choosing' ? [t('inside.surface.hint')] : ownLines(state, t)),
    ...state.captions.slice(-CAPTIONS_INSIDE).map((caption) => t('captions.said', { ...caption })),
    ...(lead ? [t(lead.isOwn ? 'lead.own' : 'lead.by', { name: lead.name })] : []),
    ...(locked ? [t(locked.marks ? 'lock.byWithMarks' : 'lock.by', { name: locked.name })] : []),
    ...(around ? [t(around.isOwn ? 'around.own' : 'around.by', { name: around.name })] : []),
    ...(state.shown ? [t(`inside.shown.${state.shown.source}`, { name: state.shown.name })] : []),
    ...state.marks.slice(-MARKS_INSIDE),
    t('stage.inside', { people: state.people.map((one) => whatTheyDo(one, t)).join(' · ') }),
  ];
}

/** What calls one elsewhere, that one's stay ends or a rest is due, what was refused or has just been done, and the question of who wants to record. */
function urgentLines({ call, stay, said, recording, page }: InsideState, t: T): string[] {
  const isAsked = asksFor(recording) !== undefined && page !== 'recording';
  return [...some(call), ...(stay ? [stayWords(stay, t)] : []), ...some(said), ...(isAsked ? [t('recording.said.asked', { name: recording.by })] : [])];
}

const some = (words: string | undefined): string[] => (words === undefined ? [] : [words]);

/** In a headset no list of people is at hand: each is said with what they do by voice and hand. */
function whatTheyDo({ name, speaks, handUp }: SomebodyInside, t: T): string {
  const does = [speaks && t('voice.state.speaking'), handUp && t('order.hand')].filter(Boolean);
  return does.length > 0 ? t('inside.does', { name, does: does.join(t('inside.and')) }) : name;
}

/** What a page says of its own. */
function ownLines(state: InsideState, t: T): string[] {
  const { page, hologram, recording } = state;
  const part = state.parts[state.part];
  if (page === 'tools') return [t(state.twin ? `inside.hint.${state.tool}` : `inside.circle.${state.tool as 'turn'}`)];
  if (page === 'move') return [t(state.seeking === 'hologram' ? 'inside.move.seeking' : state.gaze ? 'inside.move.hint.gaze' : 'inside.move.hint')];
  if (page === 'parts') return [part ? t('inside.part', { name: part.label, at: state.part + 1, count: state.parts.length }) : t('parts.none')];
  if (page === 'window') return hologram ? [t('inside.window.at', { centre: hologram.window.centre_hu, width: hologram.window.width_hu })] : [];
  if (page === 'cut') {
    const [clip, cut] = [hologram?.clip, cutOf(hologram?.clip ?? null)];
    return clip && cut ? [t('inside.clip.at', { plane: t(`slice.${cut}`), at: Math.round(placeOfCut(clip)) })] : [];
  }
  if (page === 'crop') {
    const box = hologram?.crop ?? state.box;
    return box ? AXES.map((axis) => t('inside.crop.range', { axis: t(`crop.axis.${axis}`), from: Math.round(box.min_lps_mm[axis]), to: Math.round(box.max_lps_mm[axis]) })) : [];
  }
  if (page === 'shelf') return [t(state.shelf.busy ? 'shelf.taking' : !hasOthers(state) ? 'shelf.none' : hologram ? 'inside.shelf.takes' : 'inside.shelf.brings')];
  if (page === 'colour') return [t('colour.title'), ...state.colours.flatMap(({ by }, at) => (by === undefined ? [] : [`${t(`colour.name.${at as 0}`)}: ${t('colour.taken', { name: by })}`]))];
  if (page === 'figure') return [t('figure.title'), ...(state.hides ? [t('figure.hides')] : [])];
  if (page === 'place') return [t('place.everybodyHint')];
  if (page === 'own') return [...(state.seeking === 'self' ? [t('inside.go.seeking')] : []), ...orderLines(state.ordering, t), ...(state.voice.dictates ? [t('captions.dictateHint')] : [])];
  if (page === 'call') return [t(state.call === undefined ? 'inside.call.none' : 'inside.call.hint')];
  if (page === 'things') return thingLines(state, t);
  if (page === 'pages') return pageLines(state, t);
  if (page === 'object') return objectLines(state, t);
  if (page === 'people' || page === 'appoint' || page === 'appeal' || page === 'why') return peopleLines(state, t);
  if (page === 'recording' && recording.state === 'asked') {
    return [recording.hasAgreed ? t('recording.waitsFor', { names: recording.missing }) : t('recording.asked', { name: recording.by })];
  }
  return [];
}

function buttonsOf(state: InsideState, t: T): PanelButton[] {
  switch (state.page) {
    case 'view':
      return viewButtons(state, t);
    case 'tools':
      return [...state.tools.map((tool) => button(`tool:${tool}`, t(`tool.${tool}`), tool === state.tool)), ...when(state.may.act || state.things.of !== undefined, button('page:things', t('inside.things')))];
    case 'things':
      return thingButtons(state, t);
    case 'pages':
      return pageButtons(state, t);
    case 'parts':
      return partButtons(state, t);
    case 'room':
      return roomButtons(state, t);
    case 'own':
      return ownButtons(state, t);
    case 'move':
      return moveButtons(state, t);
    case 'window':
      return windowButtons(t);
    case 'cut':
      return cutButtons(state, t);
    case 'crop':
      return cropButtons(state, t);
    case 'shelf':
      return shelfButtons(state, t);
    case 'figure':
      return figureButtons(state, t);
    case 'people':
    case 'appoint':
    case 'appeal':
    case 'why':
      return peopleButtons(state, t);
    case 'object':
      return objectButtons(state, t);
    case 'call':
      return [...when(state.call !== undefined, button('call:open', t('reach.open')), button('call:close', t('inside.call.close'))), button('back:room', t('inside.back'))];
    case 'colour':
      return colourButtons(state, t);
    case 'place':
      return placeButtons(state, t);
    case 'recording':
      return recordingButtons(state, t);
  }
}

/** Of those that somebody has: without images those that need none; the pen writes on boards, which are for those who work here. */
export function toolsInside(twin: boolean, works: boolean, has: (tool: Tool) => boolean): readonly Tool[] {
  const there = twin ? TOOLS_INSIDE : GATHERED_TOOLS.filter((tool) => tool !== 'pen' || works);
  return there.filter(has);
}

function viewButtons({ hologram, box }: InsideState, t: T): PanelButton[] {
  return [
    ...WINDOWS_INSIDE.map((window) => button(`window:${window}`, t(`window.${window}`))),
    ...MODES_INSIDE.map((mode) => button(`mode:${mode}`, t(`mode.${mode}`), hologram?.mode === mode)),
    button('page:window', t('inside.window')),
    button('page:move', t('inside.move.title')),
    button('page:cut', t('clip.title'), Boolean(hologram?.clip)),
    ...when(box !== undefined, button('page:crop', t('crop.title'), Boolean(hologram?.crop))),
  ];
}

function partButtons({ hologram, parts, part, may }: InsideState, t: T): PanelButton[] {
  const { name } = parts[part] ?? {};
  const layer = layerOf(hologram, name ?? '');
  return [
    ...when(parts.length > 1, button('part:previous', t('inside.part.previous')), button('part:next', t('inside.part.next'))),
    ...when(
      name !== undefined,
      button('part:shown', t('inside.part.shown'), layer.visible),
      button('part:faded', t('inside.part.faded'), layer.opacity < 1),
      button('part:only', t('parts.only'), hologram?.only === name),
      button('part:within', t('parts.within'), hologram?.within === name),
      button('part:measure', t('parts.measure')),
      button('part:apart', t('inside.apart', { percent: Math.round((hologram?.apart ?? 0) * 100) }), (hologram?.apart ?? 0) > 0),
    ),
    ...when(hologram !== undefined, button('part:lesions', t('layers.lesions'), layerOf(hologram, LESIONS).visible)),
    button('part:all', t('parts.all')),
    ...when(may.work, button('page:shelf', t('shelf.title'))),
  ];
}

function roomButtons(state: InsideState, t: T): PanelButton[] {
  const { may, lead, hologram, locked, recording, twin } = state;
  return [
    button('hand', t(state.handUp ? 'order.lower' : 'order.raise')),
    ...when(state.sanctioned !== undefined, button('page:object', t('inside.object'))),
    ...when(state.waiting !== undefined, button('admit', t('order.admit')), button('refuse', t('order.turnAway'))),
    ...heldButtons(state, t),
    ...when(hologram !== undefined && (locked ? may.unlock : may.act), button('lock', t(locked ? 'lock.unlock' : 'lock.lock'))),
    ...when(may.work, button('lead', t(lead?.isOwn ? 'lead.end' : 'lead.begin'), lead?.isOwn ?? false), button('gather', t('lead.gather'))),
    ...when(may.work && (twin || state.about), button('snap', t('snap.take'))),
    ...when(may.work && state.about && !twin, button('page:shelf', t('shelf.title'))),
    ...when(may.keep && recording.state === 'off', button('record:ask', t('recording.ask'))),
    ...when(may.keep, button('keep:all', t('inside.people'))),
    ...when(state.shown !== undefined, button('pictures', t('inside.shown'), state.shown?.looks ?? false)),
    ...when(state.place !== undefined, button('page:place', t('place.everybody'))),
  ];
}

/** For the host alone, who may have handed that over meanwhile. */
function placeButtons({ place: now }: InsideState, t: T): PanelButton[] {
  const places = now === undefined ? [] : PLACES.map((place) => button(`place:${place}`, t(`room.${place}`), place === now));
  return [...places, button('back:room', t('inside.back'))];
}

/** What can be done about what is in a hand: one's own where somebody asks for it, else another's. */
function heldButtons({ held, may }: InsideState, t: T): PanelButton[] {
  if (!held) return [];
  if (held.asks !== undefined) return [button('hand:give', t('hands.give', { name: held.asks })), button('hand:keep', t('hands.keep', { it: held.it }))];
  if (held.isOwn) return [];
  return [...when(may.act, button(held.hasAsked ? 'hand:asked' : 'hand:ask', t(held.hasAsked ? 'hands.asked' : 'hands.ask', { it: held.it }))), ...when(may.keep, button('hand:take', t('hands.take', { it: held.it })))];
}

/** An order that waits to be confirmed, by a press or a word. */
function askingOf(ordering: InsideState['ordering'], order: string, t: T): Pick<PanelContent, 'lines' | 'buttons'> {
  const canSay = ordering.by !== undefined;
  return {
    lines: [t('orders.heard', { words: ordering.heard }), t('orders.confirm', { order }), ...(canSay && ordering.state !== 'idle' ? [t('orders.answer')] : [])],
    buttons: [button('order:do', t('orders.do')), button('order:drop', t('app.cancel')), ...when(canSay, listenButton(ordering, t))],
  };
}

function listenButton({ state }: InsideState['ordering'], t: T): PanelButton {
  return button('order:listen', t(state === 'idle' ? 'orders.listen' : `orders.${state}`), state === 'listening');
}

/** What became of the order that was said last, and where it goes. */
function orderLines({ by, state, heard, trouble }: InsideState['ordering'], t: T): string[] {
  if (trouble !== undefined) return [trouble];
  if (heard !== '') return [t('orders.unknown', { words: heard })];
  if (state === 'idle' || by === undefined) return [];
  return [t(by === 'hospital' ? 'orders.ofHospital' : 'orders.remote')];
}

/** What changes for oneself alone. In the real room a place is chosen; in a made one, from how high one sees it. */
function ownButtons({ may, mode, standing, surface, around, gaze, gazeTime_s, seeking, voice, ordering, figures, colours }: InsideState, t: T): PanelButton[] {
  return [
    ...when(ordering.by !== undefined, listenButton(ordering, t)),
    button('gaze', t('inside.gaze'), gaze),
    ...when(gaze, button('dwell', t('inside.dwell', { seconds: gazeTime_s }))),
    button('go', t('inside.go'), seeking === 'self'),
    ...turnButtons(t),
    ...when(mode === 'vr', button('height', t('inside.height'), standing)),
    ...when(mode === 'ar' && surface !== 'none', button('surface', t(surface === 'choosing' ? 'inside.surface.stop' : 'inside.surface.choose'))),
    ...when(around?.seen ?? false, button('around', t('around.inside'), around?.looks ?? false)),
    button('other-voice', t('voice.other'), voice.changed),
    ...when(voice.camera !== undefined, button('camera', t(voice.camera === 'on' ? 'voice.cameraOff' : 'voice.cameraOn'))),
    ...when(around !== undefined && (around.isOwn || may.keep), button('end-around', t('around.end'))),
    ...when(voice.state === 'in' && voice.writesDown, button('dictate', t('captions.dictate'), voice.dictates)),
    ...when(colours.length > 0, button('page:colour', t('colour.title'))),
    ...when(figures.length > 0, button('page:figure', t('figure.title'))),
  ];
}

/** One that somebody else wears is not to be had. */
function colourButtons({ colours }: InsideState, t: T): PanelButton[] {
  return [...colours.flatMap(({ colour, chosen, by }, at) => (by === undefined ? [button(`colour:${colour}`, t(`colour.name.${at as 0}`), chosen)] : [])), button('back:own', t('inside.back'))];
}

function figureButtons({ figures }: InsideState, t: T): PanelButton[] {
  return [...figures.map(({ figure, name, chosen }) => button(`figure:${figure}`, t(`figure.${name as 'medical-1'}`), chosen)), button('back:own', t('inside.back'))];
}

/** For whoever has no hand free, or none: looking on presses again. */
function moveButtons({ seeking }: InsideState, t: T): PanelButton[] {
  return [
    ...STEPS.map((step) => ({ ...button(`move:${step}`, t(`inside.move.${step}`)), repeats: true })),
    button('seek', t('inside.move.seek'), seeking === 'hologram'),
    button('back:view', t('inside.back')),
  ];
}

function windowButtons(t: T): PanelButton[] {
  const steps = (['centre', 'width'] as const).flatMap((of) => {
    const { step } = WINDOW_REACH[`${of}_hu`];
    return [button(`${of}:less`, `${t(`window.${of}`)} −${step} HU`), button(`${of}:more`, `${t(`window.${of}`)} +${step} HU`)];
  });
  return [...steps.map((one) => ({ ...one, repeats: true })), button('back:view', t('inside.back'))];
}

function cutButtons({ hologram, tool, tools }: InsideState, t: T): PanelButton[] {
  const cut = cutOf(hologram?.clip ?? null);
  return [
    ...CUTS.map((one) => button(`cut:${one}`, t(`slice.${one}`), one === cut)),
    ...when(cut !== undefined, button('cut:less', `−${STEP_MM} mm`), button('cut:more', `+${STEP_MM} mm`), button('cut:none', t('clip.none'))),
    ...when(tools.includes('clip'), button('tool:clip', t('tool.clip'), tool === 'clip')),
    button('back:view', t('inside.back')),
  ];
}

function cropButtons({ hologram, side }: InsideState, t: T): PanelButton[] {
  const sides = AXES.flatMap((axis) =>
    BOX_SIDES.map((of) => button(`side:${axis}:${of}`, t(of === 'min_lps_mm' ? 'crop.of' : 'crop.to', { axis: t(`crop.axis.${axis}`) }), side.axis === axis && side.of === of)),
  );
  return [
    ...sides,
    button('crop:less', `−${STEP_MM} mm`),
    button('crop:more', `+${STEP_MM} mm`),
    ...when(Boolean(hologram?.crop), button('crop:off', t('inside.crop.off'))),
    button('back:view', t('inside.back')),
  ];
}

/** Whether images lie on the shelf that do not stand here. */
const hasOthers = ({ hologram, shelf }: Pick<InsideState, 'hologram' | 'shelf'>): boolean => shelf.lying.some(({ series }) => series !== hologram?.series);

function shelfButtons({ hologram, shelf, twin }: InsideState, t: T): PanelButton[] {
  const shown = hasOthers({ hologram, shelf }) ? shelf.lying.slice(shelf.from, shelf.from + SHELF_INSIDE) : [];
  return [
    ...shown.map(({ series, words }) => button(`take:${series}`, words, series === hologram?.series)),
    ...when(shelf.lying.length > SHELF_INSIDE, button('shelf:more', t('inside.shelf.more'))),
    button(twin ? 'back:parts' : 'back:room', t('inside.back')),
  ];
}

/** From where the shelf is shown next: it begins again after its end. */
export function shelfAfter(from: number, count: number): number {
  return from + SHELF_INSIDE < count ? from + SHELF_INSIDE : 0;
}

function recordingButtons({ recording, may }: InsideState, t: T): PanelButton[] {
  if (recording.state === 'running') return [button('record:no', t('recording.withdraw')), ...when(may.keep, button('record:stop', t('recording.stop')))];
  return [
    ...when(!recording.hasAgreed, button('record:yes', t('recording.agree'))),
    button('record:no', t('recording.disagree')),
    ...when(may.keep, button('record:stop', t('recording.takeBack'))),
  ];
}

const WRITES: Readonly<Record<WritingInside['as'], readonly [title: Key, place: Key]>> = {
  note: ['note.title', 'note.place'],
  landmark: ['landmark.title', 'landmark.place'],
  board: ['board.write', 'board.add'],
};

/** The words of a note or on a board, or the name of a landmark, by voice; the screen asks for those at a point too. */
function writingOf({ as, draft, listens, by, numbered }: WritingInside, t: T): Pick<PanelContent, 'lines' | 'buttons'> {
  const [title, place] = WRITES[as];
  const listen = t(by === 'captions' ? 'captions.dictate' : 'inside.write.listen');
  const hint = by === undefined ? [t('inside.write.none')] : [t('inside.write.say', { button: listen }), t(by === 'captions' ? 'inside.write.own' : 'orders.remote')];
  return {
    lines: [t(title), draft === '' ? (listens ? t('orders.listening') : '…') : `“${draft}”`, ...hint],
    buttons: [
      ...when(by !== undefined, button('write:listen', listens ? t('orders.listening') : listen, listens)),
      ...when(draft !== '', button('write:place', t(place))),
      ...when(as === 'landmark', button('write:numbered', t('inside.write.numberedDo', { name: numbered }))),
      button('write:cancel', t('app.cancel')),
    ],
  };
}

/** The first press joins the voice, as on the screen; the next ones open and close the microphone. */
function microphone({ voice }: InsideState, t: T): string {
  if (voice.state !== 'in') return t(voice.state === 'joining' ? 'voice.joining' : 'voice.join');
  if (voice.watches) return t('inside.watching');
  if (voice.silenced) return t('voice.silenced');
  return t(voice.open ? 'voice.mute' : 'voice.open');
}
