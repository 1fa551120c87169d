/** On to the next step; a step is left out with a reason. */
import { Show, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { Field } from '../../../../client/panels/Field';
import type { Part, StepName } from './course';
import { STEPS, stateOf } from './course';

export function Skip(props: { part: Part; step: StepName; onGo: (step: StepName) => void }): JSX.Element {
  const say = props.part.say;
  const [opened, setOpened] = createSignal(false);
  const [reason, setReason] = createSignal('');
  createEffect(on(() => props.step, () => setOpened(false)));
  const isUndone = (): boolean => ['open', 'stale'].includes(stateOf(props.part.of, props.step));
  const isTheirs = (): boolean =>
    props.part.of.state === (props.step === 'assist' ? 'active' : 'draft') && props.part.decides && !props.part.offline;
  const next = (): StepName | undefined => STEPS[STEPS.indexOf(props.step) + 1];
  const skip = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (reason().trim() === '') return;
    if (!(await props.part.act('skip', { step: props.step, reason: reason() }))) return;
    setReason('');
    setOpened(false);
    const to = next();
    if (to) props.onGo(to);
  };
  return (
    <footer class="stack screen-foot">
      <div class="row">
        <Show when={next()}>
          {(to) => (
            <button type="button" class="button" onClick={() => props.onGo(to())}>
              {say('next', { step: say(`step.${to()}`) })}
            </button>
          )}
        </Show>
        <Show when={isUndone() && isTheirs()}>
          <button
            type="button"
            class="button quiet"
            aria-expanded={opened()}
            onClick={() => setOpened((now) => !now)}
          >
            {say('skip')}
          </button>
        </Show>
      </div>
      <Show when={opened() && isUndone()}>
        <form class="stack" onSubmit={(event) => void skip(event)} noValidate data-form="skip">
          <Field label={say('skipWhy')}>
            {(control) => (
              <input
                {...control}
                class="input"
                maxLength={1000}
                value={reason()}
                onInput={(event) => setReason(event.currentTarget.value)}
              />
            )}
          </Field>
          <div class="row">
            <button type="submit" class="button" disabled={reason().trim() === '' || props.part.busy}>
              {say('skipConfirm')}
            </button>
          </div>
        </form>
      </Show>
    </footer>
  );
}
