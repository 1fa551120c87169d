/** The tools, by the ARIA toolbar pattern: one stop for Tab, arrows move within. */
import { For, createUniqueId } from 'solid-js';
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

export function ToolBar(props: { control: RoomControl; onHelp(): void }): JSX.Element {
  const app = useApp();
  const hint = createUniqueId();
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
        <For each={TOOLS}>
          {(tool, at) => (
            <button
              type="button"
              class="tool"
              data-tool={tool}
              aria-pressed={props.control.tool() === tool}
              aria-describedby={hint}
              aria-keyshortcuts={String((at() + 1) % 10)}
              tabIndex={props.control.tool() === tool ? 0 : -1}
              onClick={() => props.control.chooseTool(tool)}
            >
              <Icon name={SIGNS[tool]} size={20} />
              <span>{app.t(`tool.${tool}`)}</span>
            </button>
          )}
        </For>
        <button type="button" class="tool" tabIndex={-1} onClick={() => props.control.undo()}>
          <Icon name="undo" size={20} />
          <span>{app.t('tool.undo')}</span>
        </button>
        <button type="button" class="tool" tabIndex={-1} onClick={() => props.onHelp()}>
          <Icon name="help" size={20} />
          <span>{app.t('keys.help.short')}</span>
        </button>
      </div>
      <p id={hint} class="tool-hint">
        {app.t(`tool.hint.${props.control.tool()}`)}
      </p>
    </div>
  );
}
