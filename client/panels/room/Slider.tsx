/** A slider with its name and its value in words. */
import { createUniqueId } from 'solid-js';
import type { JSX } from 'solid-js';

interface SliderProps {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly words: string;
  readonly disabled?: boolean;
  /** Leaves the name to listeners, where the place already says it. */
  readonly quiet?: boolean;
  onChange(value: number): void;
}

export function Slider(props: SliderProps): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="slider">
      <label for={id} class={props.quiet ? 'for-listeners' : undefined}>
        {props.label}
      </label>
      <input
        id={id}
        type="range"
        min={props.min}
        max={props.max}
        step={props.step}
        value={props.value}
        disabled={props.disabled ?? false}
        aria-valuetext={props.words}
        onInput={(event) => props.onChange(event.currentTarget.valueAsNumber)}
      />
      <output for={id} class="number">
        {props.words}
      </output>
    </div>
  );
}
