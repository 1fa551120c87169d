/** How well the warning of exacerbations does: made-up cohorts, and the page says so first. */
import type { JSX } from 'solid-js';
import { DataTable } from '../../../../client/panels/DataTable';
import type { WarnedWay } from './found';
import type { Say } from './words';

export function Warned(props: { ways: readonly WarnedWay[]; say: Say }): JSX.Element {
  const { say } = props;
  return (
    <details data-warned="">
      <summary>{say('warned')}</summary>
      <p class="soft small">{say('warnedWhy')}</p>
      <DataTable
        caption={say('warned')}
        rows={props.ways}
        columns={[
          { heading: say('signs'), cell: ({ breathing_rate }) => say(breathing_rate ? 'withBreathing' : 'withoutBreathing') },
          { heading: say('daysReported'), numeric: true, cell: ({ reported }) => reported },
          { heading: say('foundInTime'), numeric: true, cell: ({ found }) => found },
          { heading: say('delay'), numeric: true, cell: ({ delay_days }) => delay_days },
          { heading: say('forNothing'), numeric: true, cell: ({ for_nothing }) => for_nothing },
        ]}
      />
    </details>
  );
}
