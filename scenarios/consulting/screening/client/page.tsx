/** The programme's own page: the way in, or one programme. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { Link } from '../../../../client/core/router';
import type { ScenarioPageProps } from '../../../../client/core/scenario-panel';
import { Icon } from '../../../../client/panels/Icon';
import { Programme } from './Programme';
import { Start } from './Start';

export default function Page(props: ScenarioPageProps): JSX.Element {
  const app = useApp();
  return (
    <div class="page screen-page" data-accent="consulting">
      <Link href={props.within === undefined ? '/' : '/scenarios/screening'} class="row small back">
        <Icon name="back" size={16} />
        {app.t(props.within === undefined ? 'app.home' : 'app.back')}
      </Link>
      <Show when={props.within} keyed fallback={<Start />}>
        {(id) => <Programme id={id} inRoom={false} />}
      </Show>
    </div>
  );
}
