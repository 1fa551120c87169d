/** One choice of a few, on native radio buttons: arrows move within, Tab moves past. */
import { For, createUniqueId } from 'solid-js';
import type { JSX } from 'solid-js';

interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly lang?: string }[];
  readonly chosen: Value | undefined;
  onChoose(value: Value): void;
}

export function Segmented<Value extends string>(props: SegmentedProps<Value>): JSX.Element {
  const name = createUniqueId();
  return (
    <div class="segmented" role="radiogroup" aria-label={props.label}>
      <For each={props.options}>
        {(option) => (
          <label>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={props.chosen === option.value}
              onChange={() => props.onChoose(option.value)}
            />
            <span lang={option.lang}>{option.label}</span>
          </label>
        )}
      </For>
    </div>
  );
}
