/** A room as its page sees it: what stands in it, who is here, which tool is in hand, and changes for everybody. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Participant, Place } from '../../contract/room';
import type { RoomClient } from '../room/room-client';
import { viewOf } from '../room/view';
import { standAt } from '../stage/room-view';
import type { Act, AirLine, Annotation, Board, EntityId, Hologram, Landmark, Locked, Measure, NoduleSeed, OnBoard, Page, Placed, RoomView, Stroke } from '../stage/room-view';
import type { Tool, Writing } from '../stage/tools';
import { centreLps, voxelFromLps } from './frames';
import type { Transform, Vec3 } from './frames';
import { cutThrough } from './hologram-cuts';
import type { Cut } from './hologram-cuts';
import { toolsFor } from './room-order';
import type { VolumeManifest } from './volume/manifest';


/** The windows that chest images are read with: centre and width in HU. */
export const WINDOWS = {
  lung: { centre_hu: -600, width_hu: 1500 },
  mediastinum: { centre_hu: 40, width_hu: 400 },
  bone: { centre_hu: 500, width_hu: 2000 },
  angio: { centre_hu: 300, width_hu: 600 },
} as const;

export type WindowName = keyof typeof WINDOWS;

/** How far sliders and steps lead a window, and how far a step does, in HU. */
export const WINDOW_REACH = {
  centre_hu: { least: -1000, most: 1000, step: 20 },
  width_hu: { least: 10, most: 3000, step: 50 },
} as const;

/** Fields of the hologram that the panels change. */
export type HologramChange = Partial<Omit<Hologram, 'type' | 'series'>>;

export interface Mark {
  readonly id: EntityId;
  readonly by: string;
  /** The name of whose it is. */
  readonly author: string;
  readonly entity: Measure | Annotation | Landmark | Stroke;
}

export interface BoardMark {
  readonly id: EntityId;
  readonly by: string;
  readonly author: string;
  readonly entity: OnBoard;
}

export interface BoardShown {
  readonly id: EntityId;
  readonly board: Board;
  readonly marks: readonly BoardMark[];
}

export interface LineShown {
  readonly id: EntityId;
  readonly by: string;
  readonly author: string;
  readonly line: AirLine;
}

export interface PageShown {
  readonly id: EntityId;
  readonly by: string;
  readonly author: string;
  readonly page: Page;
}

/** A place where somebody asks for the nodule. */
export interface Seed {
  readonly id: EntityId;
  readonly by: string;
  readonly author: string;
  readonly at_lps_mm: Vec3;
}

/** A place in the patient, or in the room. */
export type Pointed = { readonly at_lps_mm: Vec3 } | { readonly at_m: Vec3 };

/** Where something is to be written. */
export interface WriteAt {
  readonly point_lps_mm: Vec3;
  readonly as: Writing;
}

/** The stage as its page uses it: it shows changes at once, and knows what it shows before the server does. */
export interface Drawing {
  set(change: HologramChange): void;
  /** The hologram with what has not been answered yet. */
  state(): Hologram | undefined;
}

