/** Those who are here around a table, as it is seen from above, with the lines that were drawn in the air over it and where people point; one points and draws there oneself: for whoever has no stage where no images stand. */
import { For, Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { looksOf } from '../../core/pseudonym';
import type { Vec3 } from '../../core/frames';
import type { RoomControl } from '../../core/room-control';
import { pointersIn } from '../../core/room-lasers';
import { REACH_CM, fromAbove, onTable, withinPicture } from '../../core/room-table';
import { initialOf } from '../../core/words-of';
import { BoardDrag, shareOf } from '../../stage/board-drag';
import { BoardKeys } from '../../stage/board-keys';
import { INK_STEP, PenLine } from '../../stage/pen-line';
import { colourOf } from '../../stage/room-view';
import type { BoardPoint } from '../../stage/room-view';
import { isHeld } from '../../stage/ways';

/** Others' lasers are followed this often. */
const FOLLOW_EVERY_ms = 100;
const [LEFT, ACROSS] = [-REACH_CM, 2 * REACH_CM];
/** Painted as wide as its stroke, however large the table is. */
const DOT_cm = 1;

interface TableProps {
  readonly control: RoomControl;
  /** Whether one works with what stands here. */
  readonly works: boolean;
}

export function TableFromAbove(props: TableProps): JSX.Element {
  const app = useApp();
  const people = (): ReturnType<RoomControl['people']> => props.control.people();
  return (
    <>
      <ul class="table-above" aria-label={app.t('people.here')}>
        <For each={people()}>
          {(person, at) => (
            <li style={{ '--at': `${(at() / people().length) * 360 + 90}deg` }} data-away={person.away}>
              <span class="person-mark" style={{ 'box-shadow': `0 0 0 2px ${looksOf(person).colour}` }} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              <span class="small">{person.name}</span>
            </li>
          )}
        </For>
      </ul>
      <TableTop {...props} />
    </>
  );
}

function TableTop(props: TableProps): JSX.Element {
  const app = useApp();
  const [pointers, setPointers] = createSignal<ReturnType<typeof pointersIn>>([], { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  const following = setInterval(() => setPointers(pointersIn(props.control.view, performance.now())), FOLLOW_EVERY_ms);
  /** Where one points, and what is being drawn. */
  const [own, setOwn] = createSignal<BoardPoint>();
  const [draft, setDraft] = createSignal<readonly BoardPoint[]>([]);
  const line = new PenLine<BoardPoint>(INK_STEP);
  const place = (points: readonly BoardPoint[]): void => props.control.view.act({ act: 'add', entity: { type: 'line', points_m: points.map(onTable) } });
  const keys = new BoardKeys(line, place);
  const drag = new BoardDrag(line);
  const point = (at: BoardPoint | undefined): void => {
    setOwn(at);
    props.control.pointAt(at && { at_m: onTable(at) });
    setDraft([...line.points]);
  };
  const leave = (): void => {
    drag.end();
    keys.cancel();
    point(undefined);
  };
  onCleanup(() => {
    clearInterval(following);
    leave();
  });

  type OnTable = PointerEvent & { readonly currentTarget: SVGSVGElement };
  const at = (event: OnTable): BoardPoint => shareOf(event, event.currentTarget);
  const down = (event: OnTable): void => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    // What the keys have begun is left.
    keys.cancel();
    if (props.works) drag.begin(event, at(event));
    point(at(event));
  };
  const move = (event: OnTable): void => {
    // A second finger draws no zigzag.
    if (!event.isPrimary) return;
    drag.lead(event, at(event));
    point(at(event));
  };
  const up = ({ isPrimary }: PointerEvent): void => {
    if (!isPrimary) return;
    const points = drag.end();
    if (points) place(points);
    setDraft([...line.points]);
  };
  const cancel = ({ isPrimary }: PointerEvent): void => {
    if (isPrimary) leave();
  };
  /** What keys lead stays where they have led it. */
  const away = ({ isPrimary }: PointerEvent): void => {
    if (isPrimary && !drag.isDown) point(keys.at);
  };
  const press = (event: KeyboardEvent): void => {
    if (isHeld(event)) return event.preventDefault();
    const draws = event.key === 'Enter' || event.key === ' ';
    const step = draws && !props.works ? undefined : keys.press(event);
    if (!step && event.key !== 'Escape') return;
    point(keys.at);
    event.preventDefault();
    const [across, down] = (keys.at ?? [0, 0]).map((share) => Math.round(share * 100));
    if (step) app.announce(step === 'led' ? app.t('circle.led', { across: across ?? 0, down: down ?? 0 }) : app.t(`step.${step}`, { words: app.t('replay.what.line') }));
  };
  const isFree = props.control.view.watching === true;
  const hands = isFree
    ? { role: 'img' as const }
    : { role: 'application' as const, tabindex: 0, onKeyDown: press, onBlur: leave, onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: cancel, onPointerLeave: away };
  const hint = (): string | undefined => (isFree ? undefined : app.t(props.works ? 'circle.table.draw' : 'circle.table.point'));
  const percent = (cm: number): string => `${((cm - LEFT) / ACROSS) * 100}%`;
  const through = (points: readonly Vec3[]): string => points.map((one) => fromAbove(one).join(',')).join(' ');

  return (
    <div class="table-above lines">
      <div class="table-top">
        <svg viewBox={`${LEFT} ${LEFT} ${ACROSS} ${ACROSS}`} aria-label={app.t('circle.table')} aria-description={hint()} {...hands}>
          <rect x={LEFT} y={LEFT} width={ACROSS} height={ACROSS} fill="transparent" />
          <For each={props.control.lines()}>{({ by, line }) => <polyline points={through(line.points_m)} stroke={colourOf(props.control.view, by)} />}</For>
          <polyline points={through(draft().map(onTable))} stroke="#ffffff" />
          <For each={pointers()}>
            {({ at_m, colour }) => <circle transform={`translate(${withinPicture(at_m).join(' ')})`} r={DOT_cm} stroke={colour} />}
          </For>
          <Show when={own()}>{(here) => <circle transform={`translate(${fromAbove(onTable(here())).join(' ')})`} r={DOT_cm} stroke="#ffffff" />}</Show>
        </svg>
        {/* Of one size, however large the table is. */}
        <For each={pointers()}>
          {({ at_m, colour, name }) => {
            const [x, y] = withinPicture(at_m);
            return <span style={{ left: percent(x), top: percent(y), color: colour }}>{name}</span>;
          }}
        </For>
      </div>
    </div>
  );
}
