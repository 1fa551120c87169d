/** The boards of the room as a panel: the same picture as in space, drawn on by pointer or keys, written on below. */
import { For, Show, createEffect, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Transform } from '../../core/frames';
import { boardFromRoom, roomFromBoard } from '../../core/room-board';
import type { BoardMark, BoardShown, RoomControl } from '../../core/room-control';
import { pointersIn, pointsOver } from '../../core/room-lasers';
import { idsOf, mayTakeAway, mayTakeBoardAway } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { BoardDrag, shareOf } from '../../stage/board-drag';
import { BoardKeys } from '../../stage/board-keys';
import { BOARD, paintBoard } from '../../stage/board-paint';
import { BOARD_SPOTS, LONGEST_NOTE, SPOTS, freeSpot, noteOn } from '../../core/room-standing';
import type { Spot } from '../../core/room-standing';
import { INK_STEP, PenLine } from '../../stage/pen-line';
import type { BoardPoint } from '../../stage/room-view';
import { isHeld } from '../../stage/ways';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { RemoveButton } from '../RemoveButton';
import { LockChoice } from './HandOver';
import { StandsWhere } from './StandsWhere';

const LONGEST_TITLE = 60;
const NOBODY = '#7fe3dc';
/** Half of the cross that shows where the keys have led the pen. */
const PEN_px = 30;
/** The end of a laser, and the size of the name beside it. */
const [DOT_px, NAME_px] = [14, 36];
/** Others' lasers are followed this often. */
const FOLLOW_EVERY_ms = 100;

interface Laser {
  readonly at: BoardPoint;
  readonly colour: string;
  readonly name: string;
}

interface BoardPanelProps {
  readonly control: RoomControl;
  /** Whether one works with what stands here. */
  readonly works: boolean;
  readonly order: RoomOrder;
}

export function BoardPanel(props: BoardPanelProps): JSX.Element {
  const app = useApp();
  const [title, setTitle] = createSignal('');
  // By their numbers, so that what is being written stays when something on a board changes.
  const ids = idsOf(() => props.control.boards());
  const spot = (): Spot | undefined => freeSpot(props.control.boards().map(({ board }) => board.transform), props.control.pages().map(({ page }) => page.transform), BOARD_SPOTS);
  const put = (event: SubmitEvent): void => {
    event.preventDefault();
    const at = spot();
    if (at) props.control.place({ type: 'board', transform: SPOTS[at], title: title().trim() });
    setTitle('');
  };
  return (
    <section class="stack tight" aria-labelledby="board-title">
      <h2 class="legend" id="board-title">{app.t('board.title')}</h2>
      <For each={ids()} fallback={<Show when={!props.works}><p class="soft small">{app.t('board.none')}</p></Show>}>
        {(id) => <Show when={props.control.boards().find((one) => one.id === id)}>{(shown) => <OneBoard {...props} shown={shown()} />}</Show>}
      </For>
      <Show when={props.works}>
        <Show when={spot()} fallback={<p class="soft small">{app.t('board.full')}</p>}>
          <form class="stack tight" onSubmit={put}>
            <Field label={app.t('board.about')}>
              {(control) => <input {...control} class="input" maxLength={LONGEST_TITLE} value={title()} onInput={(event) => setTitle(event.currentTarget.value)} />}
            </Field>
            <button type="submit" class="button">{app.t(ids().length > 0 ? 'board.another' : 'board.put')}</button>
          </form>
        </Show>
      </Show>
    </section>
  );
}

