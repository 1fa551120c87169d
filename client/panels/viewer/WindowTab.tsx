/** Windows: the customary ones of CT, those that the pictures carry, and any by hand. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { ViewerControl } from '../../core/viewer-control';
import type { KeyAction } from '../../viewer/tools';
import { CT_PRESETS, PRESET_NAMES, sameWindow } from '../../viewer/window';
import type { GreyWindow } from '../../viewer/window';
import { Slider } from '../room/Slider';

/** The range of the sliders, in HU: air to dense bone. Dragging on the picture has no bounds. */
const HU_RANGE = [-1000, 3000] as const;

interface WindowTabProps {
  readonly control: ViewerControl;
  onAct(action: KeyAction): void;
}

export function WindowTab(props: WindowTabProps): JSX.Element {
  const app = useApp();
  const window = (): GreyWindow => props.control.windowOf(props.control.active());
  const isHu = (): boolean => {
    const { stack, index } = props.control.activePane();
    return stack?.unitOf(index) === 'HU';
  };
  const isColour = (): boolean => {
    props.control.news();
    const { stack, index } = props.control.activePane();
    const pixels = stack?.pixels(index);
    return pixels !== undefined && pixels.kind !== 'grey';
  };
  const own = (): readonly (GreyWindow & { readonly name: string | undefined })[] => {
    const { stack, index } = props.control.activePane();
    return stack?.windowsOf(index) ?? [];
  };
  const ownWords = ({ name, table }: { name: string | undefined; table?: unknown }): string => {
    const known = name ?? (table === undefined ? undefined : app.t('wpreset.table'));
    return known === undefined ? app.t('wpreset.own') : app.t('wpreset.ownNamed', { name: known });
  };
  const hasDrawings = (): boolean => {
    props.control.news();
    const { stack, index, presentation } = props.control.activePane();
    return presentation !== undefined || (stack?.pixels(index)?.overlays?.length ?? 0) > 0;
  };
  /** The values that the sliders reach: those of CT, else those of the picture. */
  const range = (): readonly [number, number] => {
    props.control.news();
    const { stack, index } = props.control.activePane();
    const pixels = stack?.pixels(index);
    if (isHu() || !stack || pixels?.kind !== 'grey') return HU_RANGE;
    const { slope, intercept } = stack.rescaleOf(index);
    const ends = [pixels.least, pixels.most].map((value) => value * slope + intercept);
    return [Math.floor(Math.min(...ends)), Math.ceil(Math.max(...ends))];
  };
  const set = (next: GreyWindow): void => props.control.setWindow(props.control.active(), next);
  const isNow = (one: GreyWindow): boolean => sameWindow(one, window());
  /** Sliders have no table: what they set is a window. */
  const line = (): GreyWindow => {
    const { table: _, ...rest } = window();
    return rest;
  };

  return (
    <div class="stack">
      <Show when={hasDrawings()}>
        <label class="row small">
          <input type="checkbox" checked={props.control.drawings()} aria-keyshortcuts="d" onChange={(event) => props.control.setDrawings(event.currentTarget.checked)} />
          {app.t('viewer.drawings')}
        </label>
      </Show>
      <Show when={!isColour()} fallback={<p class="soft small">{app.t('wpreset.colour')}</p>}>
        <h2 class="series-heading">{app.t('wpreset.title')}</h2>
        <div class="preset-grid">
          <For each={PRESET_NAMES}>
            {(name, at) => (
              <button type="button" class="button small" disabled={!isHu()} aria-pressed={isHu() && isNow(CT_PRESETS[name])} aria-keyshortcuts={String(at() + 1)} onClick={() => set(CT_PRESETS[name])}>
                {app.t(`wpreset.${name}`)}
              </button>
            )}
          </For>
          <button type="button" class="button small" aria-keyshortcuts="6" onClick={() => props.onAct({ command: 'preset-auto' })}>
            {app.t('wpreset.auto')}
          </button>
          <Show when={own().length === 0}>
            <button type="button" class="button small" aria-keyshortcuts="0" onClick={() => props.onAct({ command: 'preset-own' })}>
              {app.t('wpreset.own')}
            </button>
          </Show>
          <For each={own()}>
            {(one) => (
              <button type="button" class="button small" aria-pressed={isNow(one)} onClick={() => set(one)}>
                {ownWords(one)}
              </button>
            )}
          </For>
        </div>
        <Show when={!isHu()}>
          <p class="soft small">{app.t('wpreset.onlyHu')}</p>
        </Show>
        <Slider
          label={app.t('window.centre')}
          min={Math.min(range()[0], Math.floor(window().centre))}
          max={Math.max(range()[1], Math.ceil(window().centre))}
          step={1}
          value={Math.round(window().centre)}
          words={String(Math.round(window().centre))}
          onChange={(centre) => set({ ...line(), centre })}
        />
        <Slider
          label={app.t('window.width')}
          min={1}
          max={Math.max(range()[1] - range()[0], Math.ceil(window().width))}
          step={1}
          value={Math.round(window().width)}
          words={String(Math.round(window().width))}
          onChange={(width) => set({ ...line(), width })}
        />
      </Show>
    </div>
  );
}
