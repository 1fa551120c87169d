/** A room as its page sees it: what stands in it, who is here, which tool is in hand, and changes for everybody. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Annotation, EntityId, Hologram, Measure, Participant, RoomView } from '../stage/room-view';
import type { Vec3 } from './frames';

/** What a click or a drag on the images means. */
export type Tool = 'turn' | 'point' | 'measure' | 'hu' | 'annotate';

/** The tools in the order of the bar, each with its key. */
export const TOOLS: readonly { readonly name: Tool; readonly key: string }[] = [
  { name: 'turn', key: 't' },
  { name: 'point', key: 'p' },
  { name: 'measure', key: 'm' },
  { name: 'hu', key: 'h' },
  { name: 'annotate', key: 'n' },
];

/** The windows that chest images are read with: centre and width in HU. */
export const WINDOWS = {
  lung: { centre_hu: -600, width_hu: 1500 },
  mediastinum: { centre_hu: 40, width_hu: 400 },
  bone: { centre_hu: 450, width_hu: 1500 },
} as const;

export type WindowName = keyof typeof WINDOWS;

/** Fields of the hologram that the panels change. */
export type HologramChange = Partial<Omit<Hologram, 'type' | 'series'>>;

export interface Mark {
  readonly id: EntityId;
  readonly by: string;
  readonly entity: Measure | Annotation;
}

export interface RoomControl {
  readonly view: RoomView;
  readonly hologram: Accessor<{ readonly id: EntityId; readonly state: Hologram } | undefined>;
  readonly marks: Accessor<readonly Mark[]>;
  readonly people: Accessor<readonly Participant[]>;
  readonly tool: Accessor<Tool>;
  chooseTool(tool: Tool): void;
  /** Changes the hologram for everybody; shown here at once. */
  change(change: HologramChange): void;
  remove(id: EntityId): void;
  undo(): void;
  /** Moves the point at which the slices meet. */
  lookAt(point_lps_mm: Vec3): void;
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

export function createRoomControl(view: RoomView): RoomControl {
  const [version, setVersion] = createSignal(0);
  const [tool, chooseTool] = createSignal<Tool>('turn');
  const [echo, setEcho] = createSignal<HologramChange>({});
  let unsent: HologramChange | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let forget: ReturnType<typeof setTimeout> | undefined;
  let spokeAt = Number.NEGATIVE_INFINITY;

  onCleanup(view.onChange(() => setVersion((now) => now + 1)));
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
    return found && { id: found[0], state: { ...found[1], ...echo() } };
  });
  const marks = createMemo(() =>
    placed().flatMap(([id, { by, entity }]): Mark[] => (entity.type === 'hologram' ? [] : [{ id, by, entity }])),
  );
  const people = createMemo(() => {
    version();
    return [...view.participants()];
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
    const layers = what.layers && { layers: { ...hologram()?.state.layers, ...what.layers } };
    setEcho((before) => ({ ...before, ...what, ...layers }));
    clearTimeout(forget);
    forget = setTimeout(() => setEcho({}), ECHO_ms);
    const unsentLayers = what.layers && { layers: { ...unsent?.layers, ...what.layers } };
    unsent = { ...unsent, ...what, ...unsentLayers };
    timer ??= setTimeout(speak, Math.max(0, spokeAt + SPEAK_EVERY_ms - performance.now()));
  }

  return {
    view,
    hologram,
    marks,
    people,
    tool,
    chooseTool,
    change,
    remove: (id) => view.act({ act: 'remove', id }),
    undo: () => view.act({ act: 'undo' }),
    lookAt: (cursor_lps_mm) => change({ cursor_lps_mm }),
  };
}
