/** Whom a block keeps out, also when they have left the door. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { blocks } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';

export function KeptOutPanel(props: { order: RoomOrder }): JSX.Element {
  const app = useApp();
  const isAtDoor = (actor: string): boolean => props.order.waiting().some((one) => one.actor === actor);
  const away = (): ReturnType<RoomOrder['sanctions']> => blocks(props.order.sanctions()).filter(({ actor }) => !isAtDoor(actor));
  return (
    <Show when={props.order.keeps() && away().length > 0}>
      <section class="stack tight" aria-labelledby="kept-out-title">
        <h2 class="legend" id="kept-out-title">
          {app.t('order.keptOutTitle')}
        </h2>
        <ul class="waiting-people">
          <For each={away()}>
            {(one) => (
              <li class="stack tight" data-kept-out={one.actor}>
                <span>
                  {one.name} <span class="chip bad">{app.t('order.blockedUntil', { until: one.until === null ? '' : momentOf(one.until, app.language()) })}</span>
                </span>
                <p class="small soft">{app.t('door.reason', { reason: one.reason })}</p>
                <div class="row">
                  <button type="button" class="button small" onClick={() => props.order.act({ act: 'lift', whom: one.actor })}>
                    {app.t('order.lift')}
                    <span class="for-listeners"> {one.name}</span>
                  </button>
                </div>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
