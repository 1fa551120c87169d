/** How long one has been in the room: a reminder to rest, and when a stay ends. */
import { Show, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { remindedOf } from '../../core/room-stay';
import type { Reminder } from '../../core/room-stay';
import type { RoomOrder } from '../../core/room-order';
import { Icon } from '../Icon';

const LOOK_ms = 10_000;

export function StayNotice(props: { order: RoomOrder }): JSX.Element {
  const app = useApp();
  const [now, setNow] = createSignal(Date.now());
  const [seen, setSeen] = createSignal('');
  const clock = setInterval(() => setNow(Date.now()), LOOK_ms);
  onCleanup(() => clearInterval(clock));
  const due = createMemo((): Reminder | undefined => remindedOf(props.order.own(), now()), undefined, {
    equals: (a, b) => a?.key === b?.key && a?.minutes === b?.minutes,
  });
  const words = (of: Reminder): string => app.t(of.ends ? 'stay.ends' : 'stay.rest', { n: of.minutes });
  createEffect(
    on(
      () => due()?.key,
      () => {
        const one = due();
        if (one) app.announce(words(one));
      },
    ),
  );
  return (
    <Show when={due()?.key !== seen() ? due() : undefined}>
      {(one) => (
        <div class="recording-strip" data-stay={one().ends ? 'ends' : 'rest'}>
          <Icon name="wait" size={16} />
          <p>{words(one())}</p>
          <button type="button" class="button quiet small" onClick={() => setSeen(one().key)}>
            {app.t('stay.noted')}
          </button>
        </div>
      )}
    </Show>
  );
}
