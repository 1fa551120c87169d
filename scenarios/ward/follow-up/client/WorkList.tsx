/** The work list: who got worse, fell silent or was referred; and the way to begin a follow-up. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { createQuery, reloadSoon } from '../../../../client/core/query';
import { Link } from '../../../../client/core/router';
import { Answer } from '../../../../client/panels/Answer';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { Segmented } from '../../../../client/panels/Segmented';
import { COURSES } from './course';
import type { Row } from './course';
import { Enrol } from './Enrol';
import { sameLines } from './lines';
import { CHIPS, SIGNS, onTime, whyShown } from './shown';
import { sayIn } from './words';
import type { Say } from './words';

const NEEDS: ReadonlySet<Row['state']> = new Set(['alert', 'taken', 'referred', 'overdue', 'step', 'unclear', 'over']);

const SOON_ms = 300;
const LATER_ms = 5_000;

export function WorkList(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const rows = createQuery<readonly Row[]>(() => (signal) => app.api.get(COURSES, { signal }));
  const lines = sameLines(rows.data);
  // Devices at beds write all the time: what the list is told of by name is read first.
  const [soon, later] = [reloadSoon(rows, SOON_ms), reloadSoon(rows, LATER_ms)];
  app.onServerEvent(({ kind }) => {
    if (['case', 'waiting', 'missed'].includes(kind)) soon();
    else if (kind === 'record') later();
  });
  return (
    <div class="follow">
      <header>
        <h1>{say('title')}</h1>
        <p class="soft">{say('leadStaff')}</p>
      </header>
      <section class="panel" aria-labelledby="follow-list">
        <header>
          <h2 id="follow-list">{say('workList')}</h2>
        </header>
        <div class="panel-body stack">
          <Answer of={rows}>{() => <Rows rows={lines()} say={say} />}</Answer>
        </div>
      </section>
      <Show when={app.me()?.roles.some((role) => ['nurse', 'terminal-doctor', 'expert'].includes(role))}>
        <Enrol say={say} onOpened={() => rows.reload()} />
      </Show>
    </div>
  );
}

function Rows(props: { rows: readonly Row[]; say: Say }): JSX.Element {
  const needs = createMemo(() => props.rows.filter(({ state }) => NEEDS.has(state)));
  const [filter, setFilter] = createSignal<'needs' | 'all'>('needs');
  const shown = (): readonly Row[] => (filter() === 'needs' ? needs() : props.rows);
  return (
    <>
      <Segmented
        label={props.say('filter')}
        options={[
          { value: 'needs', label: props.say('filter.needs', { n: needs().length }) },
          { value: 'all', label: props.say('filter.all', { n: props.rows.length }) },
        ]}
        chosen={filter()}
        onChoose={setFilter}
      />
      <Show
        when={shown().length > 0}
        fallback={<EmptyState icon="check" title={props.say('nobody')} hint={props.say('nobodyHint')} />}
      >
        <ul class="follow-rows">
          <For each={shown()}>{(row) => <Line row={row} say={props.say} />}</For>
        </ul>
      </Show>
    </>
  );
}

function Line(props: { row: Row; say: Say }): JSX.Element {
  const app = useApp();
  const moment = (at: string): string => momentOf(at, app.language(), props.row.time_zone);
  return (
    <li data-row={props.row.id} data-plan={props.row.plan.id} data-state={props.row.state}>
      <span class={`chip ${CHIPS[props.row.state]}`}>
        <span aria-hidden="true">{SIGNS[props.row.state]} </span>
        {props.say(`state.${props.row.state}`)}
      </span>
      <div class="follow-words">
        <p>
          <strong>{props.row.patient.name}</strong> · {inLanguage(props.row.plan.title, app.language())}
        </p>
        <Show when={whyShown(props.row, app.language())}>{(words) => <p>{words()}</p>}</Show>
        <Show when={props.row.state === 'over'}>
          <p>{props.say('overDo')}</p>
        </Show>
        <p class="soft small">
          <Show when={NEEDS.has(props.row.state)}>{props.say(props.row.state === 'step' ? 'asOf' : 'since', { at: moment(props.row.since) })} · </Show>
          <Show when={props.row.last_report} fallback={props.say('noReport')}>
            {(at) => <>{props.say('lastReport', { at: moment(at()) })}</>}
          </Show>
          <Show when={props.row.last_device}>{(device) => <span data-from-device=""> ({props.say('byDevice', { device: device() })})</span>}</Show>{' '}
          · {onTime(props.row.adherence, props.say)}
          <Show when={props.row.alert?.taken_by}>
            {(who) => <> · {props.say('takenBy', { name: who().name, at: moment(props.row.alert?.taken_at ?? '') })}</>}
          </Show>
        </p>
      </div>
      <Link
        class="button small"
        href={`/scenarios/follow-up/${encodeURIComponent(props.row.id)}`}
        aria-label={`${props.say('openCourse')}${colonIn(app.language())}${props.row.patient.name}, ${inLanguage(props.row.plan.title, app.language())}`}
      >
        {props.say('openCourse')}
      </Link>
    </li>
  );
}
