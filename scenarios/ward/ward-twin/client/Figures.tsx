/** How the wards run, in figures that name nobody. */
import { For, Show, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { asideIn, nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { Old } from './Old';
import { PRIORITIES } from './ward';
import type { WardFigures } from './ward';
import { sayIn } from './words';
import type { Say, Word } from './words';

const AGAIN_ms = 5_000;
/** Where an input is missing, what the sum comes to at least stands beside what is known. */
const BANDS = ['high', 'at-least-high', 'medium', 'at-least-medium', 'low-medium', 'at-least-low-medium', 'low', 'not-assessable'] as const;

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
          <>
            <div class="desk">
              <For each={wards()}>{(ward) => <Desk ward={ward} say={say} />}</For>
            </div>
            <DataTable
              stacks
              caption={say('figures')}
              rows={wards()}
              columns={[
                { heading: say('ward'), cell: (ward) => nameIn(ward.name, app.language()) },
                { heading: say('beds'), cell: (ward) => say('bedsOf', { n: ward.beds, m: ward.occupied }) },
                { heading: `${say('alarms')} ▲ / ◆ / ●`, cell: open },
                { heading: say('untaken'), numeric: true, cell: (ward) => ward.untaken },
                {
                  heading: `${say('perBedDay')}${asideIn(say('day'), app.language())}`,
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
          </>
        )
      }
    </Answer>
  );
}

interface Share {
  readonly name: string;
  readonly count: number;
  /** Which of the tones of the desk. */
  readonly tone: string;
}

/** One ward at a glance; the table below says the same. */
function Desk(props: { ward: WardFigures; say: Say }): JSX.Element {
  const { say } = props;
  const beds = (): Share[] => [
    { name: say('occupied'), count: props.ward.occupied, tone: 'full' },
    { name: say('empty'), count: props.ward.beds - props.ward.occupied, tone: 'none' },
  ];
  const bands = (): Share[] => BANDS.map((band) => ({ name: say(`band-${band}` satisfies Word), count: props.ward.news2[band] ?? 0, tone: band.replace('at-least-', '') }));
  const devices = (): Share[] => [
    { name: say('online'), count: props.ward.devices - props.ward.devices_silent, tone: 'full' },
    { name: say('offline'), count: props.ward.devices_silent, tone: 'medium' },
  ];
  const SIGNS = { high: '▲', medium: '◆', low: '●' } as const;
  return (
    <article class="desk-ward" data-ward={props.ward.id}>
      <h2>{nameIn(props.ward.name, useApp().language())}</h2>
      <Old of={props.ward.old} say={say} />
      <p class="desk-alarms">
        <For each={PRIORITIES}>
          {(priority) => (
            <span class="desk-alarm" data-priority={priority} data-none={props.ward.open[priority] ? undefined : ''}>
              <strong>
                {SIGNS[priority]} {props.ward.open[priority] ?? 0}
              </strong>{' '}
              {say(`priority-${priority}` satisfies Word)}
            </span>
          )}
        </For>
        <span class="desk-alarm" data-none={props.ward.untaken > 0 ? undefined : ''}>
          <strong>{props.ward.untaken}</strong> {say('untaken')}
        </span>
      </p>
      <Shares title={say('beds')} shares={beds()} />
      <Shares title={say('bands')} shares={bands()} />
      <Shares title={say('devices')} shares={devices()} />
    </article>
  );
}

/** A bar in parts, each with its name and number below. */
function Shares(props: { title: string; shares: readonly Share[] }): JSX.Element {
  const counted = (): readonly Share[] => props.shares.filter(({ count }) => count > 0);
  return (
    <div class="shares">
      <span class="small soft">{props.title}</span>
      <Show when={counted().length > 0} fallback={<span>–</span>}>
        <div class="share-bar" aria-hidden="true">
          <For each={counted()}>{({ count, tone }) => <span data-tone={tone} style={{ 'flex-grow': count }} />}</For>
        </div>
        <span class="small share-words">
          <For each={counted()}>
            {({ name, count, tone }) => (
              <span>
                <i data-tone={tone} aria-hidden="true" /> {name} <strong>{count}</strong>
              </span>
            )}
          </For>
        </span>
      </Show>
    </div>
  );
}
