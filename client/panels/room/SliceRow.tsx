/** The three slices, linked at one point; they work without a graphics card. */
import { For, createEffect, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { LESIONS, layerOf } from '../../core/hologram-layers';
import type { RoomControl } from '../../core/room-control';
import { slicesShown } from '../../core/room-snapshot';
import type { Take } from '../../core/room-snapshot';
import { lasersAt } from '../../core/room-lasers';
import type { Laser } from '../../core/room-lasers';
import type { VolumeStore } from '../../core/volume/store';
import type { Proposal } from '../../stage/proposals';
import { marksOn } from '../../stage/room-view';
import type { Slice } from '../../stage/slice';
import type { SliceAxis } from '../../stage/slice-geometry';
import { pictureOf } from '../../stage/slice-picture';
import { toolOfKey } from '../../stage/tools';
import type { Tool } from '../../stage/tools';

/** Others' lasers are followed this often. */
const FOLLOW_EVERY_ms = 100;

const PLANES: readonly SliceAxis[] = ['axial', 'coronal', 'sagittal'];

interface SliceRowProps {
  readonly control: RoomControl;
  readonly store: VolumeStore | undefined;
  readonly nodules: readonly Proposal[];
  /** Those that keys choose; left out, none. */
  readonly tools?: readonly Tool[];
  /** Hands over how a picture of the slices is taken, while they are shown. */
  onTake?(take: Take | undefined): void;
}

export function SliceRow(props: SliceRowProps): JSX.Element {
  const app = useApp();
  const onKey = (event: KeyboardEvent): void => {
    const tool = event.ctrlKey || event.metaKey || event.altKey ? undefined : toolOfKey(event.key);
    if (!tool || !props.tools?.includes(tool)) return;
    event.preventDefault();
    props.control.chooseTool(tool);
  };
  const [lasers, setLasers] = createSignal<readonly Laser[]>([], { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  const following = setInterval(() => {
    const [hologram, store] = [props.control.hologram(), props.store];
    setLasers(hologram && store ? lasersAt(props.control.view, hologram, store.manifest, performance.now()) : []);
  }, FOLLOW_EVERY_ms);
  onCleanup(() => clearInterval(following));
  const shown = new Map<SliceAxis, Slice>();
  const take: Take = (title) => {
    const slices = PLANES.flatMap((plane) => shown.get(plane) ?? []);
    const hologram = props.control.hologram();
    if (!hologram) return undefined;
    const { names, where } = slicesShown(slices.map(({ description }) => description), hologram.state, app.t);
    return { of: 'slices', title: [...names, title].join(' · '), png: pictureOf(slices.map((slice, i) => ({ slice, name: names[i] ?? '' })), where) };
  };
  const onSlice = (plane: SliceAxis, slice: Slice | undefined): void => {
    if (slice) shown.set(plane, slice);
    else shown.delete(plane);
    // One has one laser: it is on the slice on which one points last.
    slice?.events.on('point', (at) => {
      if (at) for (const other of shown.values()) if (other !== slice) other.putOut();
    });
    props.onTake?.(shown.size === PLANES.length ? take : undefined);
  };
  return (
    <div class="slices" onKeyDown={onKey}>
      <For each={PLANES}>{(plane) => <SliceHost plane={plane} lasers={lasers()} onSlice={onSlice} {...props} />}</For>
    </div>
  );
}

interface SliceHostProps extends SliceRowProps {
  readonly plane: SliceAxis;
  readonly lasers: readonly Laser[];
  onSlice(plane: SliceAxis, slice: Slice | undefined): void;
}

function SliceHost(props: SliceHostProps): JSX.Element {
  const app = useApp();
  const [slice, setSlice] = createSignal<Slice>();
  const [place, setPlace] = createSignal('');
  let canvas!: HTMLCanvasElement;

  createEffect(() => {
    const store = props.store;
    if (!store) return;
    let alive = true;
    let mine: Slice | undefined;
    void import('../../stage/slice').then(({ createSlice }) => {
      if (!alive) return;
      mine = createSlice(canvas, props.plane, store);
      mine.events.on('cursor', (point) => props.control.lookAt(point));
      mine.events.on('point', (point) => props.control.pointAt(point && { at_lps_mm: point }));
      mine.events.on('use', (point) => {
        const step = props.control.use(point, props.plane);
        if (step) app.announce(app.t(`step.${step}`));
      });
      mine.events.on('length', (points) => props.control.measure(points));
      mine.events.on('line', (points) => {
        props.control.draw(points);
        app.announce(app.t('step.placed', { words: app.t('replay.what.line') }));
      });
      mine.events.on('line-point', () => app.announce(app.t('step.line-point')));
      mine.events.on('cancel', (hasBegun) => {
        // As on the stage: with the plane in hand it takes the cut back.
        if (!hasBegun && props.control.tool() === 'clip') props.control.change({ clip: null });
        if (props.control.giveUp() || hasBegun) app.announce(app.t('step.cancelled'));
      });
      setSlice(mine);
      props.onSlice(props.plane, mine);
    });
    onCleanup(() => {
      alive = false;
      setSlice(undefined);
      props.onSlice(props.plane, undefined);
      mine?.dispose();
    });
  });
  createEffect(() => {
    const shown = slice();
    const hologram = props.control.hologram();
    if (!shown || !hologram) return;
    props.control.marks();
    const { id, state } = hologram;
    const { cursor_lps_mm, window } = state;
    const marks = marksOn(props.control.view, id);
    shown.set({ cursor_lps_mm, window, tool: props.control.tool(), marks, showLesions: layerOf(state, LESIONS).visible, nodules: props.nodules, hologram: state, alone: !props.control.isDrawn(), lasers: props.lasers, begun: props.control.begun(), language: app.language() });
    setPlace(`${shown.description.slice} / ${shown.description.of}`);
  });

  return (
    <figure class="slice">
      <figcaption aria-hidden="true">{app.t(`slice.${props.plane}`)}</figcaption>
      <canvas
        ref={canvas}
        class="slice-canvas"
        data-plane={props.plane}
        tabIndex={0}
        role="application"
        aria-label={`${app.t('slice.of', { plane: app.t(`slice.${props.plane}`) })} ${place()}`}
      />
    </figure>
  );
}