function OneBoard(props: BoardPanelProps & { shown: BoardShown }): JSX.Element {
  const app = useApp();
  const [text, setText] = createSignal('');
  let canvas!: HTMLCanvasElement;
  const drawn = new PenLine<BoardPoint>(INK_STEP);
  const place = (points: readonly BoardPoint[]): void => props.control.place({ type: 'ink', board: props.shown.id, points: [...points] });
  const keys = new BoardKeys(drawn, place);
  const drag = new BoardDrag(drawn);
  const colourOf = (by: string): string => props.control.people().find(({ actor }) => actor === by)?.colour ?? NOBODY;
  const name = (): string => `${app.t('board.title')} ${props.shown.board.title}`.trim();
  const words = ({ author, entity }: BoardMark): string => (entity.type === 'board-note' ? entity.text : app.t('board.line', { name: author }));
  const [lasers, setLasers] = createSignal<readonly Laser[]>([], { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  const whereIs = (): Transform => props.control.view.held(props.shown.id, performance.now())?.transform ?? props.shown.board.transform;
  const following = setInterval(() => setLasers(pointersIn(props.control.view, performance.now()).flatMap(({ at_m, ...whose }) => {
    const at = boardFromRoom(whereIs(), at_m);
    return at ? [{ at, ...whose }] : [];
  })), FOLLOW_EVERY_ms);
  /** Who has no stage points at the board here. */
  const pointAt = (at: BoardPoint | undefined): void => {
    if (!props.control.isDrawn()) props.control.pointAt(at && { at_m: roomFromBoard(whereIs(), at) });
  };
  onCleanup(() => {
    clearInterval(following);
    pointAt(undefined);
  });
  const paint = (): void => {
    const context = canvas.getContext('2d');
    if (!context) return;
    const marks = props.shown.marks.map(({ by, entity }) => ({ colour: colourOf(by), entity }));
    const draft = drawn.points.length > 1 ? [{ colour: '#ffffff', entity: { type: 'ink' as const, board: props.shown.id, points: [...drawn.points] } }] : [];
    paintBoard(context, props.shown.board.title, [...marks, ...draft]);
    if (keys.at) paintPen(context, keys.at);
    for (const laser of lasers()) paintLaser(context, laser);
  };
  createEffect(paint);

  const at = (event: PointerEvent): BoardPoint => shareOf(event, canvas);
  /** The laser goes with the pointer, else it stays where keys have led it. */
  const passes = (event: PointerEvent): void => pointAt(pointsOver(props.control, drag.isDown) ? at(event) : keys.at);
  const down = (event: PointerEvent): void => {
    if (!props.works || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    // What another finger or the keys have begun is left.
    keys.cancel();
    drag.begin(event, at(event));
  };
  const move = (event: PointerEvent): void => {
    passes(event);
    if (drag.lead(event, at(event))) paint();
  };
  const up = (event: PointerEvent): void => {
    const points = drag.end();
    if (points) place(points);
    passes(event);
    paint();
  };
  /** Whether one does something on it: draws, or points where others see it. */
  const acts = (): boolean => props.works || !(props.control.isDrawn() || props.control.view.watching === true);
  const description = (): string => [...(props.works ? ['board.area' as const] : []), ...(props.control.isDrawn() ? [] : ['board.pointed' as const])].map((key) => app.t(key)).join(' ');
  const press = (event: KeyboardEvent): void => {
    if (isHeld(event)) return event.preventDefault();
    const draws = event.key === 'Enter' || event.key === ' ';
    const step = acts() && (props.works || !draws) ? keys.press(event) : undefined;
    if (step || event.key === 'Escape') pointAt(keys.at);
    paint();
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const [across, down] = (keys.at ?? [0, 0]).map((share) => Math.round(share * 100));
    app.announce(step === 'led' ? app.t(props.works ? 'board.pen' : 'circle.led', { across: across ?? 0, down: down ?? 0 }) : app.t(`step.${step}`, { words: app.t('replay.what.line') }));
  };
  const write = (event: SubmitEvent): void => {
    event.preventDefault();
    const said = text().trim();
    if (said === '') return;
    props.control.place(noteOn(props.shown, said));
    setText('');
  };

  return (
    <>
      <canvas
        ref={canvas}
        class="board-canvas"
        data-board={props.shown.id}
        width={BOARD.width}
        height={BOARD.height}
        tabIndex={acts() ? 0 : undefined}
        role={acts() ? 'application' : 'img'}
        aria-label={name()}
        aria-description={acts() ? description() : undefined}
        onKeyDown={press}
        onBlur={() => {
          keys.cancel();
          pointAt(undefined);
          paint();
        }}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerLeave={() => pointAt(keys.at)}
        onPointerCancel={() => {
          drag.end();
          pointAt(keys.at);
          paint();
        }}
      />
      <Show when={props.works}>
        <form class="row" onSubmit={write}>
          <Field label={`${app.t('board.write')} ${props.shown.board.title}`.trim()}>
            {(control) => <input {...control} class="input" maxLength={LONGEST_NOTE} value={text()} onInput={(event) => setText(event.currentTarget.value)} />}
          </Field>
          <button type="submit" class="button">{app.t('board.add')}</button>
        </form>
      </Show>
      <Show when={props.shown.marks.length > 0} fallback={<p class="soft small">{app.t('board.empty')}</p>}>
        <ul class="marks" data-board-marks>
          <For each={props.shown.marks}>
            {(mark) => (
              <li>
                <Icon name={mark.entity.type === 'ink' ? 'pen' : 'annotate'} />
                <span class="mark-words">
                  <strong>{words(mark)}</strong> <span class="soft small">{mark.author}</span>
                </span>
                <Show when={mayTakeAway(props.order.own(), mark, props.control.locked(props.shown.id))}>
                  <RemoveButton what={app.t('board.remove', { what: words(mark) })} onRemove={() => props.control.remove(mark.id)} />
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <LockChoice control={props.control} order={props.order} id={props.shown.id} locked={props.control.locked(props.shown.id)} what={name()} />
      <Show when={props.works}>
        <StandsWhere control={props.control} id={props.shown.id} transform={props.shown.board.transform} what={name()} />
      </Show>
      <Show when={!props.control.locked(props.shown.id) && mayTakeBoardAway(props.order.own(), props.shown.marks)}>
        <button type="button" class="button small quiet" onClick={() => props.control.remove(props.shown.id)}>
          {app.t('board.away')}
          <span class="for-listeners"> {props.shown.board.title}</span>
        </button>
      </Show>
    </>
  );
}

function paintLaser(context: CanvasRenderingContext2D, { at: [across, down], colour, name }: Laser): void {
  const [x, y] = [across * BOARD.width, down * BOARD.height];
  context.save();
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, DOT_px, 0, 2 * Math.PI);
  context.fill();
  context.font = `600 ${NAME_px}px system-ui`;
  [context.textAlign, context.textBaseline] = ['center', 'bottom'];
  context.fillText(name, x, y - DOT_px);
  context.restore();
}

/** Where the keys have led the pen. */
function paintPen(context: CanvasRenderingContext2D, [across, down]: BoardPoint): void {
  const [x, y] = [across * BOARD.width, down * BOARD.height];
  context.strokeStyle = '#ffffff';
  context.lineWidth = 6;
  context.beginPath();
  context.moveTo(x - PEN_px, y);
  context.lineTo(x + PEN_px, y);
  context.moveTo(x, y - PEN_px);
  context.lineTo(x, y + PEN_px);
  context.stroke();
}
