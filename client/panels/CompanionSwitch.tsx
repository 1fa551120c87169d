/** Whether those who treat a patient want somebody beside them in virtual rooms. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import type { Companion } from '../core/licence';
import { createQuery } from '../core/query';
import { Answer } from './Answer';
import { Field } from './Field';

export function CompanionSwitch(props: { patient: string }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/patients/${encodeURIComponent(props.patient)}/companion`;
  const now = createQuery<Companion>(() => {
    const from = path();
    return (signal) => app.api.get(from, { signal });
  });
  return (
    <section class="panel" aria-labelledby="patient-companion">
      <header>
        <h2 id="patient-companion">{app.t('companion.title')}</h2>
      </header>
      <div class="panel-body stack tight">
        <Answer of={now} lines={1}>
          {(answer) => (
            <>
              <p>{answer().needed ? app.t('companion.needed', { reason: answer().reason ?? '' }) : app.t('companion.none')}</p>
              <Show when={answer().may_change}>
                <Change path={path()} needed={answer().needed} onDone={() => now.reload()} />
              </Show>
            </>
          )}
        </Answer>
      </div>
    </section>
  );
}

function Change(props: { path: string; needed: boolean; onDone(): void }): JSX.Element {
  const app = useApp();
  const [reason, setReason] = createSignal('');
  const [wrong, setWrong] = createSignal<string>();
  const words = (): string => app.t(props.needed ? 'companion.unset' : 'companion.set');
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (reason().trim() === '') return void setWrong(app.t('order.needReason'));
    setWrong(undefined);
    try {
      await app.api.put(props.path, { needed: !props.needed, reason: reason().trim() });
      props.onDone();
    } catch (error) {
      setWrong(app.explain(error));
    }
  };
  return (
    <details>
      <summary>{words()}</summary>
      <form class="stack tight" onSubmit={(event) => void send(event)} noValidate>
        <Field label={app.t('companion.why')} wrong={wrong()}>
          {(control) => <input {...control} class="input" maxLength={300} onInput={(event) => setReason(event.currentTarget.value)} />}
        </Field>
        <button type="submit" class="button small">
          {words()}
        </button>
      </form>
    </details>
  );
}
