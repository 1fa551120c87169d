/** Short messages that go by themselves; nothing that a person must answer. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Icon } from './Icon';

export function Toasts(): JSX.Element {
  const app = useApp();
  return (
    <div class="toasts" role="region" aria-label={app.t('app.messages')}>
      <div class="for-listeners" aria-live="polite" role="status">
        {app.announced()}
      </div>
      <For each={app.toasts()}>
        {(toast) => (
          <div class="toast">
            <span>{toast.words()}</span>
            <button
              type="button"
              class="button quiet small"
              aria-label={app.t('app.close')}
              onClick={() => app.dismiss(toast.id)}
            >
              <Icon name="close" size={16} />
            </button>
          </div>
        )}
      </For>
    </div>
  );
}
