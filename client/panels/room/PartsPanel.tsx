/** What of the hologram is shown to everybody: one structure alone or its inside, all moved apart, a box. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { lpsFromVoxel } from '../../core/frames';
import type { Vec3, VoxelGrid } from '../../core/frames';
import { inLanguage } from '../../core/language';
import type { RoomControl } from '../../core/room-control';
import type { VolumeManifest } from '../../core/volume/manifest';
import type { CropBox, Hologram } from '../../stage/room-view';
import { Field } from '../Field';
import { Slider } from './Slider';

/** The server takes no box with a shorter side. */
const SHORTEST_SIDE_MM = 5;
const AXES = [0, 1, 2] as const;

interface PartsPanelProps {
  readonly control: RoomControl;
  readonly state: Hologram;
  readonly manifest: VolumeManifest;
}

export function PartsPanel(props: PartsPanelProps): JSX.Element {
  const app = useApp();
  const [chosen, setChosen] = createSignal('');
  const surfaces = (): VolumeManifest['surfaces'] => props.manifest.surfaces;
  const part = (): string => (surfaces().some(({ name }) => name === chosen()) ? chosen() : (surfaces()[0]?.name ?? ''));
  const toggle = (field: 'within' | 'only'): void => props.control.change({ [field]: props.state[field] === part() ? null : part() });
  const isWhole = (): boolean => !props.state.within && !props.state.only && !props.state.crop && (props.state.apart ?? 0) === 0;
  return (
    <section class="stack tight">
      <h2 class="legend">{app.t('parts.title')}</h2>
      <Show when={surfaces().length > 0} fallback={<p class="soft small">{app.t('parts.none')}</p>}>
        <Field label={app.t('parts.choose')}>
          {(control) => (
            <select {...control} class="input" value={part()} onChange={(event) => setChosen(event.currentTarget.value)}>
              <For each={surfaces()}>{(surface) => <option value={surface.name}>{inLanguage(surface.label, app.language())}</option>}</For>
            </select>
          )}
        </Field>
        <div class="row" role="group" aria-label={app.t('parts.title')}>
          <button type="button" class="button small" aria-pressed={props.state.within === part()} onClick={() => toggle('within')}>
            {app.t('parts.within')}
          </button>
          <button type="button" class="button small" aria-pressed={props.state.only === part()} onClick={() => toggle('only')}>
            {app.t('parts.only')}
          </button>
          <button type="button" class="button small" onClick={() => props.control.measureInside(part())}>
            {app.t('parts.measure')}
          </button>
        </div>
        <Slider
          label={app.t('parts.apart')}
          min={0}
          max={1}
          step={0.05}
          value={props.state.apart ?? 0}
          words={`${Math.round((props.state.apart ?? 0) * 100)} %`}
          onChange={(apart) => props.control.change({ apart })}
        />
      </Show>
      <Crop control={props.control} state={props.state} grid={props.manifest} />
      <button type="button" class="button small quiet" disabled={isWhole()} onClick={() => props.control.change({ within: null, only: null, crop: null, apart: 0 })}>
        {app.t('parts.all')}
      </button>
    </section>
  );
}

/** The box of a scan along the patient's axes, in whole millimetres that lie inside. */
export function boxOf(grid: VoxelGrid): CropBox {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    lpsFromVoxel(grid, AXES.map((axis) => (((corner >> axis) & 1) === 1 ? (grid.size[axis] ?? 1) - 1 : 0)) as unknown as Vec3),
  );
  const along = (least: boolean): Vec3 =>
    AXES.map((axis) => {
      const all = corners.map((corner) => corner[axis]);
      return least ? Math.ceil(Math.min(...all)) : Math.floor(Math.max(...all));
    }) as unknown as Vec3;
  return { min_lps_mm: along(true), max_lps_mm: along(false) };
}

function Crop(props: { control: RoomControl; state: Hologram; grid: VoxelGrid }): JSX.Element {
  const app = useApp();
  const whole = (): CropBox => boxOf(props.grid);
  const box = (): CropBox => props.state.crop ?? whole();
  const move = (side: 'min_lps_mm' | 'max_lps_mm', axis: 0 | 1 | 2, value: number): void => {
    const { min_lps_mm: min, max_lps_mm: max } = box();
    const bound = side === 'min_lps_mm' ? Math.min(value, max[axis] - SHORTEST_SIDE_MM) : Math.max(value, min[axis] + SHORTEST_SIDE_MM);
    const moved = box()[side].map((old, i) => (i === axis ? bound : old)) as unknown as Vec3;
    props.control.change({ crop: { ...box(), [side]: moved } });
  };
  return (
    <fieldset class="stack tight">
      <legend class="for-listeners">{app.t('crop.title')}</legend>
      <label>
        <input
          type="checkbox"
          data-crop
          checked={Boolean(props.state.crop)}
          onChange={(event) => props.control.change({ crop: event.currentTarget.checked ? whole() : null })}
        />{' '}
        {app.t('crop.on')}
      </label>
      <Show when={props.state.crop}>
        <For each={AXES}>
          {(axis) => (
            <For each={['min_lps_mm', 'max_lps_mm'] as const}>
              {(side) => (
                <Slider
                  label={app.t(side === 'min_lps_mm' ? 'crop.of' : 'crop.to', { axis: app.t(`crop.axis.${axis}`) })}
                  min={whole().min_lps_mm[axis]}
                  max={whole().max_lps_mm[axis]}
                  step={1}
                  value={box()[side][axis]}
                  words={`${Math.round(box()[side][axis])} mm`}
                  onChange={(value) => move(side, axis, value)}
                />
              )}
            </For>
          )}
        </For>
      </Show>
    </fieldset>
  );
}
