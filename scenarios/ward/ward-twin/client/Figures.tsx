/** How the wards run, in figures that name nobody. */
import { onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { PRIORITIES } from './ward';
import type { WardFigures } from './ward';
import { sayIn } from './words';
import type { Word } from './words';

const AGAIN_ms = 5_000;
const BANDS = ['high', 'medium', 'low-medium', 'low', 'not-assessable'] as const;

export function Figures(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const figures = createQuery<WardFigures[]>(() => (signal) => app.api.get('/api/ward-figures', { signal }));
  const timer = setInterval(() => figures.reload(), AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  const open = (ward: WardFigures): string => PRIORITIES.map((priority) => ward.open[priority] ?? 0).join(' / ');
  const bands = (ward: WardFigures): string =>
    BANDS.filter((band) => (ward.news2[band] ?? 0) > 0)
      .map((band) => `${say(`band-${band}` satisfies Word)} ${ward.news2[band]}`)
      .join(' · ') || '–';
  return (
    <Answer of={figures}>
      {(wards) =>
        wards().length === 0 ? (
          <EmptyState icon="ward" title={say('noWards')} hint={say('noWardsHint')} />
        ) : (
          <DataTable
            caption={say('figures')}
            rows={wards()}
            columns={[
              { heading: say('ward'), cell: (ward) => ward.name },
              { heading: say('beds'), cell: (ward) => say('bedsOf', { n: ward.beds, m: ward.occupied }) },
              { heading: `${say('alarms')} ▲ / ◆ / ●`, cell: open },
              { heading: say('untaken'), numeric: true, cell: (ward) => ward.untaken },
              {
                heading: `${say('perBedDay')} (${say('day')})`,
                numeric: true,
                cell: (ward) => ward.alarms_per_bed_day?.toFixed(1) ?? '–',
              },
              {
                heading: say('toTake'),
                numeric: true,
                cell: (ward) => (ward.seconds_to_take === null ? '–' : `${Math.round(ward.seconds_to_take)} s`),
              },
              { heading: say('falseShare'), numeric: true, cell: (ward) => `${ward.false_or_technical} / ${ward.closed}` },
              { heading: say('bands'), cell: bands },
              { heading: say('silent'), numeric: true, cell: (ward) => `${ward.devices_silent} / ${ward.devices}` },
            ]}
          />
        )
      }
    </Answer>
  );
}
