/** The ward from above, in metres: rooms, beds with their alarms, people, things, and a trace. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { Notice } from '../../../../client/panels/Notice';
import { MARK_m, anchorOf, boxOf, drawnMarks } from './command';
import type { Box, CommandView, Drawn, Placed, TracePoint } from './command';
import type { Say } from './words';

interface PlanProps {
  readonly view: CommandView;
  readonly trace: readonly TracePoint[];
  readonly say: Say;
}

export function FloorPlan(props: PlanProps): JSX.Element {
  const marks = createMemo(() => drawnMarks(props.view));
  const box = createMemo(() =>
    boxOf([...props.view.drawn.flatMap(({ floor_m }) => floor_m ?? []), ...marks().map(({ at_m }) => at_m)]),
  );
  const text = (): string =>
    props.say('planText', {
      n: props.view.people.length,
      m: props.view.equipment.length,
      k: [...props.view.drawn, ...props.view.equipment].filter(({ alarm }) => alarm !== null).length,
    });
  return (
    <Show when={box()} fallback={<Notice>{props.say('notDrawn')}</Notice>}>
      {(drawn) => (
        <figure class="floor-plan">
          <svg viewBox={drawn().join(' ')} role="img" aria-label={`${props.say('planView')}. ${text()}`}>
            <For each={props.view.drawn}>{(one) => <Location one={one} />}</For>
            <Show when={props.trace.length > 1}>
              <polyline class="trace" points={props.trace.map(([, x, y]) => `${x},${y}`).join(' ')} />
            </Show>
            <For each={marks()}>{({ one, kind, at_m }) => <Mark one={one} kind={kind} at_m={at_m} box={drawn()} />}</For>
          </svg>
          <figcaption class="soft small">
            {props.say('legend')} · {text()}
          </figcaption>
        </figure>
      )}
    </Show>
  );
}

function Location(props: { one: Drawn }): JSX.Element {
  const points = (): readonly (readonly [number, number])[] => props.one.floor_m ?? [];
  const middle = (): readonly [number, number] => {
    const all = points();
    return [all.reduce((sum, [x]) => sum + x, 0) / all.length, all.reduce((sum, [, y]) => sum + y, 0) / all.length];
  };
  return (
    <Show when={points().length > 0}>
      <g class={`floor-${props.one.kind}`} data-alarm={props.one.alarm ?? undefined} data-location={props.one.id}>
        <Show
          when={points().length > 2}
          fallback={<rect x={middle()[0] - 0.5} y={middle()[1] - 1} width="1" height="2" rx="0.1" />}
        >
          <polygon points={points().map((point) => point.join(',')).join(' ')} />
        </Show>
        <Show when={props.one.kind !== 'ward'}>
          <text x={middle()[0]} y={middle()[1] + (props.one.kind === 'bed' ? 0.15 : 0)} text-anchor="middle">
            {props.one.name}
            {/* An alarm is a sign too, not a colour alone. */}
            {props.one.alarm === null ? '' : ' !'}
          </text>
        </Show>
      </g>
    </Show>
  );
}

function Mark(props: { one: Placed; kind: 'person' | 'thing' | 'patient'; at_m: readonly [number, number]; box: Box }): JSX.Element {
  const name = () => anchorOf(props.at_m[0], props.box);
  const [x, y] = [() => props.at_m[0], () => props.at_m[1]];
  const corners = (): string =>
    props.kind === 'thing'
      ? `${x()},${y() - MARK_m} ${x() + MARK_m},${y() + MARK_m} ${x() - MARK_m},${y() + MARK_m}`
      : `${x()},${y() - MARK_m} ${x() + MARK_m},${y()} ${x()},${y() + MARK_m} ${x() - MARK_m},${y()}`;
  return (
    <g
      class={`mark mark-${props.kind}`}
      data-free={props.one.free ? '' : undefined}
      data-alarm={props.one.alarm ?? undefined}
      data-mark={props.one.id}
    >
      <Show when={props.kind === 'person'} fallback={<polygon points={corners()} />}>
        <circle cx={x()} cy={y()} r={MARK_m} />
      </Show>
      <text x={x() + name().by_m} y={y() + MARK_m * 2.4} text-anchor={name().anchor}>
        {props.one.name}
        {props.one.alarm === null ? '' : ' !'}
      </text>
    </g>
  );
}
