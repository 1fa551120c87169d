/** How well the warning of exacerbations does: made-up cohorts, and the page says so first. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { DataTable } from '../../../../client/panels/DataTable';
import type { WarnedWay } from './found';
import type { Say } from './words';

export function Warned(props: { ways: readonly WarnedWay[]; everyDays: number; say: Say }): JSX.Element {
  const { say } = props;
  /** Questions that look back over weeks, and no signs of the day. */
  const looksBack = (): boolean => props.ways.some(({ every_days }) => every_days !== null);
  const asked = (days: number | null): string =>
    say(days === 1 ? 'everyDay' : 'everyDays', { n: days ?? '' }) + (days === props.everyDays ? ` · ${say('thisPlan')}` : '');
  return (
    <details data-warned="">
      <summary>{say('warned')}</summary>
      <p class="soft small">{say('warnedWhy')}</p>
      <Show when={looksBack()}>
        <p class="small" data-looks-back="">
          {say('warnedLooksBack')}
        </p>
      </Show>
      <DataTable
        caption={say('warned')}
        rows={props.ways}
        columns={[
          looksBack()
            ? { heading: say('askedEvery'), cell: ({ every_days }) => asked(every_days) }
            : { heading: say('signs'), cell: ({ breathing_rate }) => say(breathing_rate ? 'withBreathing' : 'withoutBreathing') },
          { heading: say(looksBack() ? 'ofThatAnswered' : 'daysReported'), numeric: true, cell: ({ reported }) => reported },
          { heading: say('foundInTime'), numeric: true, cell: ({ found }) => found },
          { heading: say('delay'), numeric: true, cell: ({ delay_days }) => delay_days },
          { heading: say('forNothing'), numeric: true, cell: ({ for_nothing }) => for_nothing },
        ]}
      />
    </details>
  );
}
