/** What of the hologram is shown to everybody: one structure alone or its inside, all moved apart, a box. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { VoxelGrid } from '../../core/frames';
import { AXES, BOX_SIDES, boxOf, movedSide } from '../../core/hologram-cuts';
import type { Axis, BoxSide } from '../../core/hologram-cuts';
import { inLanguage } from '../../core/language';
import type { RoomControl } from '../../core/room-control';
import type { VolumeManifest } from '../../core/volume/manifest';
import type { CropBox, Hologram } from '../../stage/room-view';
import { Field } from '../Field';
import { Slider } from './Slider';

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
        <Show when={(props.state.apart ?? 0) > 0}>
          <p class="soft small">{app.t('parts.apartHint')}</p>
        </Show>
      </Show>
      <Crop control={props.control} state={props.state} grid={props.manifest} />
      <button type="button" class="button small quiet" disabled={isWhole()} onClick={() => props.control.change({ within: null, only: null, crop: null, apart: 0 })}>
        {app.t('parts.all')}
      </button>
    </section>
  );
}

function Crop(props: { control: RoomControl; state: Hologram; grid: VoxelGrid }): JSX.Element {
  const app = useApp();
  const whole = (): CropBox => boxOf(props.grid);
  const box = (): CropBox => props.state.crop ?? whole();
  const move = (side: BoxSide, axis: Axis, value: number): void => props.control.change({ crop: movedSide(box(), side, axis, value) });
  return (
    <fieldset class="choices">
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
            <For each={BOX_SIDES}>
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
