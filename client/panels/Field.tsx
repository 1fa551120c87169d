/** A label with its control, its hint and what is wrong with it, tied together for listeners. */
import { Show, createUniqueId } from 'solid-js';
import type { JSX } from 'solid-js';
import { Icon } from './Icon';

/** What the control inside must carry. */
export interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly wrong?: string | undefined;
  children(control: FieldIds): JSX.Element;
}

export function Field(props: FieldProps): JSX.Element {
  const id = createUniqueId();
  const control: FieldIds = {
    id,
    get 'aria-describedby'() {
      return `${id}-hint ${id}-wrong`;
    },
    get 'aria-invalid'() {
      // A condition of a component may be `false` where nothing is wrong.
      return Boolean(props.wrong);
    },
  };
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.children(control)}
      <span id={`${id}-hint`} class="hint" hidden={!props.hint}>
        {props.hint}
      </span>
      <span id={`${id}-wrong`} class="wrong" hidden={!props.wrong}>
        <Show when={props.wrong}>
          <Icon name="alert" size={16} />
          <span>{props.wrong}</span>
        </Show>
      </span>
    </div>
  );
}