export interface RoomControl {
  readonly view: RoomView;
  readonly hologram: Accessor<{ readonly id: EntityId; readonly state: Hologram } | undefined>;
  /** Who has locked something, if anybody has. */
  locked(id: EntityId): Locked | undefined;
  /** Has nobody move something, and nobody change its marks where they are locked with it. */
  lock(id: EntityId, marks: boolean): void;
  unlock(id: EntityId): void;
  readonly marks: Accessor<readonly Mark[]>;
  /** The boards, with what is on them. */
  readonly boards: Accessor<readonly BoardShown[]>;
  /** The lines in the air. */
  readonly lines: Accessor<readonly LineShown[]>;
  /** The pages of the client that stand here. */
  readonly pages: Accessor<readonly PageShown[]>;
  /** Places where the nodule is asked for. */
  readonly seeds: Accessor<readonly Seed[]>;
  /** Everybody who has a seat, those with a broken line too. */
  readonly people: Accessor<readonly Participant[]>;
  /** The seat of whoever looks at the page. */
  readonly self: Accessor<number | undefined>;
  /** Which place of the hospital the room is, where that is not its scenario's to say. */
  readonly surroundings: Accessor<Place | undefined>;
  readonly tool: Accessor<Tool>;
  /** Hands changes to the stage, which shows them at once; `undefined` takes them back to the room. */
  drawWith(stage: Drawing | undefined): void;
  /** Whether a stage draws what stands here. */
  readonly isDrawn: Accessor<boolean>;
  /** The stage shows something else than before, by its own keys and tools too. */
  redrawn(): void;
  hasTool(tool: Tool): boolean;
  /** Takes it in hand, where there is such a tool for whoever looks at the page. */
  chooseTool(tool: Tool): void;
  /** Changes the hologram for everybody; shown here at once. */
  change(change: HologramChange): void;
  remove(id: EntityId): void;
  undo(): void;
  /** Moves the point at which the slices meet. */
  lookAt(point_lps_mm: Vec3): void;
  /** Points at a place that is seen beside the stage or without one, or at none any more; others see one's laser end there. */
  pointAt(at: Pointed | undefined): void;
  /** Where one points so now. */
  pointed(): Pointed | undefined;
  /** Does at a point of a slice what the tool in hand is for, and cuts along that slice; what takes several points says that it waits for the next. */
  use(point_lps_mm: Vec3, slice?: Cut): 'first-point' | 'next-point' | undefined;
  /** The points chosen so far of what takes several. */
  begun(): readonly Vec3[];
  /** Gives up the points chosen so far of what takes several; `false` where there are none. */
  giveUp(): boolean;
  /** Asks the server for the length between two points. */
  measure(points_lps_mm: readonly [Vec3, Vec3]): void;
  /** Puts words at a point, for everybody: a note, or the name of a landmark. */
  write(point_lps_mm: Vec3, text: string, as: Writing): void;
  /** Puts a line there, for everybody. */
  draw(points_lps_mm: readonly Vec3[]): void;
  /** Asks the server how much is inside of a surface. */
  measureInside(layer: string): void;
  /** Puts a board or a page there, or something on a board. */
  place(entity: Board | OnBoard | Page): void;
  /** Puts a board or page that stands here somewhere else. */
  moveTo(id: EntityId, transform: Transform): void;
  /** Takes a series from the shelf. */
  take(series: string): void;
  /** Asks for the nodule at a point; everyone is shown what is found there. */
  askForNodule(point_lps_mm: Vec3): void;
  /** Where something is to be written, and what. */
  readonly writeAt: Accessor<WriteAt | undefined>;
  askForWords(at: WriteAt | undefined): void;
}

/** What is put on the hologram that stands here. */
type OnHologram<T> = T extends unknown ? Omit<T, 'hologram'> : never;

/** How long one's own change is shown before the server has answered. */
const ECHO_ms = 1_500;
/** A dragged slider speaks at most this often; the room takes 40 acts a second. */
const SPEAK_EVERY_ms = 80;

/** The window's name, where it has one. */
export function windowName(window: Hologram['window']): WindowName | undefined {
  const names = Object.keys(WINDOWS) as WindowName[];
  return names.find(
    (name) => WINDOWS[name].centre_hu === window.centre_hu && WINDOWS[name].width_hu === window.width_hu,
  );
}

/** The window one step lower or higher, or narrower or wider. */
export function steppedWindow(window: Hologram['window'], of: keyof Hologram['window'], way: 1 | -1): Hologram['window'] {
  const { least, most, step } = WINDOW_REACH[of];
  return { ...window, [of]: Math.min(most, Math.max(least, window[of] + way * step)) };
}

/** Where to look first: at the first lesion, else at the middle; nothing where one looks into the scan already. */
export function firstLook(manifest: VolumeManifest, cursor_lps_mm: Vec3): Vec3 | undefined {
  const voxel = voxelFromLps(manifest, cursor_lps_mm);
  const inside = voxel.every((at, axis) => at >= 0 && at <= (manifest.size[axis] ?? 0) - 1);
  return inside ? undefined : (manifest.lesions[0]?.centre_lps_mm ?? centreLps(manifest));
}

