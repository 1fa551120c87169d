/** What was answered, what is right, why, and who says so. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Judged } from '../../../contract/teaching';
import { useApp } from '../../core/app';

export function Result(props: { title: string; judged: readonly Judged[]; isOwn: boolean }): JSX.Element {
  const app = useApp();
  const words = ({ question, given }: Judged): string => {
    if (given === undefined) return app.t('teaching.noAnswer');
    if (question.answer.kind === 'number') return `${String(given)} ${question.answer.unit}`;
    return question.answer.options.find(({ id }) => id === given)?.label[app.language()] ?? app.t('teaching.noAnswer');
  };
  return (
    <section class="panel" aria-labelledby="teaching-result">
      <header>
        <h2 id="teaching-result">{props.title}</h2>
      </header>
      <div class="panel-body">
        <For each={props.judged}>
          {(one) => (
            <article class="decision">
              <h3>{one.question.ask[app.language()]}</h3>
              <dl class="judged small">
                <Show when={!props.isOwn}>
                  <div>
                    <dt>{app.t('teaching.yours')}</dt>
                    <dd>
                      {words(one)}{' '}
                      <span class={`chip ${one.is_right ? 'good' : 'bad'}`}>
                        {app.t(one.is_right ? 'teaching.isRight' : 'teaching.isWrong')}
                      </span>
                    </dd>
                  </div>
                </Show>
                <div>
                  <dt>{app.t('teaching.right')}</dt>
                  <dd>
                    <strong>{one.right.words[app.language()]}</strong>
                  </dd>
                </div>
                <div>
                  <dt>{app.t('teaching.why')}</dt>
                  <dd>
                    <For each={one.right.why}>{(why) => <div>{why[app.language()]}</div>}</For>
                  </dd>
                </div>
              </dl>
              <Show when={one.right.source}>
                {(source) => <p class="soft small">{app.t('teaching.source', { source: source() })}</p>}
              </Show>
            </article>
          )}
        </For>
      </div>
    </section>
  );
}
