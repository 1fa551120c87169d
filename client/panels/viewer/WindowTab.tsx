/** Windows: the customary ones of CT, those that the pictures carry, and any by hand. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { ViewerControl } from '../../core/viewer-control';
import type { KeyAction } from '../../viewer/tools';
import { CT_PRESETS, PRESET_NAMES } from '../../viewer/window';
import type { GreyWindow } from '../../viewer/window';
import { Slider } from '../room/Slider';

/** The range of the sliders, in HU: air to dense bone. Dragging on the picture has no bounds. */
const CENTRES = [-1000, 2000] as const;
const WIDEST = 4000;

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
  const set = (next: GreyWindow): void => props.control.setWindow(props.control.active(), next);
  const isNow = (one: GreyWindow): boolean => one.centre === window().centre && one.width === window().width;

  return (
    <Show when={!isColour()} fallback={<p class="soft small">{app.t('wpreset.colour')}</p>}>
      <div class="stack">
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
                {one.name === undefined ? app.t('wpreset.own') : app.t('wpreset.ownNamed', { name: one.name })}
              </button>
            )}
          </For>
        </div>
        <Show when={!isHu()}>
          <p class="soft small">{app.t('wpreset.onlyHu')}</p>
        </Show>
        <Slider
          label={app.t('window.centre')}
          min={Math.min(CENTRES[0], Math.floor(window().centre))}
          max={Math.max(CENTRES[1], Math.ceil(window().centre))}
          step={1}
          value={Math.round(window().centre)}
          words={String(Math.round(window().centre))}
          onChange={(centre) => set({ ...window(), centre })}
        />
        <Slider
          label={app.t('window.width')}
          min={1}
          max={Math.max(WIDEST, Math.ceil(window().width))}
          step={1}
          value={Math.round(window().width)}
          words={String(Math.round(window().width))}
          onChange={(width) => set({ ...window(), width })}
        />
      </div>
    </Show>
  );
}
