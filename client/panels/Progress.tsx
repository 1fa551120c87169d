/** How far a long job is. */
import type { JSX } from 'solid-js';

interface ProgressProps {
  readonly label: string;
  /** 0 to 1; left out while nobody knows. */
  readonly done?: number | undefined;
}

export function Progress(props: ProgressProps): JSX.Element {
  return (
    <label class="progress">
      <span>{props.label}</span>
      <progress max={1} {...(props.done === undefined ? {} : { value: props.done })} />
    </label>
  );
}
