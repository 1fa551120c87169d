/** What happened on which lane, as a picture; the table below says the same. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Event, Timeline } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { Zone } from '../../core/dates';
import { byLane, dayAt, dayNumber, placeOf, windowOf } from './scale';

interface LanesProps {
  readonly timeline: Timeline;
  readonly line: readonly [number, number];
  readonly day: string;
}

export function Lanes(props: LanesProps): JSX.Element {
  const app = useApp();
  const lanes = (): ReturnType<typeof byLane> => byLane(props.timeline.events);
  const share = (day: number | undefined): number => {
    const [first, last] = props.line;
    const at = ((day ?? first) - first) / (last - first);
    return Math.min(1, Math.max(0, at)) * 100;
  };
  const text = (): string =>
    app.t('time.lanesText', {
      from: dayOf(dayAt(props.line[0]), app.language()),
      to: dayOf(dayAt(props.line[1]), app.language()),
      lanes: lanes()
        .map(({ lane, events }) => app.t('time.laneText', { lane: app.t(`lane.${lane}`), n: events.length }))
        .join(app.language() === 'zh' ? '，' : ', '),
    });
  return (
    <figure class="lanes" role="img" aria-label={`${app.t('time.lanes')}. ${text()}`}>
      <For each={lanes()}>
        {({ lane, events }) => (
          <div class="lane" data-lane={lane}>
            <div class="lane-name small">
              {app.t(`lane.${lane}`)} <span class="soft number">{events.length}</span>
            </div>
            <div class="lane-track">
              <For each={events}>{(event) => <Mark event={event} zone={props.timeline.time_zone} share={share} />}</For>
              <i class="lane-day" style={{ left: `${share(dayNumber(props.day))}%` }} />
            </div>
          </div>
        )}
      </For>
      <div class="lane lane-axis soft small number">
        <span />
        <div>
          <span>{dayOf(dayAt(props.line[0]), app.language())}</span>
          <span>{dayOf(dayAt(props.line[1]), app.language())}</span>
        </div>
      </div>
    </figure>
  );
}

/** A mark's form tells what it is: a dot has happened, a bar is a window, and what is still open is hollow. */
function Mark(props: { event: Event; zone: Zone; share(day: number | undefined): number }): JSX.Element {
  const left = (): number => props.share(placeOf(props.event, props.zone));
  const right = (): number | undefined => {
    const due = props.event.due;
    const window = due && windowOf(due);
    const until = window ? window[1] : props.event.until;
    return until === undefined ? undefined : props.share(dayNumber(until, props.zone));
  };
  return (
    <Show
      when={right()}
      fallback={<i class="lane-mark" data-due={props.event.due?.state} style={{ left: `${left()}%` }} />}
    >
      {(end) => (
        <i
          class="lane-mark wide"
          data-due={props.event.due?.state}
          style={{ left: `${left()}%`, width: `${Math.max(0, end() - left())}%` }}
        />
      )}
    </Show>
  );
}
