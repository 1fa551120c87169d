/** Ends the follow-up, with a reason. */
import { createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { Field } from '../../../../client/panels/Field';
import type { Part } from './CourseView';

export function End(props: { part: Part }): JSX.Element {
  const [reason, setReason] = createSignal('');
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    void props.part.act('end', { reason: reason() });
  };
  return (
    <details>
      <summary>{props.part.say('end')}</summary>
      <form class="follow-form" data-form="end" onSubmit={send} noValidate>
        <Field label={props.part.say('endReason')}>
          {(control) => (
            <input {...control} class="input" name="reason" autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} />
          )}
        </Field>
        <div class="row">
          <button type="submit" class="button">
            {props.part.say('end')}
          </button>
        </div>
      </form>
    </details>
  );
}
