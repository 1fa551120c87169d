/** The follow-ups at home of a patient that go on, and the way to begin one; for those who treat. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { inLanguage } from '../core/language';
import { createQuery } from '../core/query';
import { Link } from '../core/router';
import { Answer } from './Answer';

/** What is told here of a line of the work list. */
interface Followed {
  readonly id: string;
  readonly plan: { readonly title: { readonly zh: string; readonly en: string } };
}

export function FollowUps(props: { patient: string }): JSX.Element {
  const app = useApp();
  const followed = createQuery<readonly Followed[]>(() => {
    const path = `/api/scenarios/follow-up/patients/${encodeURIComponent(props.patient)}/courses`;
    return (signal) => app.api.get(path, { signal });
  });
  app.onServerEvent(({ kind }) => {
    if (kind === 'case' || kind === 'missed') followed.reload();
  });
  return (
    <div class="row" data-follow-ups>
      <Answer of={followed} lines={1}>
        {(all) => (
          <For each={all()}>
            {({ id, plan }) => (
              <Link class="button small" href={`/scenarios/follow-up/${encodeURIComponent(id)}`}>
                {app.t('patient.followUpOpen', { plan: inLanguage(plan.title, app.language()) })}
              </Link>
            )}
          </For>
        )}
      </Answer>
      <Link class="button quiet small" href={`/scenarios/follow-up?patient=${encodeURIComponent(props.patient)}`}>
        {app.t('patient.followUpBegin')}
      </Link>
    </div>
  );
}
