/** What the record knows about a patient, what was found, what happened and what was decided. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import type { App } from '../core/app';
import { dayOf, momentOf } from '../core/dates';
import type { KnownAnswer, PatientTwin, Source } from '../core/hospital';
import { inLanguage } from '../core/language';
import type { Key } from '../words/words';
import { EmptyState } from './EmptyState';
import { ProofBadge } from './ProofBadge';
import { SourceChip } from './SourceChip';

export function PatientFacts(props: { twin: PatientTwin }): JSX.Element {
  const app = useApp();
  const said = (text: Parameters<typeof inLanguage>[0]): string => inLanguage(text, app.language());
  return (
    <div>
      <Block title="patient.decisions">
        <Show
          when={props.twin.decisions.length > 0}
          fallback={
            <EmptyState icon="seal" title={app.t('patient.decisionsNone')} hint={app.t('patient.decisionsNoneHint')} />
          }
        >
          <For each={props.twin.decisions}>
            {(decision) => (
              <article class="decision">
                <h3>{said(decision.title)}</h3>
                <p>{decision.plan}</p>
                <p class="soft small">
                  {decision.signers.join(' · ')} · <time>{momentOf(decision.at, app.language())}</time>
                </p>
                <div class="row">
                  <Show when={typeof decision.sequence === 'number' ? decision.sequence : undefined}>
                    {(sequence) => <ProofBadge sequence={sequence()} />}
                  </Show>
                  <SourceOf source={decision.source} />
                </div>
              </article>
            )}
          </For>
        </Show>
      </Block>
      <Block title="patient.summary">
        <Show
          when={props.twin.known.length > 0}
          fallback={
            <EmptyState icon="document" title={app.t('patient.summaryNone')} hint={app.t('patient.summaryNoneHint')} />
          }
        >
          <dl class="known">
            <For each={props.twin.known}>
              {(answer) => (
                <div>
                  <dt>{said(answer.label)}</dt>
                  <dd>{valueWords(answer, app.t)}</dd>
                  <dd class="for-source">
                    <SourceOf source={answer.source} />
                  </dd>
                </div>
              )}
            </For>
          </dl>
        </Show>
      </Block>
      <Block title="patient.findings">
        <Show
          when={props.twin.findings.length > 0}
          fallback={<p class="soft small">{app.t('patient.findingsNone')}</p>}
        >
          <For each={props.twin.findings}>
            {(finding) => (
              <article class="decision">
                <h3>{said(finding.label)}</h3>
                <Show when={finding.detail}>{(detail) => <p class="small">{said(detail())}</p>}</Show>
                <SourceOf source={finding.source} />
              </article>
            )}
          </For>
        </Show>
      </Block>
    </div>
  );
}

/** What happened to a patient, the newest first. */
export function PatientTimeline(props: { twin: PatientTwin }): JSX.Element {
  const app = useApp();
  const said = (text: Parameters<typeof inLanguage>[0]): string => inLanguage(text, app.language());
  return (
    <Block title="patient.timeline">
      <Show
        when={props.twin.timeline.length > 0}
        fallback={<p class="soft small">{app.t('patient.timelineNone')}</p>}
      >
        <ol class="timeline">
          <For each={[...props.twin.timeline].sort((a, b) => b.at.localeCompare(a.at))}>
            {(happening) => (
              <li>
                <time class="soft small" dateTime={happening.at}>
                  {dayOf(happening.at, app.language())}
                </time>
                <span>
                  {said(happening.label)} <SourceOf source={happening.source} />
                </span>
              </li>
            )}
          </For>
        </ol>
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

function SourceOf(props: { source: Source | null | undefined }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.source}>
      {(source) => <SourceChip label={inLanguage(source().label, app.language())} href={source().href ?? undefined} />}
    </Show>
  );
}

/** A value as people read it; what is not known is said to be so. */
export function valueWords(answer: Pick<KnownAnswer, 'value' | 'unit'>, t: App['t']): string {
  if (answer.value === null) return t('patient.notKnown');
  if (typeof answer.value === 'boolean') return t(answer.value ? 'patient.yes' : 'patient.no');
  if (answer.unit === 'a' && typeof answer.value === 'number') return t('patient.years', { n: answer.value });
  // UCUM writes annotations and the unit one in a way that is not for people.
  const unit = (answer.unit ?? '').replace(/\{[^}]*\}/g, '').replace(/^1$/, '');
  return unit === '' ? String(answer.value) : `${answer.value} ${unit}`;
}
