/** How long one has been in the room: a reminder to rest, and when a stay ends. */
import { Show, createEffect, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { stayWords } from '../../core/room-stay';
import type { RoomStay } from '../../core/room-stay';
import { Icon } from '../Icon';

export function StayNotice(props: { stay: RoomStay }): JSX.Element {
  const app = useApp();
  createEffect(
    on(
      () => props.stay.due()?.key,
      () => {
        const one = props.stay.due();
        if (one) app.announce(stayWords(one, app.t));
      },
    ),
  );
  return (
    <Show when={props.stay.due()}>
      {(one) => (
        <div class="recording-strip" data-stay={one().ends ? 'ends' : 'rest'}>
          <Icon name="wait" size={16} />
          <p>{stayWords(one(), app.t)}</p>
          <button type="button" class="button quiet small" onClick={() => props.stay.noted()}>
            {app.t('stay.noted')}
          </button>
        </div>
      )}
    </Show>
  );
}
