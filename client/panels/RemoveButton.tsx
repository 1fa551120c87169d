/** Takes one thing of a list away; `what` says to listeners what it is. */
import type { JSX } from 'solid-js';
import { Icon } from './Icon';

export function RemoveButton(props: { what: string; onRemove: () => void }): JSX.Element {
  return (
    <button type="button" class="button quiet small" aria-label={props.what} onClick={() => props.onRemove()}>
      <Icon name="close" size={16} />
    </button>
  );
}
