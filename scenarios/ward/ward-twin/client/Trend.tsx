/** The last hour of a signal with the limits of its rules, and the same as a table. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Limit } from '../../../../contract/alarms';
import { path } from './line';
import { clock } from './ward';
import type { Point, VitalNow } from './ward';
import type { Say } from './words';

const WIDTH = 320;
const HEIGHT = 72;

export function Trend(props: { vital: VitalNow; points: readonly Point[]; limits: readonly Limit[]; say: Say }): JSX.Element {
  const app = useApp();
  const values = (): number[] => props.points.map(([, value]) => value);
  // Only limits within the drawing are drawn; all stand in words below.
  const y = (value: number): number | undefined => {
    const [low, high] = [Math.min(...values()), Math.max(...values())];
    if (high === low || value < low || value > high) return undefined;
    return HEIGHT - 1 - ((value - low) / (high - low)) * (HEIGHT - 2);
  };
  return (
    <>
      <Show when={props.points.length > 1}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} class="trend-plot" aria-hidden="true">
          <For each={props.limits}>
            {(limit) => (
              <Show when={y(limit.value)}>
                {(at) => <line class="limit" x1="0" x2={WIDTH} y1={at()} y2={at()} />}
              </Show>
            )}
          </For>
          <path d={path(props.points, WIDTH, HEIGHT)} />
        </svg>
      </Show>
      <Show when={props.limits.length > 0}>
        <p class="soft small">{props.limits.map(({ above, value }) => `${above ? '≥' : '≤'} ${value}`).join(' · ')}</p>
      </Show>
      <Show when={props.points.length > 0}>
        <details class="small">
          <summary>{props.say('trendTable', { signal: inLanguage(props.vital.label, app.language()) })}</summary>
          <DataTable
            caption={props.say('trendTable', { signal: inLanguage(props.vital.label, app.language()) })}
            rows={props.points.toReversed()}
            columns={[
              { heading: props.say('time'), cell: ([at]) => clock(at, app.language()) },
              { heading: props.say('value'), numeric: true, cell: ([, value]) => value.toFixed(props.vital.decimals) },
            ]}
          />
        </details>
      </Show>
    </>
  );
}
