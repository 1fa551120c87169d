/** A room as its page sees it: what stands in it, who is here, which tool is in hand, and changes for everybody. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Participant } from '../../contract/room';
import type { RoomClient } from '../room/room-client';
import { viewOf } from '../room/view';
import type { Annotation, EntityId, Hologram, Measure, NoduleSeed, RoomView } from '../stage/room-view';
import type { Tool } from '../stage/tools';
import { centreLps, voxelFromLps } from './frames';
import type { Vec3 } from './frames';
import type { VolumeManifest } from './volume/manifest';


/** The windows that chest images are read with: centre and width in HU. */
export const WINDOWS = {
  lung: { centre_hu: -600, width_hu: 1500 },
  mediastinum: { centre_hu: 40, width_hu: 400 },
  bone: { centre_hu: 500, width_hu: 2000 },
  angio: { centre_hu: 300, width_hu: 600 },
} as const;

export type WindowName = keyof typeof WINDOWS;

/** Fields of the hologram that the panels change. */
export type HologramChange = Partial<Omit<Hologram, 'type' | 'series'>>;

export interface Mark {
  readonly id: EntityId;
  readonly by: string;
  readonly entity: Measure | Annotation;
}

/** A place where somebody asks for the nodule. */
export interface Seed {
  readonly id: EntityId;
  readonly by: string;
  readonly at_lps_mm: Vec3;
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
  readonly marks: Accessor<readonly Mark[]>;
  /** Places where the nodule is asked for. */
  readonly seeds: Accessor<readonly Seed[]>;
  /** Everybody who has a seat, those with a broken line too. */
  readonly people: Accessor<readonly Participant[]>;
  /** The seat of whoever looks at the page. */
  readonly self: Accessor<number | undefined>;
  readonly tool: Accessor<Tool>;
  /** Hands changes to the stage, which shows them at once; `undefined` takes them back to the room. */
  drawWith(stage: Drawing | undefined): void;
  /** The stage shows something else than before, by its own keys and tools too. */
  redrawn(): void;
  chooseTool(tool: Tool): void;
  /** Changes the hologram for everybody; shown here at once. */
  change(change: HologramChange): void;
  remove(id: EntityId): void;
  undo(): void;
  /** Moves the point at which the slices meet. */
  lookAt(point_lps_mm: Vec3): void;
  /** Does at a point of a slice what the tool in hand is for; a length's first point waits for its second. */
  use(point_lps_mm: Vec3): 'first-point' | undefined;
  /** Asks the server for the length between two points. */
  measure(points_lps_mm: readonly [Vec3, Vec3]): void;
  annotate(point_lps_mm: Vec3, text: string): void;
  /** Asks for the nodule at a point; everyone is shown what is found there. */
  askForNodule(point_lps_mm: Vec3): void;
  /** Where a note is to be written. */
  readonly noteAt: Accessor<Vec3 | undefined>;
  askForNote(point_lps_mm: Vec3 | undefined): void;
}

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

/** Where to look first: at the first lesion, else at the middle; nothing where one looks into the scan already. */
export function firstLook(manifest: VolumeManifest, cursor_lps_mm: Vec3): Vec3 | undefined {
  const voxel = voxelFromLps(manifest, cursor_lps_mm);
  const inside = voxel.every((at, axis) => at >= 0 && at <= (manifest.size[axis] ?? 0) - 1);
  return inside ? undefined : (manifest.lesions[0]?.centre_lps_mm ?? centreLps(manifest));
}

/** Follows a room while the caller lives. */
export function createRoomControl(client: RoomClient, loudness?: (participant: number) => number, view: RoomView = viewOf(client, loudness)): RoomControl {
  const [version, setVersion] = createSignal(0);
  const [tool, chooseTool] = createSignal<Tool>('turn');
  const [noteAt, setNoteAt] = createSignal<Vec3>();
  const askForNote = (point: Vec3 | undefined): void => void setNoteAt(point);
  const [echo, setEcho] = createSignal<HologramChange>({});
  let unsent: HologramChange | undefined;
  let firstPoint: Vec3 | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let forget: ReturnType<typeof setTimeout> | undefined;
  let drawing: Drawing | undefined;
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
  const first = (): readonly [EntityId, Hologram] | undefined => {
    for (const [id, { entity }] of placed()) if (entity.type === 'hologram') return [id, entity];
    return undefined;
  };
  const hologram = createMemo(() => {
    const found = first();
    // What is pressed on a slice adds to what was pressed on the stage a moment ago.
    return found && { id: found[0], state: { ...found[1], ...drawing?.state(), ...echo() } };
  });
  const marks = createMemo(() =>
    placed().flatMap(([id, { by, entity }]): Mark[] => (entity.type === 'hologram' || entity.type === 'nodule' ? [] : [{ id, by, entity }])),
  );
  const seeds = createMemo(() =>
    placed().flatMap(([id, { by, entity }]): Seed[] => (entity.type === 'nodule' ? [{ id, by, at_lps_mm: entity.at_lps_mm }] : [])),
  );
  const people = createMemo(() => {
    version();
    return [...client.state.participants.values()];
  });
  const self = createMemo(() => {
    version();
    return client.state.self;
  });

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

  function add(entity: Omit<Measure, 'value' | 'unit' | 'hologram'> | Omit<Annotation, 'hologram'> | Omit<NoduleSeed, 'hologram'>): void {
    const found = first();
    if (found) view.act({ act: 'add', entity: { ...entity, hologram: found[0] } });
  }

  function measure(points: readonly [Vec3, Vec3]): void {
    firstPoint = undefined;
    add({ type: 'measure', kind: 'length', points_lps_mm: points });
  }

  const askForNodule = (at_lps_mm: Vec3): void => add({ type: 'nodule', at_lps_mm });

  function use(point: Vec3): 'first-point' | undefined {
    const hand = tool();
    change({ cursor_lps_mm: point });
    if (hand === 'probe') add({ type: 'measure', kind: 'hu', points_lps_mm: [point] });
    if (hand === 'annotate') askForNote(point);
    if (hand === 'nodule') askForNodule(point);
    if (hand !== 'measure') firstPoint = undefined;
    else if (firstPoint) measure([firstPoint, point]);
    else firstPoint = point;
    return firstPoint ? 'first-point' : undefined;
  }

  return {
    view,
    hologram,
    marks,
    seeds,
    people,
    self,
    tool,
    chooseTool,
    drawWith: (stage) => {
      drawing = stage;
      redrawn();
    },
    redrawn,
    change,
    remove: (id) => view.act({ act: 'remove', id }),
    undo: () => view.act({ act: 'undo' }),
    use,
    measure,
    askForNodule,
    annotate: (at_lps_mm, text) => add({ type: 'annotation', at_lps_mm, text }),
    noteAt,
    askForNote,
    lookAt: (cursor_lps_mm) => change({ cursor_lps_mm }),
  };
}
