/** What calls the person who is signed in, on whatever page they are. */
import { For, Show, createMemo, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { createAttended } from '../core/attended';
import type { MyCall } from '../core/reach';
import { Link, page } from '../core/router';
import { wearsHeadset } from '../xr/modes';
import { callWords } from './call-words';
import { Icon } from './Icon';
import { createChanges, drawnOnPage, isShown, seenOnPage, useOwnCalls } from './own-calls';

/** Says to sheets how high what calls is while it is drawn: all else that lies at the foot of the page stands above it. */
function sayHeight(section: HTMLElement): void {
  const { style } = document.documentElement;
  const watch = new ResizeObserver(() => style.setProperty('--calls', `${section.offsetHeight}px`));
  watch.observe(section);
  onCleanup(() => {
    watch.disconnect();
    style.removeProperty('--calls');
  });
}

export function CallsBanner(): JSX.Element {
  const app = useApp();
  const calls = useOwnCalls();
  const changes = createChanges(() => calls.open().length > 0);
  const isHere = (call: MyCall): boolean => {
    changes();
    return isShown(call, page(), (id) => document.getElementById(id));
  };
  // Who looks elsewhere has not seen it; a page in a frame may be one that nobody sees.
  const isLookedAt = (): boolean => document.visibilityState === 'visible' && window.top === window;
  const [looks, setLooks] = createSignal(isLookedAt());
  const look = (): void => void setLooks(isLookedAt());
  document.addEventListener('visibilitychange', look);
  onCleanup(() => document.removeEventListener('visibilitychange', look));
  calls.see((open) => seenOnPage(open, isHere, looks() && !wearsHeadset()), createAttended(window));
  const drawn = createMemo(() => drawnOnPage(calls.open(), isHere));

  return (
    <Show when={drawn().length > 0}>
      <section ref={(section) => sayHeight(section)} class="calls" aria-label={app.t('reach.calls')}>
        <ul>
          <For each={drawn()}>
            {(call) => (
              <li class="notice warn" data-call={call.kind}>
                <Icon name="alert" />
                <span>{callWords(app, call)}</span>
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
      </section>
    </Show>
  );
}
