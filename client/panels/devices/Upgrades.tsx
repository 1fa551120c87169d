/** Upgrades of devices: packages, roll-outs with their progress, and what can be done about them. */
import { For, Show, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { inLanguage } from '../../core/language';
import { createQuery } from '../../core/query';
import type { DevicePackage, Packages, RefusedPackage, Rollouts } from '../../core/upgrades';
import { Answer } from '../Answer';
import { DataTable } from '../DataTable';
import type { Column } from '../DataTable';
import { Dialog } from '../Dialog';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { BeginRollout } from './BeginRollout';
import { RolloutCard } from './RolloutCard';

/** `tick` changes whenever the page reads its devices again. */
export function Upgrades(props: { tick: unknown }): JSX.Element {
  const app = useApp();
  const { t } = app;
  const packages = createQuery<Packages>(() => (signal) => app.api.get('/api/devices/packages', { signal }));
  const rollouts = createQuery<Rollouts>(() => (signal) => app.api.get('/api/devices/rollouts', { signal }));
  const again = (): void => {
    packages.reload();
    rollouts.reload();
  };
  createEffect(on(() => props.tick, again, { defer: true }));
  const [chosen, setChosen] = createSignal<DevicePackage>();
  const kindOf = (id: string | undefined): string | undefined => {
    const title = packages.data()?.packages.find((one) => one.id === id)?.title;
    return title ? inLanguage(title, app.language()) : undefined;
  };
  return (
    <section id="upgrades" class="device-upgrades">
      <h2>{t('upgrades.title')}</h2>
      <p class="soft">{t('upgrades.what')}</p>
      <Answer of={rollouts} lines={3}>
        {(answer) => (
          <Show when={answer().rollouts.length > 0} fallback={<p class="soft">{t('upgrades.noRollout')}</p>}>
            <For each={answer().rollouts.map(({ id }) => id)}>
              {(id) => (
                <RolloutCard
                  of={() => answer().rollouts.find((one) => one.id === id)}
                  kind={kindOf(answer().rollouts.find((one) => one.id === id)?.package)}
                  mayAct={answer().may_maintain}
                  onChanged={again}
                />
              )}
            </For>
          </Show>
        )}
      </Answer>
      <Answer of={packages} lines={3}>
        {(answer) => (
          <>
            <h3>{t('upgrades.packages')}</h3>
            <Show when={answer().may_maintain} fallback={<p class="soft small">{t('upgrades.onlyTechnicians')}</p>}>
              <Publish onPublished={again} />
            </Show>
            <Show when={answer().packages.length > 0} fallback={<p class="soft">{t('upgrades.noPackage')}</p>}>
              <PackageTable of={answer().packages} mayBegin={answer().may_maintain} onBegin={setChosen} />
            </Show>
            <Show when={answer().refused.length > 0}>
              <RefusedTable of={answer().refused} />
            </Show>
          </>
        )}
      </Answer>
      <Show when={chosen()}>
        {(one) => (
          <Dialog open title={t('upgrades.begin')} onClose={() => setChosen(undefined)}>
            <BeginRollout
              of={one()}
              onBegun={() => {
                setChosen(undefined);
                again();
              }}
            />
          </Dialog>
        )}
      </Show>
    </section>
  );
}

/** Brings a package to the hospital; what is not taken is said with the reason. */
function Publish(props: { onPublished(): void }): JSX.Element {
  const app = useApp();
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  let input!: HTMLInputElement;

  async function send(file: File): Promise<void> {
    setBusy(true);
    setRefusal(undefined);
    try {
      const taken = await app.api.postBytes<DevicePackage>('/api/devices/packages', await file.arrayBuffer());
      app.toast(() => app.t('upgrades.published', { version: taken.version }));
    } catch (error) {
      setRefusal(app.explain(error));
    } finally {
      input.value = '';
      setBusy(false);
      props.onPublished();
    }
  }

  return (
    <div class="stack">
      <label class="field">
        <span>{app.t('upgrades.publish')}</span>
        <input
          ref={input}
          class="input"
          type="file"
          disabled={busy()}
          aria-busy={busy()}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) void send(file);
          }}
        />
        <span class="hint">{app.t('upgrades.publishHint')}</span>
      </label>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
    </div>
  );
}

interface PackageTableProps {
  readonly of: readonly DevicePackage[];
  readonly mayBegin: boolean;
  onBegin(one: DevicePackage): void;
}

function PackageTable(props: PackageTableProps): JSX.Element {
  const { t, language } = useApp();
  const title = (one: DevicePackage): string => (one.title ? inLanguage(one.title, language()) : one.profile);
  const columns = (): Column<DevicePackage>[] => [
    { heading: t('upgrades.version'), cell: (one) => `${t(`upgrades.${one.contents}`)} ${one.version}` },
    { heading: t('upgrades.for'), cell: title },
    { heading: t('upgrades.news'), cell: (one) => inLanguage(one.news, language()) || '–' },
    { heading: t('upgrades.publisher'), cell: (one) => one.publisher },
    { heading: t('upgrades.at'), cell: (one) => momentOf(one.at, language()) },
    ...(props.mayBegin
      ? [
          {
            heading: t('upgrades.do'),
            cell: (one: DevicePackage) => (
              <button
                type="button"
                class="button small"
                aria-label={`${t('upgrades.begin')}: ${title(one)} ${one.version}`}
                onClick={() => props.onBegin(one)}
              >
                <Icon name="play" size={14} />
                {t('upgrades.beginShort')}
              </button>
            ),
          },
        ]
      : []),
  ];
  return <DataTable stacks caption={t('upgrades.packages')} columns={columns()} rows={props.of} />;
}

function RefusedTable(props: { of: readonly RefusedPackage[] }): JSX.Element {
  const { t, language } = useApp();
  const columns = (): Column<RefusedPackage>[] => [
    { heading: t('upgrades.at'), cell: (one) => momentOf(one.at, language()) },
    { heading: t('upgrades.by'), cell: (one) => one.by },
    { heading: t('upgrades.why'), cell: (one) => inLanguage(one.why, language()) },
    { heading: t('upgrades.digest'), cell: (one) => <code>{one.sha256.slice(0, 12)}</code> },
  ];
  return (
    <>
      <h3>{t('upgrades.refused')}</h3>
      <DataTable stacks caption={t('upgrades.refused')} columns={columns()} rows={props.of} />
    </>
  );
}
