/** Those who are here around a table, where they are, as it is seen from above, with the lines that were drawn in the air over it and where people point; one points and draws there oneself: for whoever has no stage. */
import { For, Show, createMemo, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { looksOf } from '../../core/pseudonym';
import type { Vec3 } from '../../core/frames';
import type { RoomControl } from '../../core/room-control';
import { pointersIn, pointsOver } from '../../core/room-lasers';
import { REACH_CM, fromAbove, namesBeside, onTable, reachOver, whereAbove, withinPicture } from '../../core/room-table';
import type { NameSide } from '../../core/room-table';
import { initialOf } from '../../core/words-of';
import { BoardDrag, shareOf } from '../../stage/board-drag';
import { BoardKeys } from '../../stage/board-keys';
import { INK_STEP, PenLine } from '../../stage/pen-line';
import { colourOf } from '../../stage/room-view';
import type { BoardPoint } from '../../stage/room-view';
import { isHeld } from '../../stage/ways';

/** Others and their lasers are followed this often. */
const FOLLOW_EVERY_ms = 100;
const [LEFT, ACROSS] = [-REACH_CM, 2 * REACH_CM];
/** Painted as wide as its stroke, however large the table is. */
const DOT_cm = 1;
/** A mark is as wide as people stand apart, and no wider than this: `room-table.css` has the same. */
const [MARK_cm, WIDEST_MARK_rem, LONGEST_NAME_rem] = [60, 2, 7];

interface TableProps {
  readonly control: RoomControl;
  /** Whether one works with what stands here. */
  readonly works: boolean;
}

type Spot = readonly [x_cm: number, y_cm: number];

export function TableFromAbove(props: TableProps): JSX.Element {
  const app = useApp();
  const people = (): ReturnType<RoomControl['people']> => props.control.people();
  const isOwn = (id: number): boolean => id === props.control.self();
  const nameOf = ({ id, name }: { readonly id: number; readonly name: string }): string => (isOwn(id) ? `${name} (${app.t('people.you')})` : name);
  // It grows when somebody stands farther out, and stays so: whoever goes moves nobody's mark.
  const reach = createMemo<number>((before) => Math.max(before, reachOver(people().map(({ place }) => place))), REACH_CM);
  const [time, setTime] = createSignal(performance.now());
  const following = setInterval(() => setTime(performance.now()), FOLLOW_EVERY_ms);
  onCleanup(() => clearInterval(following));
  const spots = createMemo<readonly (readonly [id: number, spot: Spot])[]>(
    () => people().map((person) => [person.id, whereAbove(props.control.view, person, time(), reach())] as const),
    [],
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const spotOf = (id: number): Spot => spots().find(([one]) => one === id)?.[1] ?? [0, 0];
  let list!: HTMLUListElement;
  const [width, setWidth] = createSignal(0);
  const sides = createMemo((): ReadonlyMap<number, NameSide> => {
    const each_px = width() / ACROSS;
    if (each_px === 0) return new Map();
    const rem_px = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const sizes = { mark_px: Math.min(WIDEST_MARK_rem * rem_px, MARK_cm * each_px), letter_px: parseFloat(getComputedStyle(list).fontSize), longest_px: LONGEST_NAME_rem * rem_px, aside_px: list.clientWidth / 2 };
    const named = people().map((person) => {
      const [x, y] = spotOf(person.id);
      return { id: person.id, name: nameOf(person), at_px: [x * each_px, y * each_px] as const };
    });
    // One's own comes first.
    return namesBeside([...named.filter(({ id }) => isOwn(id)), ...named.filter(({ id }) => !isOwn(id))], sizes);
  });
  const share = (): string => String(REACH_CM / reach());
  return (
    <>
      <ul ref={list} class="table-above" style={{ '--share': share() }} aria-label={app.t('people.here')}>
        <For each={people()}>
          {(person) => (
            <li style={{ '--x': String(spotOf(person.id)[0]), '--y': String(spotOf(person.id)[1]) }} data-away={person.away} data-own={isOwn(person.id)} data-name={sides().get(person.id)}>
              <span class="person-mark" style={{ 'box-shadow': `0 0 0 2px ${looksOf(person).colour}` }} title={person.name} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              {/* A name for which there is no room is still heard. */}
              <span classList={{ 'for-listeners': !sides().has(person.id) }}>{nameOf(person)}</span>
            </li>
          )}
        </For>
      </ul>
      <TableTop {...props} reach_cm={reach()} share={share()} onWidth={setWidth} />
    </>
  );
}

interface TopProps extends TableProps {
  /** How far the picture reaches from its middle. */
  readonly reach_cm: number;
  /** How much of it the table's own part is. */
  readonly share: string;
  /** How wide that part is now, in pixels. */
  onWidth(px: number): void;
}

function TableTop(props: TopProps): JSX.Element {
  const app = useApp();
  let part!: HTMLDivElement;
  onMount(() => {
    const watch = new ResizeObserver(([entry]) => entry && props.onWidth(entry.contentRect.width));
    watch.observe(part);
    onCleanup(() => watch.disconnect());
  });
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

  /** Beside images only the laser in hand shines, or the pen while it draws; else it stays where keys have led it. */
  const passes = (at: BoardPoint): void => point(pointsOver(props.control, drag.isDown) ? at : keys.at);

  type OnTable = PointerEvent & { readonly currentTarget: SVGSVGElement };
  const at = (event: OnTable): BoardPoint => shareOf(event, event.currentTarget);
  const down = (event: OnTable): void => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    // What the keys have begun is left.
    keys.cancel();
    if (props.works) drag.begin(event, at(event));
    passes(at(event));
  };
  const move = (event: OnTable): void => {
    // A second finger draws no zigzag.
    if (!event.isPrimary) return;
    drag.lead(event, at(event));
    passes(at(event));
  };
  const up = (event: OnTable): void => {
    if (!event.isPrimary) return;
    const points = drag.end();
    if (points) place(points);
    passes(at(event));
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
  /** Beside images a laser is to be in hand. */
  const way = (): 'above' | 'circle.table' => (props.control.hologram() ? 'above' : 'circle.table');
  const hint = (): string | undefined => (isFree ? undefined : app.t(`${way()}.${props.works ? 'draw' : 'point'}`));
  const percent = (cm: number): string => `${((cm - LEFT) / ACROSS) * 100}%`;
  const through = (points: readonly Vec3[]): string => points.map((one) => fromAbove(one).join(',')).join(' ');

  return (
    <div class="table-above lines" style={{ '--share': props.share }}>
      <div ref={part} class="table-top">
        <svg viewBox={`${LEFT} ${LEFT} ${ACROSS} ${ACROSS}`} aria-label={app.t('circle.table')} aria-description={hint()} {...hands}>
          <rect x={LEFT} y={LEFT} width={ACROSS} height={ACROSS} fill="transparent" />
          <For each={props.control.lines()}>{({ by, line }) => <polyline points={through(line.points_m)} stroke={colourOf(props.control.view, by)} />}</For>
          <polyline points={through(draft().map(onTable))} stroke="#ffffff" />
          <For each={pointers()}>
            {({ at_m, colour }) => <circle transform={`translate(${withinPicture(at_m, props.reach_cm).join(' ')})`} r={DOT_cm} stroke={colour} />}
          </For>
          <Show when={own()}>{(here) => <circle transform={`translate(${fromAbove(onTable(here())).join(' ')})`} r={DOT_cm} stroke="#ffffff" />}</Show>
        </svg>
        {/* Of one size, however large the table is. */}
        <For each={pointers()}>
          {({ at_m, colour, name }) => {
            const [x, y] = withinPicture(at_m, props.reach_cm);
            return <span style={{ left: percent(x), top: percent(y), color: colour }}>{name}</span>;
          }}
        </For>
      </div>
    </div>
  );
}
