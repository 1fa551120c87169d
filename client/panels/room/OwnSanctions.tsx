/** What was done to oneself in this room and stands, why, and what one says against it. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Sanction } from '../../../contract/room';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { idsOf } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { AppealState } from './AppealState';
import { Plea } from './Plea';

export function OwnSanctions(props: { order: RoomOrder }): JSX.Element {
  const app = useApp();
  const theirs = (): readonly Sanction[] => props.order.sanctions().filter(({ actor }) => actor === props.order.own()?.actor);
  // By their numbers, so that what is being typed stays when another sanction comes or goes.
  const ids = idsOf(() => theirs().map(({ number }) => ({ id: number })));
  return (
    <Show when={theirs().length > 0}>
      <section class="stack tight" aria-labelledby="own-sanctions-title">
        <h2 class="legend" id="own-sanctions-title">
          {app.t('order.ownTitle')}
        </h2>
        <ul class="waiting-people">
          <For each={ids()}>
            {(id) => (
              <Show when={theirs().find(({ number }) => number === id)}>
                {(one) => (
                  <li class="stack tight" data-own-sanction={one().grade}>
                    <span>
                      <span class="chip warn">{app.t(`order.grade.${one().grade}`)}</span>
                      <span class="soft small"> {momentOf(one().since, app.language())}</span>
                    </span>
                    <p class="small">{app.t('door.reason', { reason: one().reason })}</p>
                    <Show
                      when={one().appeal}
                      fallback={<Plea kind="appeal" ask={(reason) => props.order.ask({ act: 'appeal', against: one().grade, reason })} />}
                    >
                      {(appeal) => <AppealState appeal={appeal()} over={one().over} />}
                    </Show>
                  </li>
                )}
              </Show>
            )}
          </For>
        </ul>
        {/* In a tab of its own: the room goes on meanwhile. */}
        <a class="small" href="/sanctions" target="_blank" rel="noopener">
          {app.t('sanctions.link')}
        </a>
      </section>
    </Show>
  );
}