/** Follows a room while the caller lives. */
export function createRoomControl(client: RoomClient, loudness?: (participant: number) => number, view: RoomView = viewOf(client, loudness)): RoomControl {
  const [version, setVersion] = createSignal(0);
  const [chosen, setChosen] = createSignal<Tool>('turn');
  const [writeAt, setWriteAt] = createSignal<WriteAt>();
  const askForWords = (at: WriteAt | undefined): void => void setWriteAt(at);
  const [echo, setEcho] = createSignal<HologramChange>({});
  let unsent: HologramChange | undefined;
  /** The points chosen so far of what takes more than one. */
  const [chosenPoints, setChosenPoints] = createSignal<readonly Vec3[]>([]);
  let begunBy: Tool | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let forget: ReturnType<typeof setTimeout> | undefined;
  let drawing: Drawing | undefined;
  let pointed: Pointed | undefined;
  let spokeAt = Number.NEGATIVE_INFINITY;

  const redrawn = (): void => void setVersion((now) => now + 1);

  onCleanup(view.onChange(redrawn));
  onCleanup(() => {
    clearTimeout(forget);
    if (unsent) speak();
  });

  const placed = createMemo(() => {
    version();
    return [...view.entities()];
  });
  const people = createMemo(() => {
    version();
    return [...client.state.participants.values()];
  });
  const first = (): readonly [EntityId, Hologram] | undefined => {
    for (const [id, { entity }] of placed()) if (entity.type === 'hologram' && !entity.shelved) return [id, entity];
    return undefined;
  };
  const hologram = createMemo(() => {
    const found = first();
    // What is pressed on a slice adds to what was pressed on the stage a moment ago.
    return found && { id: found[0], state: { ...found[1], ...drawing?.state(), ...echo() } };
  });
  /** Whose something is, by the name that they have here, else that they had. */
  const authored = ({ by, name }: Placed): { readonly by: string; readonly author: string } => ({ by, author: people().find(({ actor }) => actor === by)?.name ?? name ?? by });
  const marks = createMemo(() =>
    placed().flatMap(([id, one]): Mark[] => ('hologram' in one.entity && one.entity.type !== 'nodule' && one.entity.hologram === first()?.[0] ? [{ id, ...authored(one), entity: one.entity }] : [])),
  );
  const seeds = createMemo(() =>
    placed().flatMap(([id, one]): Seed[] => (one.entity.type === 'nodule' && one.entity.hologram === first()?.[0] ? [{ id, ...authored(one), at_lps_mm: one.entity.at_lps_mm }] : [])),
  );
  const boards = createMemo(() => {
    const found = placed().flatMap(([id, { entity }]) => (entity.type === 'board' ? [{ id, board: entity }] : []));
    return found.map((one) => ({
      ...one,
      marks: placed().flatMap(([id, mark]): BoardMark[] => ('board' in mark.entity && mark.entity.board === one.id ? [{ id, ...authored(mark), entity: mark.entity }] : [])),
    }));
  });
  const pages = createMemo(() => placed().flatMap(([id, one]): PageShown[] => (one.entity.type === 'page' ? [{ id, ...authored(one), page: one.entity }] : [])));
  const lines = createMemo(() => placed().flatMap(([id, one]): LineShown[] => (one.entity.type === 'line' ? [{ id, ...authored(one), line: one.entity }] : [])));
  const isDrawn = createMemo(() => {
    version();
    return drawing !== undefined;
  });
  const self = createMemo(() => {
    version();
    return client.state.self;
  });
  const surroundings = createMemo(() => {
    version();
    return client.state.place;
  });
  /** Those that are of use to whoever looks at the page; before they are seated nothing is known of them. */
  const hasTool = (one: Tool): boolean => {
    version();
    const own = client.state.participants.get(client.state.self ?? NaN);
    return own === undefined || toolsFor(own).includes(one);
  };
  // Whoever is made an observer puts down what was for those who work here.
  const tool = createMemo((): Tool => (hasTool(chosen()) ? chosen() : 'turn'));

  function speak(): void {
    clearTimeout(timer);
    timer = undefined;
    spokeAt = performance.now();
    const found = first();
    if (found && unsent) view.act({ act: 'set', id: found[0], patch: { type: 'hologram', ...unsent } });
    unsent = undefined;
  }

  function change(what: HologramChange): void {
    if (view.watching) return;
    // A transform is the room's own affair: whoever moves a hologram must hold it.
    if (drawing && !what.transform) return drawing.set(what);
    const layers = what.layers && { layers: { ...hologram()?.state.layers, ...what.layers } };
    setEcho((before) => ({ ...before, ...what, ...layers }));
    clearTimeout(forget);
    forget = setTimeout(() => setEcho({}), ECHO_ms);
    const unsentLayers = what.layers && { layers: { ...unsent?.layers, ...what.layers } };
    unsent = { ...unsent, ...what, ...unsentLayers };
    timer ??= setTimeout(speak, Math.max(0, spokeAt + SPEAK_EVERY_ms - performance.now()));
  }

  function add(entity: OnHologram<Omit<Measure, 'value' | 'unit'> | Annotation | NoduleSeed | Landmark | Stroke>): void {
    const found = first();
    if (found) view.act({ act: 'add', entity: { ...entity, hologram: found[0] } as Extract<Act, { act: 'add' }>['entity'] });
  }

  const begun = (): readonly Vec3[] => (begunBy === tool() ? chosenPoints() : []);

  function measure(points: readonly [Vec3, Vec3]): void {
    setChosenPoints([]);
    add({ type: 'measure', kind: 'length', points_lps_mm: points });
  }

  const askForNodule = (at_lps_mm: Vec3): void => add({ type: 'nodule', at_lps_mm });

  function use(point: Vec3, slice: Cut = 'axial'): 'first-point' | 'next-point' | undefined {
    const hand = tool();
    change({ cursor_lps_mm: point });
    if (hand === 'probe') add({ type: 'measure', kind: 'hu', points_lps_mm: [point] });
    if (hand === 'annotate') askForWords({ point_lps_mm: point, as: 'note' });
    if (hand === 'landmark') askForWords({ point_lps_mm: point, as: 'landmark' });
    if (hand === 'nodule') askForNodule(point);
    if (hand === 'clip') change({ clip: cutThrough(hologram()?.state.clip, slice, point) });
    choose(point, hand);
    const { length } = begun();
    return length === 1 ? 'first-point' : length === 2 ? 'next-point' : undefined;
  }

  function giveUp(): boolean {
    const hadBegun = begun().length > 0;
    setChosenPoints([]);
    return hadBegun;
  }

  /** One more point of what takes several; points begun with another tool are given up. */
  function choose(point: Vec3, hand: Tool): void {
    const wanted = hand === 'measure' ? 2 : hand === 'angle' ? 3 : 0;
    const points = wanted === 0 ? [] : [...begun(), point];
    begunBy = hand;
    const [first, second, third] = points;
    const isWhole = points.length === wanted && first !== undefined && second !== undefined;
    setChosenPoints(isWhole ? [] : points);
    if (!isWhole) return;
    if (third) add({ type: 'measure', kind: 'angle', points_lps_mm: [first, second, third] });
    else measure([first, second]);
  }

  return {
    view,
    hologram,
    locked: (id) => placed().find(([one]) => one === id)?.[1].locked,
    lock: (id, marks) => view.act({ act: 'lock', id, marks }),
    unlock: (id) => view.act({ act: 'unlock', id }),
    marks,
    boards,
    lines,
    pages,
    seeds,
    people,
    self,
    surroundings,
    tool,
    hasTool,
    chooseTool: (one) => {
      if (!hasTool(one)) return;
      // Points that were begun are not found again when their tool is.
      if (one !== chosen()) setChosenPoints([]);
      setChosen(one);
    },
    drawWith: (stage) => {
      drawing = stage;
      redrawn();
    },
    isDrawn,
    redrawn,
    change,
    remove: (id) => view.act({ act: 'remove', id }),
    undo: () => view.act({ act: 'undo' }),
    use,
    begun,
    giveUp,
    measure,
    askForNodule,
    measureInside: (layer) => add({ type: 'measure', kind: 'volume', points_lps_mm: [], layer }),
    place: (entity) => view.act({ act: 'add', entity }),
    moveTo: (id, transform) => {
      const entity = view.entities().get(id)?.entity;
      if (entity && !view.watching) view.act(standAt(id, entity, transform));
    },
    take: (series) => view.act({ act: 'take', series }),
    write: (at_lps_mm, text, as) => add(as === 'note' ? { type: 'annotation', at_lps_mm, text } : { type: 'landmark', at_lps_mm, name: text }),
    draw: (points_lps_mm) => add({ type: 'stroke', points_lps_mm }),
    writeAt,
    askForWords,
    lookAt: (cursor_lps_mm) => change({ cursor_lps_mm }),
    pointAt: (at) => void (pointed = at),
    pointed: () => pointed,
  };
}
