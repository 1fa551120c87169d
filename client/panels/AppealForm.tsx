/** An appeal is granted or refused, with a reason that whoever appealed is told. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { ReasonField } from './ReasonField';

/** As the server has it, in characters. */
const LONGEST = 300;

export function AppealForm(props: { name: string; wrong?: string | undefined; busy?: boolean; answer(grants: boolean, reason: string): void }): JSX.Element {
  const app = useApp();
  const [grants, setGrants] = createSignal<boolean>();
  const [reason, setReason] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const decided = grants();
    setTried(true);
    if (decided !== undefined && reason().trim() !== '') props.answer(decided, reason().trim());
  };
  const choice = (is: boolean): JSX.Element => (
    <button type="button" class="button small" aria-expanded={grants() === is} onClick={() => setGrants((now) => (now === is ? undefined : is))}>
      {app.t(is ? 'appeal.grant' : 'appeal.refuse')}
      <span class="for-listeners"> {props.name}</span>
    </button>
  );
  return (
    <>
      <div class="row">
        {choice(true)}
        {choice(false)}
      </div>
      <Show when={grants() !== undefined}>
        <form class="stack tight" data-answer={grants() ? 'grant' : 'refuse'} onSubmit={send} noValidate>
          <ReasonField
            label={app.t('order.reason')}
            hint={app.t(grants() ? 'appeal.grantHint' : 'appeal.refuseHint')}
            wrong={props.wrong ?? (tried() && reason().trim() === '' ? app.t('order.needReason') : undefined)}
            longest={LONGEST}
            value={reason()}
            onInput={setReason}
          />
          <button type="submit" class="button small primary" disabled={props.busy ?? false}>
            {app.t(grants() ? 'appeal.grant' : 'appeal.refuse')}
          </button>
        </form>
      </Show>
    </>
  );
}
