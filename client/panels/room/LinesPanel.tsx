/** The lines in the air as a list: whose each is, and taking it away. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import { mayTakeAway } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { Icon } from '../Icon';
import { RemoveButton } from '../RemoveButton';

interface LinesPanelProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
}

export function LinesPanel(props: LinesPanelProps): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.control.lines().length > 0}>
      <section class="stack tight" aria-labelledby="lines-title">
        <h2 class="legend" id="lines-title">{app.t('lines.title')}</h2>
        <ul class="marks" data-lines>
          <For each={props.control.lines()}>
            {({ id, by, author, line }) => {
              const what = (): string => app.t('board.line', { name: author });
              return (
                <li>
                  <Icon name="pen" />
                  <span class="mark-words">
                    <strong>{what()}</strong> <span class="soft small">{app.t('marks.strokeOf', { count: line.points_m.length })}</span>
                  </span>
                  <Show when={mayTakeAway(props.order.own(), { by, entity: line }, undefined)}>
                    <RemoveButton what={app.t('marks.removeThis', { what: what() })} onRemove={() => props.control.remove(id)} />
                  </Show>
                </li>
              );
            }}
          </For>
        </ul>
      </section>
    </Show>
  );
}
