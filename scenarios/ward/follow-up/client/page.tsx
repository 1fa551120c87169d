/** The follow-up's page: the patient's own, the work list and one follow-up of it, or figures for who runs the hospital. */
import { Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { Link } from '../../../../client/core/router';
import type { ScenarioPageProps } from '../../../../client/core/scenario-panel';
import { Icon } from '../../../../client/panels/Icon';
import { Notice } from '../../../../client/panels/Notice';
import { CourseView } from './CourseView';
import { Figures } from './Figures';
import { Own } from './Own';
import './style.css';
import { WorkList } from './WorkList';
import { sayIn } from './words';

const TREATS: ReadonlySet<string> = new Set(['nurse', 'terminal-doctor', 'expert']);

export default function Page(props: ScenarioPageProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const treats = (): boolean => app.me()?.roles.some((role) => TREATS.has(role)) ?? false;
  return (
    <div class="page follow-page" data-accent="ward">
      <Link href={props.within === undefined ? '/' : '/scenarios/follow-up'} class="row small back">
        <Icon name="back" size={16} />
        {app.t(props.within === undefined ? 'app.home' : 'app.back')}
      </Link>
      <Switch fallback={<Notice>{say('forPatients')}</Notice>}>
        <Match when={(app.me()?.patient !== undefined || app.me()?.answersOnly) && !treats()}>
          <Own />
        </Match>
        <Match when={treats()}>
          <Show when={props.within} keyed fallback={<WorkList />}>
            {(id) => <CourseView id={id} inRoom={false} />}
          </Show>
        </Match>
        <Match when={app.me()?.roles.includes('manager')}>
          <Figures />
        </Match>
      </Switch>
    </div>
  );
}
