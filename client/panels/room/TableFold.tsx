/** The table from above as a fold of the panel: where people are around the images and the lines in the air, for whoever sees those in slices. */
import { Show, createSignal, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import { TableFromAbove } from './TableFromAbove';

interface TableFoldProps {
  readonly control: RoomControl;
  /** Whether one works with what stands here. */
  readonly works: boolean;
  /** Whether it is unfolded first. */
  readonly open: boolean;
}

export function TableFold(props: TableFoldProps): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal(untrack(() => props.open));
  return (
    <details class="table-fold" open={open()} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{app.t('above.title')}</summary>
      <Show when={open()}>
        <Show when={!props.control.view.watching}>
          <p class="soft small">{app.t(props.works ? 'above.draw' : 'above.point')}</p>
        </Show>
        <div>
          <TableFromAbove control={props.control} works={props.works} />
        </div>
      </Show>
    </details>
  );
}
