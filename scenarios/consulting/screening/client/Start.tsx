/** The way in: programmes that are going on, and the patients for whom one can be opened. */
import { For, Show, createMemo, createSignal, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { ApiError } from '../../../../client/core/api';
import { useApp } from '../../../../client/core/app';
import { dayOf, momentOf } from '../../../../client/core/dates';
import { matches } from '../../../../client/core/hospital';
import type { Home, PatientRow } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import { openVault } from '../../../../client/core/offline/vault';
import { Link, go } from '../../../../client/core/router';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { Notice } from '../../../../client/panels/Notice';
import { nameWords } from '../../../../client/panels/person';
import { Skeleton } from '../../../../client/panels/Skeleton';
import type { Course, Row } from './course';
import './style.css';
import { sayIn } from './words';
import type { Say } from './words';

interface Listed {
  readonly rows: readonly Row[];
  readonly patients: readonly PatientRow[];
}

const PATH = '/api/scenarios/screening/programmes';

export function Start(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [listed, setListed] = createSignal<Listed>();
  const [asOf, setAsOf] = createSignal<string>();
  const [refusal, setRefusal] = createSignal<string>();
  const [typed, setTyped] = createSignal('');
  /** The patient from whose page somebody came; until something is searched for. */
  const wantedPatient = new URLSearchParams(location.search).get('patient');
  const isPatient = (): boolean => app.me()?.roles.every((role) => role === 'patient' || role === 'related-person') ?? false;
  const mayOpen = (): boolean =>
    app.me()?.roles.some((role) => role === 'terminal-doctor' || role === 'nurse') ?? false;

  const load = async (): Promise<void> => {
    const vault = await openVault(app.me()?.id ?? '').catch(() => undefined);
    try {
      const [rows, home] = await Promise.all([app.api.get<Row[]>(PATH), app.api.get<Home>('/api/home')]);
      setListed({ rows, patients: home.patients });
      setAsOf(undefined);
      setRefusal(undefined);
      await vault?.write('copy', 'list', rows);
    } catch (error) {
      const copy = error instanceof ApiError && error.kind === 'unreachable' ? await vault?.read<Row[]>('copy', 'list') : undefined;
      if (!copy) return void setRefusal(app.explain(error));
      setListed({ rows: copy.value, patients: [] });
      setAsOf(copy.at);
    }
  };
  onMount(() => void load());
  app.onServerEvent((event) => {
    if (event.kind !== 'imaging') void load();
  });

  const found = createMemo(() => {
    const came = (listed()?.patients ?? []).filter(({ id, relation }) => id === wantedPatient && relation === 'care-team');
    if (typed().trim() === '' && came.length > 0) return came;
    return (listed()?.patients ?? []).filter(
      (one) => one.relation === 'care-team' && matches(one, typed()),
    );
  });
  const open = async (patient: string): Promise<void> => {
    try {
      const made = await app.api.post<Course>(PATH, { patient });
      go(`/scenarios/screening/${encodeURIComponent(made.id)}`);
    } catch (error) {
      setRefusal(app.explain(error));
    }
  };
  return (
    <div class="screen">
      <header>
        <h1>{say('title')}</h1>
        <p class="soft">{say(isPatient() ? 'leadPatient' : 'lead')}</p>
      </header>
      <Show when={asOf()}>
        {(at) => <Notice kind="warn">{say('offline', { at: momentOf(at(), app.language()) })}</Notice>}
      </Show>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <Show when={listed()} fallback={<Show when={!refusal()}><Skeleton lines={6} /></Show>}>
        {(answer) => (
          <div class="screen-start">
            <section class="panel" aria-labelledby="screen-going">
              <header>
                <h2 id="screen-going">{say(isPatient() ? 'ownPlans' : 'going')}</h2>
              </header>
              <div class="panel-body">
                <Show when={answer().rows.length > 0} fallback={<EmptyState icon="check" title={say('noneGoing')} />}>
                  <ul class="screen-list">
                    <For each={answer().rows}>{(row) => <Line row={row} say={say} />}</For>
                  </ul>
                </Show>
              </div>
            </section>
            <Show when={mayOpen() && !asOf()}>
              <section class="panel" aria-labelledby="screen-patients">
                <header>
                  <h2 id="screen-patients">{say('openFor')}</h2>
                </header>
                <div class="panel-body stack">
                  <input
                    type="search"
                    class="input"
                    aria-label={app.t('home.search')}
                    placeholder={app.t('home.search')}
                    value={typed()}
                    onInput={(event) => setTyped(event.currentTarget.value)}
                  />
                  <ul class="screen-patients">
                    <For each={found()}>
                      {(patient) => (
                        <li>
                          <button type="button" class="button" data-patient={patient.id} onClick={() => void open(patient.id)}>
                            <span>{nameWords(app, patient.name)}</span>
                            <span class="soft small number">{patient.mrn}</span>
                          </button>
                        </li>
                      )}
                    </For>
                  </ul>
                </div>
              </section>
            </Show>
          </div>
        )}
      </Show>
    </div>
  );
}

function Line(props: { row: Row; say: Say }): JSX.Element {
  const app = useApp();
  const first = () => props.row.orders.find(({ due }) => due === 'overdue' || due === 'now') ?? props.row.orders[0];
  return (
    <li data-programme={props.row.id} class="screen-line">
      <Link href={`/scenarios/screening/${encodeURIComponent(props.row.id)}`}>{props.row.patient.name}</Link>
      <span class="soft small">
        {props.say(`state.${props.row.state}`)} · {momentOf(props.row.at, app.language())}
      </span>
      <Show when={first()}>
        {(order) => (
          <span class={`chip ${{ overdue: 'bad', now: 'warn', planned: '', none: '' }[order().due]}`}>
            {inLanguage(order().label, app.language())} · {props.say(`due.${order().due}`)} ·{' '}
            {dayOf(order().from, app.language())}
          </span>
        )}
      </Show>
    </li>
  );
}
