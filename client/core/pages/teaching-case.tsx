/** One teaching case: images, what is known, questions; then the score with its reasons. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DataTable } from '../../panels/DataTable';
import { Icon } from '../../panels/Icon';
import { Pictures } from '../../panels/teaching/Pictures';
import { Questions } from '../../panels/teaching/Questions';
import { Result } from '../../panels/teaching/Result';
import '../../panels/teaching/teaching.css';
import type { TeachingCase } from '../../panels/teaching/case';

import { unitWords } from '../../panels/timeline/scale';
import { valueWords } from '../../panels/PatientFacts';
import { useApp } from '../app';
import { dayOf, momentOf } from '../dates';
import { questionsOf } from '../hospital';
import type { ModelCard } from '../hospital';
import { createQuery } from '../query';
import { Link, go } from '../router';

export function TeachingCasePage(props: { id: string }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/teaching/cases/${encodeURIComponent(props.id)}`;
  const [answered, setAnswered] = createSignal<TeachingCase>();
  const query = createQuery<TeachingCase>(() => {
    const address = path();
    return (signal) => app.api.get(address, { signal });
  });
  const close = async (): Promise<void> => {
    if (!confirm(app.t('teaching.closeSure'))) return;
    try {
      await app.api.delete(path());
      go('/teaching');
    } catch (error) {
      app.toast(() => app.explain(error));
    }
  };
  return (
    <div class="page" data-accent="teaching">
      <Link href="/teaching" class="row small back">
        <Icon name="back" size={16} />
        {app.t('teaching.title')}
      </Link>
      <Answer of={query} lines={8}>
        {(loaded) => {
          const shown = (): TeachingCase => answered() ?? loaded();
          return (
            <>
              <h1>{app.t('teaching.case', { name: shown().pseudonym })}</h1>
              <div class="patient-grid">
                <div>
                  <Pictures of={shown()} />
                </div>
                <div>
                  <Facts of={shown()} />
                  <Show when={!shown().is_own && !shown().score}>
                    <Questions of={shown()} onAnswered={setAnswered} />
                  </Show>
                  <Show when={shown().score}>
                    {(score) => (
                      <Result
                        title={`${app.t('teaching.result')}: ${app.t('teaching.scored', { points: score().points, of: score().of })}`}
                        judged={score().judged}
                        isOwn={false}
                      />
                    )}
                  </Show>
                  <Show when={shown().answers}>
                    {(answers) => <Result title={app.t('teaching.answers')} judged={answers()} isOwn />}
                  </Show>
                  <Show when={shown().is_own}>
                    <section class="panel" aria-labelledby="teaching-attempts">
                      <header>
                        <h2 id="teaching-attempts">{app.t('teaching.attempts')}</h2>
                      </header>
                      <div class="panel-body">
                        <ul>
                          <For each={shown().attempts}>
                            {(attempt) => (
                              <li>
                                {attempt.by} · {app.t('teaching.scored', { points: attempt.points, of: shown().questions.length })}{' '}
                                <span class="soft small">{momentOf(attempt.at, app.language())}</span>
                              </li>
                            )}
                          </For>
                        </ul>
                        <button type="button" class="button small" onClick={() => void close()}>
                          {app.t('teaching.close')}
                        </button>
                      </div>
                    </section>
                  </Show>
                </div>
              </div>
            </>
          );
        }}
      </Answer>
    </div>
  );
}

function Facts(props: { of: TeachingCase }): JSX.Element {
  const app = useApp();
  const cards = createQuery<ModelCard[]>(() => (signal) => app.api.get('/api/assess', { signal }));
  const value = ({ name, value, or_more }: TeachingCase['facts']['known'][number]): string => {
    const question = questionsOf(cards.data() ?? []).get(name);
    const words = valueWords({ value, unit: question?.unit ?? null }, app, question);
    return or_more ? app.t('teaching.orMore', { value: words }) : words;
  };
  return (
    <section class="panel" aria-labelledby="teaching-facts">
      <header>
        <h2 id="teaching-facts">{app.t('teaching.facts')}</h2>
      </header>
      <div class="panel-body">
        <dl class="known">
          <For each={props.of.facts.known}>
            {(known) => (
              <div>
                <dt>{known.label[app.language()]}</dt>
                <dd>{value(known)}</dd>
              </div>
            )}
          </For>
        </dl>
        <Show when={props.of.facts.measured.length > 0}>
          <details class="small">
            <summary>{app.t('teaching.values')}</summary>
            <p class="soft">{app.t('teaching.moved')}</p>
            <DataTable
              caption={app.t('teaching.values')}
              columns={[
                { heading: app.t('time.day'), cell: ({ day }) => dayOf(day, app.language()) },
                { heading: app.t('time.what'), cell: ({ label }) => label[app.language()] },
                {
                  heading: app.t('time.value'),
                  numeric: true,
                  cell: ({ number, unit }) =>
                    `${number.toLocaleString(app.language(), { maximumFractionDigits: 2 })} ${unitWords(unit)}`,
                },
              ]}
              rows={props.of.facts.measured}
            />
          </details>
        </Show>
      </div>
    </section>
  );
}
