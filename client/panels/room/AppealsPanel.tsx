/** What people say against sanctions: whoever keeps order answers it, but not what they did themselves. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Sanction } from '../../../contract/room';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { idsOf, isOpen } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { AppealForm } from '../AppealForm';

export function AppealsPanel(props: { order: RoomOrder }): JSX.Element {
  const app = useApp();
  const own = (): string | undefined => props.order.own()?.actor;
  const open = (): readonly Sanction[] => props.order.sanctions().filter((one) => isOpen(one) && one.actor !== own());
  // By their numbers, so that a reason that is being typed stays when another appeal comes.
  const ids = idsOf(() => open().map(({ number }) => ({ id: number })));
  return (
    <Show when={props.order.keeps() && open().length > 0}>
      <section class="stack tight" aria-labelledby="appeals-title">
        <h2 class="legend" id="appeals-title">
          {app.t('appeal.title')}
        </h2>
        <ul class="waiting-people">
          <For each={ids()}>
            {(id) => <Show when={open().find(({ number }) => number === id)}>{(one) => <Open order={props.order} one={one()} isOwn={one().by === own()} />}</Show>}
          </For>
        </ul>
      </section>
    </Show>
  );
}

function Open(props: { order: RoomOrder; one: Sanction; isOwn: boolean }): JSX.Element {
  const app = useApp();
  const answer = (grants: boolean, reason: string): void =>
    props.order.act({ act: 'answer-appeal', whom: props.one.actor, against: props.one.grade, grants, reason });
  return (
    <li class="stack tight" data-appeal={props.one.actor}>
      <span>
        {props.one.name} <span class="chip warn">{app.t(`order.grade.${props.one.grade}`)}</span>
        <span class="soft small"> {momentOf(props.one.since, app.language())}</span>
      </span>
      <p class="small soft">{app.t('door.reason', { reason: props.one.reason })}</p>
      <p class="small">{app.t('order.appeal', { reason: props.one.appeal?.reason ?? '' })}</p>
      <Show when={!props.isOwn} fallback={<p class="small soft">{app.t('appeal.notYours')}</p>}>
        <AppealForm name={props.one.name} answer={answer} />
      </Show>
    </li>
  );
}
