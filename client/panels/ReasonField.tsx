/** Where somebody says why, in a few lines. */
import type { JSX } from 'solid-js';
import { Field } from './Field';

interface ReasonFieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly wrong?: string | undefined;
  /** As the server has it, in characters. */
  readonly longest: number;
  readonly value: string;
  readonly required?: boolean;
  onInput(reason: string): void;
}

export function ReasonField(props: ReasonFieldProps): JSX.Element {
  return (
    <Field label={props.label} hint={props.hint} wrong={props.wrong}>
      {(control) => (
        <textarea
          {...control}
          class="input"
          maxLength={props.longest}
          required={props.required ?? false}
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
