/** The hospital's own rules, plans and escalation in force, for who administers; its files are read again from here. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { createDoing } from '../core/doing';
import type { OwnSettingsView } from '../core/own-settings';
import { createQuery } from '../core/query';
import { Answer } from './Answer';
import { Notice } from './Notice';

export function OwnSettings(): JSX.Element {
  const app = useApp();
  const settings = createQuery<OwnSettingsView>(() => (signal) => app.api.get('/api/settings', { signal }));
  const { busy, run } = createDoing(app);
  const [faults, setFaults] = createSignal<readonly string[]>([]);

  const reload = (): Promise<void> =>
    run(async () => {
      const found = await app.api.post<OwnSettingsView>('/api/settings/reload', {});
      setFaults(found.faults);
      if (found.faults.length === 0) app.toast(() => app.t('settings.takenIn'));
      settings.reload();
    });

  return (
    <section id="own-settings" data-own-settings>
      <h2>{app.t('settings.title')}</h2>
      <Answer of={settings}>
        {(found) => (
          <Show when={found().folder} fallback={<p class="soft">{app.t('settings.none')}</p>}>
            <p class="soft small">{app.t('settings.what')}</p>
            <ul>
              <For each={found().own} fallback={<li class="soft">{app.t('settings.nothingOwn')}</li>}>
                {(line) => <li>{line}</li>}
              </For>
            </ul>
            <p>
              {app.t('settings.version', { version: found().version })}{' '}
              <Show when={found().taken}>
                {(at) => <span class="soft small">{app.t('settings.taken', { at: momentOf(at(), app.language()), who: found().by ?? '–' })}</span>}
              </Show>
            </p>
            <Show when={faults().length > 0}>
              <Notice kind="warn">
                {app.t('settings.faults')}
                <ul>
                  <For each={faults()}>{(fault) => <li>{fault}</li>}</For>
                </ul>
              </Notice>
            </Show>
            <button type="button" class="button" disabled={busy()} onClick={() => void reload()}>
              {app.t('settings.reload')}
            </button>
          </Show>
        )}
      </Answer>
    </section>
  );
}
