/** What was decided and found about a patient, and what the record knows. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import type { App } from '../core/app';
import { dayOfMoment } from '../core/dates';
import type { Zone } from '../core/dates';
import { questionsOf, sourceAddress, studyAddress } from '../core/hospital';
import type { Finding, ModelCard, PatientTwin, Question, TwinAnswer } from '../core/hospital';
import { inLanguage } from '../core/language';
import { createQuery } from '../core/query';
import type { Key } from '../words/words';
import { EmptyState } from './EmptyState';
import { ProofBadge } from './ProofBadge';
import { SourceChip } from './SourceChip';
import { ageLabel, sinceQuitting } from './person';

interface TwinProps {
  readonly twin: PatientTwin;
}

export function PatientFacts(props: TwinProps): JSX.Element {
  return (
    <div>
      <Decisions {...props} />
      <Lesions {...props} />
      <Known {...props} />
    </div>
  );
}

function Decisions(props: TwinProps): JSX.Element {
  const app = useApp();
  // What concludes something was decided by people; the rest are values and templates of plans.
  const decided = createMemo(() => props.twin.findings.filter(({ conclusion }) => conclusion));
  const others = createMemo(() => props.twin.findings.filter(({ conclusion }) => !conclusion));
  return (
    <Block title="patient.decisions">
      <Show
        when={decided().length > 0}
        fallback={
          <EmptyState icon="seal" title={app.t('patient.decisionsNone')} hint={app.t('patient.decisionsNoneHint')} />
        }
      >
        <For each={decided()}>{(finding) => <FindingLine finding={finding} zone={props.twin.time_zone} />}</For>
      </Show>
      <Show when={others().length > 0}>
        <details class="unknown small">
          <summary>{app.t('patient.otherReports', { n: others().length })}</summary>
          <For each={others()}>{(finding) => <FindingLine finding={finding} zone={props.twin.time_zone} />}</For>
        </details>
      </Show>
    </Block>
  );
}

function FindingLine(props: { finding: Finding; zone: Zone }): JSX.Element {
  const app = useApp();
  const kind = (): string => {
    const known = (['CarePlan', 'DiagnosticReport'] as const).find((one) => one === props.finding.kind);
    return known ? app.t(`kind.${known}`) : props.finding.kind;
  };
  return (
    <article class="decision">
      <h3>{props.finding.title === props.finding.kind ? kind() : props.finding.title}</h3>
      <Show when={props.finding.conclusion}>{(text) => <p class="conclusion">{text()}</p>}</Show>
      <div class="row">
        <Show when={props.finding.at}>
          {(at) => (
            <time class="soft small" dateTime={at()}>
              {dayOfMoment(at(), app.language(), props.zone)}
            </time>
          )}
        </Show>
        <Show when={props.finding.sequence ?? undefined}>{(sequence) => <ProofBadge sequence={sequence()} />}</Show>
        <SourceChip label={kind()} href={sourceAddress(props.finding.reference)} />
      </div>
    </article>
  );
}

function Lesions(props: TwinProps): JSX.Element {
  const app = useApp();
  /** The study whose images the outline lies on. */
  const addressOf = (lesion: PatientTwin['lesions'][number]): string | undefined => {
    const study = props.twin.studies.find(({ series }) => series.some(({ uid }) => uid === lesion.series));
    return study && studyAddress(study.uid);
  };
  const number = (value: number, digits: number): string =>
    value.toLocaleString(app.language(), { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return (
    <Block title="patient.findings">
      <Show
        when={props.twin.lesions.length > 0}
        fallback={<p class="soft small">{app.t('patient.findingsNone')}</p>}
      >
        <For each={props.twin.lesions}>
          {(lesion) => (
            <article class="decision">
              <h3>{inLanguage(lesion.label, app.language())}</h3>
              <p class="small number">
                {app.t('patient.lesionSize', {
                  mean: number(lesion.mean_diameter_mm, 1),
                  long: number(lesion.long_axis_mm, 1),
                  short: number(lesion.short_axis_mm, 1),
                  volume: number(lesion.volume_mm3, 0),
                })}
              </p>
              <SourceChip label={app.t('patient.outline')} href={addressOf(lesion)} />
            </article>
          )}
        </For>
      </Show>
    </Block>
  );
}

function Known(props: TwinProps): JSX.Element {
  const app = useApp();
  const cards = createQuery<ModelCard[]>(() => (signal) => app.api.get('/api/assess', { signal }));
  const questions = createMemo(() => questionsOf(cards.data() ?? []));
  const label = (name: string): string => {
    const question = questions().get(name);
    return question ? inLanguage(question.label, app.language()) : name;
  };
  const all = createMemo(() => Object.entries(props.twin.answers));
  const known = createMemo(() =>
    all().flatMap(([name, answer]) => (answer.state === 'known' ? [{ name, answer }] : [])),
  );
  const unknown = createMemo(() =>
    all().flatMap(([name, answer]) => (answer.state === 'unknown' ? [{ name, why: answer.why }] : [])),
  );
  return (
    <Block title="patient.summary">
      <Show
        when={known().length > 0}
        fallback={
          <EmptyState icon="document" title={app.t('patient.summaryNone')} hint={app.t('patient.summaryNoneHint')} />
        }
      >
        <dl class="known">
          <For each={known()}>
            {({ name, answer }) => (
              <div>
                <dt>{ageLabel(app, props.twin, answer) ?? label(name)}</dt>
                <dd>{sinceQuitting(app, name, props.twin) ?? valueWords(answer, app, questions().get(name))}</dd>
                <dd class="for-source row">
                  <SourceChip label={answer.source.reference} href={sourceAddress(answer.source.reference)} />
                  <span class="soft small">{app.t(`certainty.${answer.certainty}`)}</span>
                </dd>
              </div>
            )}
          </For>
        </dl>
      </Show>
      <Show when={unknown().length > 0}>
        <details class="unknown small">
          <summary>{app.t('patient.unknownCount', { n: unknown().length })}</summary>
          <p class="soft">{app.t('patient.summaryNoneHint')}</p>
          <ul>
            <For each={unknown()}>
              {({ name, why }) => (
                <li>
                  {label(name)} <span class="soft">· {inLanguage(why, app.language())}</span>
                </li>
              )}
            </For>
          </ul>
        </details>
      </Show>
    </Block>
  );
}

function Block(props: { title: Key & `patient.${string}`; children: JSX.Element }): JSX.Element {
  const { t } = useApp();
  const id = (): string => props.title.replace('.', '-');
  return (
    <section class="panel" aria-labelledby={id()}>
      <header>
        <h2 id={id()}>{t(props.title)}</h2>
      </header>
      <div class="panel-body">{props.children}</div>
    </section>
  );
}

/** A value as people read it. */
export function valueWords(
  answer: Pick<Extract<TwinAnswer, { state: 'known' }>, 'value' | 'unit'>,
  app: Pick<App, 't' | 'language'>,
  question: Question | undefined,
): string {
  const { value } = answer;
  if (typeof value === 'boolean') return app.t(value ? 'patient.yes' : 'patient.no');
  if (typeof value === 'string') {
    const choice = question?.choices?.find(({ id }) => id === value);
    return choice ? inLanguage(choice.label, app.language()) : value;
  }
  // An age is counted otherwise than a span of time, where a language has two words.
  if (answer.unit === 'a') return app.t(question?.name === 'age_years' ? 'patient.years' : 'patient.span', { n: value });
  // UCUM writes annotations and the unit one in a way that is not for people.
  const unit = (answer.unit ?? '').replace(/\{[^}]*\}/g, '').replace(/^1$/, '');
  const number = value.toLocaleString(app.language(), { maximumFractionDigits: 2 });
  return unit === '' ? number : `${number} ${unit}`;
}
