/** How the hologram is shown to everybody: window, mode, layers, cutting plane, size. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { centreLps, extentMm } from '../../core/frames';
import type { VoxelGrid } from '../../core/frames';
import { CUTS, CUT_AXIS, cutAt, cutOf, movedCut, placeOfCut } from '../../core/hologram-cuts';
import type { Cut } from '../../core/hologram-cuts';
import { LESIONS, SKIN, layerOf } from '../../core/hologram-layers';
import { inLanguage } from '../../core/language';
import { WINDOWS, WINDOW_REACH, windowName } from '../../core/room-control';
import type { RoomControl, WindowName } from '../../core/room-control';
import type { VolumeManifest } from '../../core/volume/manifest';
import type { Hologram, Layer, Mode } from '../../stage/room-view';
import { PartsPanel } from './PartsPanel';
import { Segmented } from '../Segmented';
import { Slider } from './Slider';

/** What the stage draws besides the surfaces of a series. */
const OWN_LAYERS = [
  { name: LESIONS, colour: '#ffc35c' },
  { name: SKIN, colour: '#e9c3a6' },
] as const;
const SMALLEST_SCALE = 0.5;
const LARGEST_SCALE = 4;

interface ViewPanelProps {
  readonly control: RoomControl;
  readonly manifest: VolumeManifest | undefined;
}

export function ViewPanel(props: ViewPanelProps): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.control.hologram()} fallback={<p class="soft small">{app.t('stage.noSeries')}</p>}>
      {(hologram) => (
        <div class="stack view-panel">
          <WindowChoice control={props.control} state={hologram().state} />
          <section class="stack tight">
            <h2 class="legend">{app.t('mode.title')}</h2>
            <Segmented<Mode>
              label={app.t('mode.title')}
              chosen={hologram().state.mode}
              onChoose={(mode) => props.control.change({ mode })}
              options={(['volume', 'both', 'surfaces'] as const).map((value) => ({
                value,
                label: app.t(`mode.${value}`),
              }))}
            />
          </section>
          <section class="stack tight">
            <h2 class="legend">{app.t('layers.title')}</h2>
            <ul class="layers">
              <For each={props.manifest?.surfaces}>
                {(surface) => (
                  <LayerLine
                    control={props.control}
                    state={hologram().state}
                    layer={surface}
                    label={inLanguage(surface.label, app.language())}
                    hint={inLanguage(surface.method, app.language())}
                  />
                )}
              </For>
              <For each={OWN_LAYERS.filter(({ name }) => !props.manifest?.surfaces.some((one) => one.name === name))}>
                {(layer) => (
                  <LayerLine
                    control={props.control}
                    state={hologram().state}
                    layer={layer}
                    label={app.t(`layers.${layer.name}`)}
                  />
                )}
              </For>
            </ul>
          </section>
          <Show when={props.manifest}>
            {(grid) => (
              <>
                <CutChoice control={props.control} state={hologram().state} grid={grid()} />
                <PartsPanel control={props.control} state={hologram().state} manifest={grid()} />
              </>
            )}
          </Show>
          <Slider
            label={app.t('scale.title')}
            min={Math.log2(SMALLEST_SCALE)}
            max={Math.log2(LARGEST_SCALE)}
            step={0.05}
            value={Math.log2(hologram().state.transform.scale)}
            words={`${Math.round(hologram().state.transform.scale * 100)} %`}
            disabled={props.control.locked(hologram().id) !== undefined}
            onChange={(power) =>
              props.control.change({ transform: { ...hologram().state.transform, scale: 2 ** power } })
            }
          />
        </div>
      )}
    </Show>
  );
}

interface PartProps {
  readonly control: RoomControl;
  readonly state: Hologram;
}

function WindowChoice(props: PartProps): JSX.Element {
  const app = useApp();
  const set = (change: Partial<Hologram['window']>): void => {
    props.control.change({ window: { ...props.state.window, ...change } });
  };
  return (
    <section class="stack tight">
      <h2 class="legend">{app.t('window.title')}</h2>
      <Segmented<WindowName>
        label={app.t('window.title')}
        chosen={windowName(props.state.window)}
        onChoose={(name) => set(WINDOWS[name])}
        options={(['lung', 'mediastinum', 'bone', 'angio'] as const).map((value) => ({
          value,
          label: app.t(`window.${value}`),
        }))}
      />
      <Slider
        label={app.t('window.centre')}
        min={WINDOW_REACH.centre_hu.least}
        max={WINDOW_REACH.centre_hu.most}
        step={10}
        value={props.state.window.centre_hu}
        words={`${props.state.window.centre_hu} HU`}
        onChange={(centre_hu) => set({ centre_hu })}
      />
      <Slider
        label={app.t('window.width')}
        min={WINDOW_REACH.width_hu.least}
        max={WINDOW_REACH.width_hu.most}
        step={10}
        value={props.state.window.width_hu}
        words={`${props.state.window.width_hu} HU`}
        onChange={(width_hu) => set({ width_hu })}
      />
    </section>
  );
}

interface LayerLineProps extends PartProps {
  readonly layer: { readonly name: string; readonly colour: string };
  readonly label: string;
  /** How it was made. */
  readonly hint?: string;
}

function LayerLine(props: LayerLineProps): JSX.Element {
  const app = useApp();
  const name = (): string => props.label;
  const layer = (): Layer => layerOf(props.state, props.layer.name);
  const set = (change: Partial<Layer>): void => {
    props.control.change({ layers: { [props.layer.name]: { ...layer(), ...change } } });
  };
  return (
    <li class="layer" title={props.hint}>
      <label>
        <input
          type="checkbox"
          checked={layer().visible}
          onChange={(event) => set({ visible: event.currentTarget.checked })}
        />
        <span class="swatch" style={{ background: props.layer.colour }} aria-hidden="true" />
        {name()}
      </label>
      <Slider
        quiet
        label={app.t('layers.opacity', { name: name() })}
        min={0}
        max={1}
        step={0.05}
        value={layer().opacity}
        words={`${Math.round(layer().opacity * 100)} %`}
        disabled={!layer().visible}
        onChange={(opacity) => set({ opacity })}
      />
    </li>
  );
}

function CutChoice(props: PartProps & { grid: VoxelGrid }): JSX.Element {
  const app = useApp();
  const cut = (): Cut | undefined => cutOf(props.state.clip);
  const range = (): { middle: number; half: number } => {
    const axis = CUT_AXIS[cut() ?? 'axial'];
    // Scans lie nearly along the patient's axes: the box of the grid is wide enough for the slider.
    return { middle: centreLps(props.grid)[axis], half: Math.max(...extentMm(props.grid)) / 2 };
  };
  return (
    <section class="stack tight">
      <h2 class="legend">{app.t('clip.title')}</h2>
      <Segmented<Cut | 'none'>
        label={app.t('clip.title')}
        chosen={cut() ?? 'none'}
        onChoose={(chosen) => props.control.change({ clip: chosen === 'none' ? null : cutAt(chosen, props.state.cursor_lps_mm) })}
        options={(['none', ...CUTS] as const).map((value) => ({
          value,
          label: app.t(value === 'none' ? 'clip.none' : `slice.${value}`),
        }))}
      />
      <Show when={props.state.clip}>
        {(clip) => (
          <Slider
            label={app.t('clip.offset')}
            min={range().middle - range().half}
            max={range().middle + range().half}
            step={1}
            value={placeOfCut(clip())}
            words={`${Math.round(placeOfCut(clip()))} mm`}
            onChange={(offset) => props.control.change({ clip: movedCut(clip(), offset) })}
          />
        )}
      </Show>
    </section>
  );
}
