/** The tools, by the ARIA toolbar pattern: one stop for Tab, arrows move within. */
import { For, Show, createUniqueId } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import { TOOLS } from '../../stage/tools';
import type { Tool } from '../../stage/tools';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';

const SIGNS: Readonly<Record<Tool, IconName>> = {
  turn: 'turn',
  point: 'point',
  measure: 'measure',
  probe: 'hu',
  annotate: 'annotate',
  clip: 'clip',
  nodule: 'nodule',
  angle: 'angle',
  landmark: 'landmark',
  pen: 'pen',
};
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

interface ToolBarProps {
  readonly control: RoomControl;
  /** Those that there are here; left out, all. */
  readonly tools?: readonly Tool[];
  /** The one in hand; left out, as it is chosen. */
  readonly tool?: Tool;
  /** What the tool in hand does here, where it does something else than with images. */
  readonly hint?: string;
  onHelp?(): void;
}

export function ToolBar(props: ToolBarProps): JSX.Element {
  const app = useApp();
  const hint = createUniqueId();
  const chosen = (): Tool => props.tool ?? props.control.tool();
  let bar!: HTMLDivElement;

  const onKey = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...bar.querySelectorAll('button')];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };

  return (
    <div class="tools">
      <div ref={bar} class="tool-bar" role="toolbar" aria-label={app.t('tool.bar')} onKeyDown={onKey}>
        <For each={props.tools ?? TOOLS}>
          {(tool) => (
            <button
              type="button"
              class="tool"
              data-tool={tool}
              aria-pressed={chosen() === tool}
              aria-describedby={hint}
              aria-keyshortcuts={String((TOOLS.indexOf(tool) + 1) % TOOLS.length)}
              tabIndex={chosen() === tool ? 0 : -1}
              onClick={() => props.control.chooseTool(tool)}
            >
              <Icon name={SIGNS[tool]} size={20} />
              <span class="for-listeners">{app.t(`tool.${tool}`)}</span>
            </button>
          )}
        </For>
        <button type="button" class="tool" tabIndex={-1} onClick={() => props.control.undo()}>
          <Icon name="undo" size={20} />
          <span class="for-listeners">{app.t('tool.undo')}</span>
        </button>
        <Show when={props.onHelp}>
          {(help) => (
            <button type="button" class="tool" tabIndex={-1} onClick={() => help()()}>
              <Icon name="help" size={20} />
              <span class="for-listeners">{app.t('keys.help.short')}</span>
            </button>
          )}
        </Show>
      </div>
      <p id={hint} class="tool-hint">
        {props.hint ?? app.t(`tool.hint.${chosen()}`)}
      </p>
    </div>
  );
}
