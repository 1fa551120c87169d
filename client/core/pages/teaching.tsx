/** The teaching cases that this person may see. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { EmptyState } from '../../panels/EmptyState';
import '../../panels/teaching/teaching.css';
import type { TeachingRow } from '../../panels/teaching/case';
import { useApp } from '../app';
import { dayOfMoment } from '../dates';
import { createQuery } from '../query';
import { Link } from '../router';

export function TeachingPage(): JSX.Element {
  const app = useApp();
  const cases = createQuery<TeachingRow[]>(() => (signal) => app.api.get('/api/teaching/cases', { signal }));
  return (
    <div class="page" data-accent="teaching">
      <header>
        <h1>{app.t('teaching.title')}</h1>
        <p class="soft">{app.t('teaching.lead')}</p>
      </header>
      <section class="panel" aria-label={app.t('teaching.title')}>
        <div class="panel-body">
          <Answer of={cases}>
            {(rows) => (
              <Show
                when={rows().length > 0}
                fallback={<EmptyState icon="teaching" title={app.t('teaching.none')} hint={app.t('teaching.noneHint')} />}
              >
                <ul class="teaching-list">
                  <For each={rows()}>{(row) => <Row row={row} />}</For>
                </ul>
              </Show>
            )}
          </Answer>
        </div>
      </section>
    </div>
  );
}

function Row(props: { row: TeachingRow }): JSX.Element {
  const app = useApp();
  const state = (): string => {
    const { is_own, points, questions, answered, trainees } = props.row;
    if (is_own) return app.t('teaching.answered', { n: answered ?? 0, of: trainees ?? 0 });
    return points === null ? app.t('teaching.notAnswered') : app.t('teaching.scored', { points, of: questions });
  };
  return (
    <li class="row">
      <strong class="number">{app.t('teaching.case', { name: props.row.pseudonym })}</strong>
      <span class="soft small">{app.t('teaching.made', { day: dayOfMoment(props.row.made, app.language()) })}</span>
      <Show when={props.row.is_own}>
        <span class="chip accent">{app.t('teaching.own')}</span>
      </Show>
      <span class="small">{state()}</span>
      <Link class="button small" href={`/teaching/${encodeURIComponent(props.row.id)}`}>
        {app.t('teaching.open')}
        <span class="for-listeners">{props.row.pseudonym}</span>
      </Link>
    </li>
  );
}
