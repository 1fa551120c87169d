/** The marked readings of a span in words: where, how many, and what is to be known of them. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { asideIn, colonIn } from '../../core/language';
import { marksText } from './marks';
import type { MarkRun } from './marks';
import type { Span } from './span';
import { timeIn } from './time';

/** More of them are in the table. */
const MOST = 8;

interface MarksProps {
  readonly runs: readonly MarkRun[];
  readonly span: Span;
  /** There are too many readings to look for marks. */
  readonly far: boolean;
}

export function SignalMarks(props: MarksProps): JSX.Element {
  const app = useApp();
  const time = ({ from, last }: MarkRun): string => {
    const [begin, end] = [from, last].map((ms) => timeIn(ms, props.span, app.language()));
    return begin === end ? (begin ?? '') : `${begin ?? ''} – ${end ?? ''}`;
  };
  return (
    <>
      <Show when={props.far}>
        <p class="soft small" data-marks="far">{app.t('signals.marksFar')}</p>
      </Show>
      <Show when={props.runs.length > 0}>
        <ul class="signal-marks small" data-marks="" aria-label={app.t('signals.marks')}>
          <For each={props.runs.slice(0, MOST)}>
            {(run) => (
              <li>
                {time(run)}{colonIn(app.language())}{marksText(run.marks, app.language())}
                {asideIn(app.t('signals.markedText', { n: run.count }), app.language())}
              </li>
            )}
          </For>
          <Show when={props.runs.length > MOST}>
            <li>{app.t('signals.marksMore', { n: props.runs.length - MOST })}</li>
          </Show>
        </ul>
      </Show>
    </>
  );
}
