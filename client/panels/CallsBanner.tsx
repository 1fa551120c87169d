/** What calls the person who is signed in, on whatever page they are. */
import { For, Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { createAttended } from '../core/attended';
import type { MyCall } from '../core/reach';
import { Link, page, pageOf } from '../core/router';
import { wearsHeadset } from '../xr/modes';
import { kindWords } from './call-words';
import { Icon } from './Icon';
import { drawnOnPage, seenOnPage, useOwnCalls } from './own-calls';

export function CallsBanner(): JSX.Element {
  const app = useApp();
  const isHere = (call: MyCall): boolean =>
    JSON.stringify(pageOf(new URL(call.path, location.origin).pathname)) === JSON.stringify(page());
  // Who looks elsewhere has not seen it; a page in a frame may be one that nobody sees.
  const isLookedAt = (): boolean => document.visibilityState === 'visible' && window.top === window;
  const [looks, setLooks] = createSignal(isLookedAt());
  const look = (): void => void setLooks(isLookedAt());
  document.addEventListener('visibilitychange', look);
  onCleanup(() => document.removeEventListener('visibilitychange', look));
  const calls = useOwnCalls();
  calls.see((open) => seenOnPage(open, isHere, looks() && !wearsHeadset()), createAttended(window));
  const drawn = (): readonly MyCall[] => drawnOnPage(calls.open(), isHere);

  return (
    <Show when={drawn().length > 0}>
      <ul class="calls" aria-label={app.t('reach.calls')}>
        <For each={drawn()}>
          {(call) => (
            <li class="notice warn" data-call={call.kind}>
              <Icon name="alert" />
              <span>{kindWords(app, call.kind)}</span>
              <Link href={call.path} class="button small primary">
                {app.t('reach.open')}
              </Link>
              <button
                type="button"
                class="button quiet small"
                aria-label={app.t('app.close')}
                onClick={() => calls.hide(call.id)}
              >
                <Icon name="close" size={16} />
              </button>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
