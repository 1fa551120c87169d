/** Where a tag was in the last hour: drawn on the plan, and as a table here. */
import { Show, createEffect } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import { traceRows } from './command';
import type { Placed, Trace, TracePoint } from './command';
import { clock } from './ward';
import type { Say } from './words';

interface TraceProps {
  readonly one: Placed;
  readonly say: Say;
  onPoints(points: readonly TracePoint[]): void;
  onHide(): void;
}

export function TraceOf(props: TraceProps): JSX.Element {
  const app = useApp();
  const trace = createQuery<Trace>(() => {
    const address = `/api/tags/${encodeURIComponent(props.one.tag ?? '')}/trace`;
    return (signal) => app.api.get(address, { signal });
  });
  createEffect(() => {
    const { points = [], places = [] } = trace.data() ?? {};
    props.onPoints(points.length > 0 ? points : traceRows([], places).flatMap(({ at, floor_m }) => (floor_m ? [[at, ...floor_m] as const] : [])));
  });
  return (
    <section class="trace-of" aria-label={props.say('traceOf', { who: props.one.name })}>
      <div class="row">
        <h2>{props.say('traceOf', { who: props.one.name || props.one.id })}</h2>
        <button type="button" class="button small" onClick={() => props.onHide()}>
          {props.say('hideTrace')}
        </button>
      </div>
      <Answer of={trace}>
        {(found) => (
          <Show when={found().points.length + found().places.length > 0} fallback={<p class="soft">{props.say('traceNone')}</p>}>
            <Show when={found().next !== null}>
              <p class="soft small">{props.say('traceCut')}</p>
            </Show>
            <DataTable
              caption={props.say('traceOf', { who: props.one.name })}
              rows={traceRows(found().points, found().places).toReversed()}
              columns={[
                { heading: props.say('time'), cell: ({ at }) => clock(at, app.language()) },
                { heading: props.say('where'), cell: ({ place }) => (place === null ? '–' : nameIn(place, app.language())) },
                { heading: props.say('metresX'), numeric: true, cell: ({ floor_m }) => floor_m?.[0].toFixed(1) ?? '–' },
                { heading: props.say('metresY'), numeric: true, cell: ({ floor_m }) => floor_m?.[1].toFixed(1) ?? '–' },
              ]}
            />
          </Show>
        )}
      </Answer>
    </section>
  );
}
