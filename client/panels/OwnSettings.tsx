/**
 * The hospital's own rules, plans and escalation in force, for who administers; its files are read again from here. And
 * for how long what is kept.
 */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { createDoing } from '../core/doing';
import { save } from '../core/download/download';
import { inLanguage } from '../core/language';
import { KEPT } from '../core/own-settings';
import type { KeptDays, OwnSettingsView, PlanFile } from '../core/own-settings';
import { createQuery } from '../core/query';
import { Answer } from './Answer';
import { DataTable } from './DataTable';
import { Notice } from './Notice';

export function OwnSettings(): JSX.Element {
  const app = useApp();
  const settings = createQuery<OwnSettingsView>(() => (signal) => app.api.get('/api/settings', { signal }));
  const { busy, run } = createDoing(app);
  const [faults, setFaults] = createSignal<readonly string[]>([]);

  const take = (ask: () => Promise<OwnSettingsView>): Promise<void> =>
    run(async () => {
      const found = await ask();
      setFaults(found.faults);
      if (found.faults.length === 0) app.toast(() => app.t('settings.takenIn'));
      settings.reload();
    });
  const reload = (): Promise<void> => take(() => app.api.post('/api/settings/reload', {}));
  const takePlan = (file: File): Promise<void> => take(async () => app.api.put('/api/settings/plans', { text: await file.text() }));
  const copyOf = (id: string): Promise<void> =>
    run(async () => {
      const { name, text } = await app.api.get<PlanFile>(`/api/settings/plans/${encodeURIComponent(id)}`);
      save(new Blob([text], { type: 'application/toml' }), name.split('/').at(-1) ?? name);
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
            <PlanFiles plans={found().plans} busy={busy()} onCopy={(id) => void copyOf(id)} onTake={(file) => void takePlan(file)} />
          </Show>
        )}
      </Answer>
      <Show when={settings.data()?.kept_days}>{(days) => <Kept days={days()} />}</Show>
    </section>
  );
}

/** For how long what is kept: it is changed in the configuration alone. */
function Kept(props: { days: KeptDays }): JSX.Element {
  const app = useApp();
  return (
    <div class="stack" data-kept>
      <h3>{app.t('settings.kept')}</h3>
      <p class="soft small">{app.t('settings.keptWhat')}</p>
      <DataTable
        stacks
        caption={app.t('settings.kept')}
        rows={KEPT}
        columns={[
          { heading: app.t('settings.kept.of'), cell: (kind) => app.t(`settings.kept.${kind}`) },
          { heading: app.t('settings.kept.days'), numeric: true, cell: (kind) => props.days[kind] ?? app.t('settings.kept.always') },
          { heading: app.t('settings.kept.means'), cell: (kind) => app.t(`settings.kept.${kind}.means`) },
        ]}
      />
    </div>
  );
}

/** Plans as files: a copy of one goes out, and a file comes in that is looked at before anything is written. */
function PlanFiles(props: { plans: OwnSettingsView['plans']; busy: boolean; onCopy(id: string): void; onTake(file: File): void }): JSX.Element {
  const app = useApp();
  const copy = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const id = new FormData(event.currentTarget).get('plan');
    if (typeof id === 'string' && id !== '') props.onCopy(id);
  };
  return (
    <div class="stack" data-plan-files>
      <form class="row" onSubmit={copy}>
        <label>
          {app.t('settings.plan')}{' '}
          <select class="input" name="plan">
            <For each={props.plans}>{({ id, title }) => <option value={id}>{inLanguage(title, app.language())}</option>}</For>
          </select>
        </label>
        <button type="submit" class="button" disabled={props.busy}>
          {app.t('settings.copyPlan')}
        </button>
      </form>
      <label>
        {app.t('settings.takePlan')}{' '}
        <input
          type="file"
          accept=".toml"
          disabled={props.busy}
          onChange={(event) => {
            const input = event.currentTarget;
            const file = input.files?.[0];
            if (file) props.onTake(file);
            input.value = '';
          }}
        />
      </label>
      <p class="soft small">{app.t('settings.takePlanHint')}</p>
    </div>
  );
}
