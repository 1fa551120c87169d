/** Lung function: curves with what is said of each, grades, each set of equations by name, and the classes. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { asideIn, clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import type { Part } from './CourseView';
import { AddSpirometry } from './AddSpirometry';
import type { Blow, Blows, Expected, GradesBy, SessionShort, SessionWhole, Spirometry } from './found';
import { figure } from './shown';

const WIDTH = 300;
const HEIGHT = 160;

export function SpirometryOf(props: { part: Part; found: Spirometry }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const text = (value: { zh: string; en: string }): string => inLanguage(value, app.language());
  return (
    <section class="panel" aria-labelledby="follow-spirometry" data-spirometry="">
      <header>
        <h2 id="follow-spirometry">{say('spirometry')}</h2>
      </header>
      <div class="panel-body stack">
        <Show when={props.found.last} fallback={<Notice>{say('noSpirometry')}</Notice>}>
          {(last) => <Whole session={last()} found={props.found} part={props.part} />}
        </Show>
        <Show when={props.found.sessions.length > 1}>
          <DataTable
            caption={say('sessions')}
            rows={props.found.sessions.toReversed()}
            columns={[
              { heading: say('day'), cell: ({ day }: SessionShort) => dayOf(day, app.language()) },
              { heading: say('when'), cell: ({ after }) => say(after ? 'afterBd' : 'beforeBd') },
              { heading: say('fev1'), numeric: true, cell: ({ fev1_l }) => figure(fev1_l, 2, say) },
              { heading: say('percent'), numeric: true, cell: ({ percent }) => figure(percent, 0, say) },
              { heading: 'z', numeric: true, cell: ({ z_score }) => figure(z_score, 2, say) },
              { heading: say('quality'), cell: ({ grade }) => grade ?? say('notGraded') },
              { heading: say('by'), cell: ({ by }) => by.name },
            ]}
          />
        </Show>
        <p class="soft small">
          {text(props.found.quality.title)}
          <Show when={props.found.quality.needs_confirmation}>{asideIn(say('confirm'), app.language())}</Show> ·{' '}
          {props.found.equations.map((one) => `${text(one.title)}${one.needs_confirmation ? asideIn(say('confirm'), app.language()) : ''}`).join(' · ')}
        </p>
        <Show when={props.part.of.is_active}>
          <AddSpirometry part={props.part} groups={props.found.groups} />
        </Show>
      </div>
    </section>
  );
}

function Whole(props: { session: SessionWhole; found: Spirometry; part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const text = (value: { zh: string; en: string }): string => inLanguage(value, app.language());
  const person = (): string => {
    const { height_cm, age_years, group } = props.session.person;
    return say('blower', {
      height: figure(height_cm, 0, say),
      age: figure(age_years, 1, say),
      group: group === null ? say('noGroup') : say(`group.${group as 'caucasian'}`),
    });
  };
  return (
    <>
      <p class="soft small">
        {dayOf(props.session.day, app.language())} · {props.session.by.name} · {person()}
        <Show when={props.session.device}>{(device) => <> · {say('byDevice', { device: device() })}</>}</Show>
      </p>
      <For each={[props.session.before, props.session.after]}>
        {(part, at) => (
          <Show when={part}>
            {(blows) => <PartOf blows={blows()} heading={say(at() === 0 ? 'beforeBd' : 'afterBd')} found={props.found} part={props.part} />}
          </Show>
        )}
      </For>
      <Show when={props.session.grades}>
        {(grades) => (
          <DataTable
            caption={say('gradesBy')}
            rows={grades()}
            columns={[
              { heading: say('equations'), cell: ({ title }) => text(title) },
              ...(grades()[0]?.by ?? []).map((list, at) => ({
                heading: text(list.title),
                cell: ({ by }: GradesBy) => {
                  const one = by[at]?.result;
                  return one === undefined
                    ? say('unknown')
                    : one.state === 'assessed'
                      ? text(one.value.label)
                      : say('notAssessable', { why: clausesIn(one.missing.map(({ why }) => text(why)), app.language()) });
                },
              })),
            ]}
          />
        )}
      </Show>
      <For each={props.session.changes}>
        {(one) => (
          <p data-change={one.measure}>
            {say('changeIn', { measure: say(one.measure) })}{' '}
            <Show
              when={one.change?.state === 'assessed' ? one.change.value : undefined}
              fallback={say('unknown')}
            >
              {(change) => (
                <>
                  {say('changeOf', {
                    ml: change().millilitres.toFixed(0),
                    baseline: change().percent_of_baseline.toFixed(1),
                    predicted: figure(change().percent_of_predicted, 1, say),
                  })}
                </>
              )}
            </Show>
            <For each={one.by}>
              {(list) => (
                <>
                  {' · '}
                  {text(list.title)}{colonIn(app.language())}{list.result.state === 'assessed' ? text(list.result.value.label) : say('unknown')}
                </>
              )}
            </For>
          </p>
        )}
      </For>
    </>
  );
}

function PartOf(props: { blows: Blows; heading: string; found: Spirometry; part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const text = (value: { zh: string; en: string }): string => inLanguage(value, app.language());
  const title = (id: string): string => {
    const one = props.found.equations.find((equations) => equations.id === id);
    return one === undefined ? id : text(one.title);
  };
  const value = (one: Expected, of: 'median' | 'lower_limit' | 'value', places: number): string =>
    one.result.state === 'assessed' ? figure(one.result.value[of] ?? null, places, say) : say('unknown');
  const places = (one: Expected): number => (one.measure === 'ratio' ? 3 : 2);
  const against = ({ judged }: Blow): string => clausesIn([...judged.against.map(text), ...judged.not_judged.map((words) => say('notLookedAt', { what: text(words) }))], app.language());
  return (
    <div class="stack">
      <h3>{props.heading}</h3>
      <Show when={props.blows.missing}>{(missing) => <Notice kind="warn">{say('notAssessable', { why: text(missing().why) })}</Notice>}</Show>
      <Show when={props.blows.fev1} fallback={<p class="soft">{say('notGradedWhy')}</p>}>
        {(fev1) => (
          <p data-grades={`${fev1().grade}${props.blows.fvc?.grade ?? ''}`}>
            {say('grades', { fev1: fev1().grade, fvc: props.blows.fvc?.grade ?? '' })}{' '}
            <Show when={fev1().needs_confirmation}>
              <span class="chip warn">{say('confirm')}</span>
            </Show>
          </p>
        )}
      </Show>
      <Show when={props.blows.blows.length > 0}>
        <Curves blows={props.blows.blows} label={say('curves', { part: props.heading })} />
        <DataTable
          caption={say('curves', { part: props.heading })}
          rows={props.blows.blows.map((one, at) => ({ one, n: at + 1 }))}
          columns={[
            { heading: say('blow'), numeric: true, cell: ({ n }) => String(n) },
            { heading: say('fev1'), numeric: true, cell: ({ one }) => one.measured.fev1_l.toFixed(2) },
            { heading: say('fvc'), numeric: true, cell: ({ one }) => one.measured.fvc_l.toFixed(2) },
            { heading: say('pef'), numeric: true, cell: ({ one }) => one.measured.pef_l_s.toFixed(2) },
            { heading: say('backExtrapolated'), numeric: true, cell: ({ one }) => one.measured.back_extrapolated_l.toFixed(2) },
            { heading: say('expiration'), numeric: true, cell: ({ one }) => one.measured.expiration_s.toFixed(1) },
            { heading: say('fev1Is'), cell: ({ one }) => say(`is.${one.judged.fev1}`) },
            { heading: say('fvcIs'), cell: ({ one }) => say(`is.${one.judged.fvc}`) },
            { heading: say('against'), cell: ({ one }) => against(one) },
          ]}
        />
      </Show>
      <DataTable
        caption={`${say('expected')} · ${props.heading}`}
        rows={props.blows.expected}
        columns={[
          { heading: say('equations'), cell: ({ equations }) => title(equations) },
          { heading: say('measure'), cell: ({ measure }) => say(measure) },
          { heading: say('measured'), numeric: true, cell: (one) => value(one, 'value', places(one)) },
          { heading: say('median'), numeric: true, cell: (one) => value(one, 'median', places(one)) },
          { heading: say('lowerLimit'), numeric: true, cell: (one) => value(one, 'lower_limit', places(one)) },
          { heading: say('percent'), numeric: true, cell: ({ result }) => (result.state === 'assessed' ? figure(result.value.percent ?? null, 0, say) : say('unknown')) },
          { heading: 'z', numeric: true, cell: ({ result }) => (result.state === 'assessed' ? figure(result.value.z_score ?? null, 2, say) : say('unknown')) },
          {
            heading: say('severity'),
            cell: ({ result, severity }) =>
              result.state === 'assessed'
                ? severity === null
                  ? say('unknown')
                  : text(severity.label)
                : say('notAssessable', { why: clausesIn(result.missing.map(({ why }) => text(why)), app.language()) }),
          },
        ]}
      />
    </div>
  );
}

/** Flow against volume, one line for each blow; the table beside it says the same. */
function Curves(props: { blows: readonly Blow[]; label: string }): JSX.Element {
  const most = () => ({
    volume: Math.max(...props.blows.flatMap(({ curve }) => curve.map(([volume]) => volume)), 1),
    flow: Math.max(...props.blows.flatMap(({ curve }) => curve.map(([, flow]) => flow)), 1),
  });
  const points = (one: Blow): string =>
    one.curve.map(([volume, flow]) => `${((volume / most().volume) * (WIDTH - 6) + 3).toFixed(1)},${(HEIGHT - 3 - (flow / most().flow) * (HEIGHT - 6)).toFixed(1)}`).join(' ');
  return (
    <figure class="follow-plot follow-curves">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
        <For each={props.blows}>{(one, at) => <polyline points={points(one)} data-blow={at()} stroke-dasharray={at() === 0 ? undefined : `${6 - Math.min(at(), 4)} 2`} />}</For>
      </svg>
      <figcaption class="soft small">
        {props.label}: 0–{most().volume.toFixed(1)} L, 0–{most().flow.toFixed(1)} L/s
      </figcaption>
    </figure>
  );
}
