/**
 * Security and privacy: accesses, refusals, credentials, the ledger. No patient is named; accounts and devices are for
 * those who administer, who see figures of the hospital sees counts.
 */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DataTable } from '../../panels/DataTable';
import { DeadEnd } from '../../panels/DeadEnd';
import { DiskNotice } from '../../panels/DiskNotice';
import { GatewayState } from '../../panels/GatewayState';
import { OwnSettings } from '../../panels/OwnSettings';
import { WORDS } from '../../words/words';
import type { Key } from '../../words/words';
import { useApp } from '../app';
import type { App } from '../app';
import { momentOf } from '../dates';
import { seesFigures } from '../functions';
import { listIn, nameIn } from '../language';
import { createQuery } from '../query';
import type { Security } from '../security';
import { mostRefused } from '../security-counts';
import type { SecurityCounts } from '../security-counts';
import '../../styles/security.css';

export function SecurityPage(): JSX.Element {
  const app = useApp();
  const isForCounts = (): boolean => seesFigures(app.me()?.roles) && !app.me()?.roles.includes('admin');
  return (
    <div class="page security-page">
      <h1>{app.t('security.title')}</h1>
      <p class="soft">{app.t(isForCounts() ? 'security.counts' : 'security.what')}</p>
      <Show when={isForCounts()} fallback={<Whole />}>
        <Counted />
      </Show>
    </div>
  );
}

function Whole(): JSX.Element {
  const app = useApp();
  const security = createQuery<Security>(() => (signal) => app.api.get('/api/security', { signal }));
  return (
    <Show
      when={security.error()?.kind !== 'refused'}
      fallback={<DeadEnd icon="alert" title={app.t('security.refused')} hint={app.t('error.refused')} />}
    >
      <Answer of={security} lines={8}>
        {(found) => (
          <>
            <DiskNotice room={found().room} />
            <Found of={found()} />
            <GatewayState />
            <OwnSettings />
          </>
        )}
      </Answer>
    </Show>
  );
}

/** The same in counts, for those who see figures. */
function Counted(): JSX.Element {
  const app = useApp();
  const counts = createQuery<SecurityCounts>(() => (signal) => app.api.get('/api/security/counts', { signal }));
  const lines = (of: SecurityCounts): readonly (readonly [string, number])[] => [
    [app.t('security.granted'), of.granted],
    [app.t('security.refusals'), of.refused],
    [app.t('security.signedIn'), of.sign_ins],
    [app.t('security.notSignedIn'), of.failed_sign_ins],
  ];
  return (
    <Answer of={counts} lines={8}>
      {(found) => (
        <>
          <section>
            <h2>{app.t('security.accesses', { n: found().days })}</h2>
            <Show when={found().is_cut}>
              <p class="soft small">{app.t('security.cut')}</p>
            </Show>
            <DataTable
              caption={app.t('security.accesses', { n: found().days })}
              rows={lines(found())}
              columns={[
                { heading: app.t('security.what.counted'), cell: ([what]) => what },
                { heading: app.t('security.count'), numeric: true, cell: ([, n]) => n },
              ]}
            />
          </section>
          <section data-actions>
            <h2>{app.t('security.actions')}</h2>
            <DataTable
              caption={app.t('security.actions')}
              rows={mostRefused(found().actions)}
              columns={[
                { heading: app.t('security.action'), cell: ({ action }) => actWords(app, action) },
                { heading: app.t('security.granted'), numeric: true, cell: ({ granted }) => granted },
                { heading: app.t('security.refusals'), numeric: true, cell: ({ refused }) => (refused > 0 ? <strong>{refused}</strong> : 0) },
              ]}
            />
          </section>
          <section>
            <h2>{app.t('security.credentials')}</h2>
            <p>{app.t('security.tokensEnding', { n: found().tokens_ending, days: found().ending_days })}</p>
            <p>{app.t('security.bare', { n: found().devices_without_credential })}</p>
          </section>
          <section data-ledger>
            <h2>{app.t('security.ledger')}</h2>
            <p>{app.t('security.ledgerCount', { n: found().ledger_size })}</p>
          </section>
        </>
      )}
    </Answer>
  );
}

/** What an account asked for; what has no words yet is shown as the policies call it. */
function actWords(app: App, action: string): string {
  const key = `security.act.${action}`;
  return key in WORDS.en ? app.t(key as Key) : action;
}

function Found(props: { of: Security }): JSX.Element {
  const app = useApp();
  const accounts = () => Object.entries(props.of.accounts).toSorted(([, a], [, b]) => b.refused - a.refused || b.granted - a.granted);
  const actions = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .map(([action, n]) => `${actWords(app, action)} ${n}`)
      .join(' · ') || '–';
  return (
    <>
      <section>
        <h2>{app.t('security.accesses', { n: props.of.days })}</h2>
        <Show when={props.of.is_cut}>
          <p class="soft small">{app.t('security.cut')}</p>
        </Show>
        <DataTable
          stacks
          caption={app.t('security.accesses', { n: props.of.days })}
          rows={accounts()}
          columns={[
            { heading: app.t('security.who'), cell: ([who]) => who },
            { heading: app.t('security.granted'), numeric: true, cell: ([, one]) => one.granted },
            { heading: app.t('security.refusals'), numeric: true, cell: ([, one]) => (one.refused > 0 ? <strong>{one.refused}</strong> : 0) },
            { heading: app.t('security.patients'), numeric: true, cell: ([, one]) => one.patients },
            { heading: app.t('security.signIns'), numeric: true, cell: ([, one]) => `${one.sign_ins} / ${one.failed_sign_ins}` },
            { heading: app.t('security.actions'), cell: ([, one]) => actions(one.actions) },
          ]}
        />
      </section>
      <section data-refusals>
        <h2>{app.t('security.refusedWhat')}</h2>
        <Show when={props.of.refusals.length > 0} fallback={<p class="soft">{app.t('security.noRefusals')}</p>}>
          <DataTable
            caption={app.t('security.refusedWhat')}
            rows={props.of.refusals}
            columns={[
              { heading: app.t('security.when'), cell: ({ at }) => momentOf(at, app.language()) },
              { heading: app.t('security.who'), cell: ({ who }) => who },
              { heading: app.t('security.action'), cell: ({ what }) => actWords(app, what) },
            ]}
          />
        </Show>
      </section>
      <section>
        <h2>{app.t('security.credentials')}</h2>
        <Show when={props.of.tokens_ending.length > 0} fallback={<p class="soft">{app.t('security.noTokens', { n: props.of.ending_days })}</p>}>
          <DataTable
            caption={app.t('security.credentials')}
            rows={props.of.tokens_ending}
            columns={[
              { heading: app.t('security.who'), cell: ({ account }) => account },
              { heading: app.t('security.ends'), cell: ({ at }) => momentOf(at, app.language()) },
            ]}
          />
        </Show>
        <p>
          {app.t('security.bare', { n: props.of.devices_without_credential.length })}{' '}
          <span class="soft">{listIn(props.of.devices_without_credential.map(({ name }) => nameIn(name, app.language())), app.language())}</span>
        </p>
      </section>
      <section data-ledger>
        <h2>{app.t('security.ledger')}</h2>
        <p>{app.t('security.ledgerSize', { n: props.of.ledger.size })}</p>
        <p class="number small" style={{ 'overflow-wrap': 'anywhere' }}>
          {props.of.ledger.root}
        </p>
      </section>
    </>
  );
}
