/** The tools of the hand and what can be done to the picture; arrows move within, Tab moves past. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { PANES_IN } from '../../core/viewer-control';
import type { Layout, ViewerControl } from '../../core/viewer-control';
import { VIEWER_KEYS, VIEWER_TOOLS, isBrush } from '../../viewer/tools';
import type { Command, KeyAction, Tool } from '../../viewer/tools';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import type { Cine } from './cine';
import type { KeyImages } from './key-images';
import type { NoduleHand } from './nodule-hand';

const SIGNS: Readonly<Record<Tool, IconName>> = {
  scroll: 'scroll',
  window: 'contrast',
  pan: 'pan',
  zoom: 'zoom',
  cross: 'cross',
  length: 'measure',
  angle: 'angle',
  rectangle: 'rectangle',
  ellipse: 'ellipse',
  probe: 'hu',
  text: 'text',
  nodule: 'nodule',
  brush: 'brush',
  eraser: 'eraser',
};
const ACTIONS = [
  ['fit', 'expand'],
  ['turn', 'turn'],
  ['mirror-across', 'mirror'],
  ['mirror-down', 'flip'],
  ['invert', 'invert'],
  ['undo', 'undo'],
] as const satisfies readonly (readonly [Command, IconName])[];
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const MOST_FPS = 60;

/** The key of a tool or command, for those who want to learn it. */
function keyOf(wanted: string): string | undefined {
  return Object.entries(VIEWER_KEYS).find(([, action]) => ('tool' in action ? action.tool : action.command) === wanted)?.[0];
}

interface ViewerToolBarProps {
  readonly control: ViewerControl;
  readonly cine: Cine;
  readonly keyImages: KeyImages;
  readonly nodules: NoduleHand;
  onAct(action: KeyAction): void;
}

export function ViewerToolBar(props: ViewerToolBarProps): JSX.Element {
  const app = useApp();
  let bar!: HTMLDivElement;
  const onKey = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...bar.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  /** Tools that could do nothing here are left out. */
  const isOfUse = (tool: Tool): boolean => {
    if (tool === 'cross') return props.control.layout() === 'mpr';
    if (tool === 'nodule') return props.nodules.isPossible();
    // The brush lies with the nodule that it changes: a bar that grows would move the picture.
    return !isBrush(tool);
  };
  const tools = (): readonly Tool[] => VIEWER_TOOLS.filter(isOfUse);
  const pictures = (): number => props.control.activePane().stack?.planes.length ?? 0;

  return (
    <div class="viewer-tools">
      <div ref={bar} class="tool-bar" role="toolbar" aria-label={app.t('viewer.tools')} onKeyDown={onKey}>
        <For each={tools()}>
          {(tool) => (
            <button
              type="button"
              class="tool"
              data-tool={tool}
              aria-pressed={props.control.tool() === tool}
              aria-keyshortcuts={keyOf(tool)}
              title={`${app.t(`vtool.${tool}`)} (${keyOf(tool)?.toUpperCase() ?? ''})`}
              tabIndex={props.control.tool() === tool ? 0 : -1}
              onClick={() => props.onAct({ tool })}
            >
              <Icon name={SIGNS[tool]} size={20} />
              <span class="for-listeners">{app.t(`vtool.${tool}`)}</span>
            </button>
          )}
        </For>
        <For each={ACTIONS}>
          {([command, icon]) => (
            <button
              type="button"
              class="tool"
              tabIndex={-1}
              aria-keyshortcuts={command === 'undo' ? 'Control+Z' : keyOf(command)}
              disabled={command === 'undo' && !props.control.marks.canUndo() && !props.nodules.work.canUndo()}
              onClick={() => props.onAct({ command })}
            >
              <Icon name={icon} size={20} />
              <span class="for-listeners">{app.t(`vaction.${command}`)}</span>
            </button>
          )}
        </For>
        <button
          type="button"
          class="tool"
          tabIndex={-1}
          aria-keyshortcuts="k"
          aria-pressed={props.keyImages.has(props.control.activePane())}
          disabled={pictures() === 0 || props.control.layout() === 'mpr'}
          onClick={() => props.onAct({ command: 'key-image' })}
        >
          <Icon name="key" size={20} />
          <span class="for-listeners">{app.t('vaction.key-image')}</span>
        </button>
      </div>
      <div class="viewer-settings">
        <label class="viewer-layout">
          <span class="for-listeners">{app.t('viewer.layout')}</span>
          <select class="input small" value={props.control.layout()} onChange={(event) => props.control.setLayout(event.currentTarget.value as Layout)}>
            <For each={Object.keys(PANES_IN) as Layout[]}>
              {(layout) => <option value={layout} selected={layout === props.control.layout()}>{app.t(`layout.${layout}`)}</option>}
            </For>
          </select>
        </label>
        <Show when={pictures() > 1}>
          <button type="button" class="button small" aria-keyshortcuts="c" title={app.t(props.cine.playing() ? 'vaction.stop' : 'vaction.cine')} aria-pressed={props.cine.playing()} onClick={() => props.cine.toggle()}>
            <Icon name={props.cine.playing() ? 'pause' : 'play'} size={16} />
            <span class="button-words">{app.t(props.cine.playing() ? 'vaction.stop' : 'vaction.cine')}</span>
          </button>
          <label class="viewer-fps">
            <span class="for-listeners">{app.t('viewer.fps')}</span>
            <input
              type="number"
              class="input small"
              min={1}
              max={MOST_FPS}
              value={props.cine.fps()}
              onChange={(event) => props.cine.setFps(Math.min(MOST_FPS, Math.max(1, Math.round(event.currentTarget.valueAsNumber || 1))))}
            />
          </label>
        </Show>
      </div>
    </div>
  );
}
