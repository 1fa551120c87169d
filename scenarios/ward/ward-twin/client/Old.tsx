/** Of when what is shown of a ward is, where an edge was without a line: beside whatever is shown of it. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { Notice } from '../../../../client/panels/Notice';
import { oldSaid } from './said';
import type { OldView } from './ward';
import type { Say } from './words';

export function Old(props: { of: readonly OldView[]; say: Say }): JSX.Element {
  return <For each={props.of.map((one) => oldSaid(one, props.say))}>{(words) => <Notice kind="warn">{words}</Notice>}</For>;
}
