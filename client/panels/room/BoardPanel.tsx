/** The board of the room as a panel: the same picture as in space, drawn on by pointer, written on by keyboard. */
import { For, Show, createEffect, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { BoardMark, BoardShown, RoomControl } from '../../core/room-control';
import type { RoomOrder } from '../../core/room-order';
import { BOARD, nextLine, paintBoard } from '../../stage/board-paint';
import type { Transform } from '../../core/frames';
import type { BoardPoint } from '../../stage/room-view';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { LockChoice } from './HandOver';

const LONGEST_NOTE = 500;
const LONGEST_TITLE = 60;
/** Beside the table, turned to those who stand before it. */
const PLACE: Transform = { position_m: [1.5, 1.45, -0.7], rotation: [0, -0.259, 0, 0.966], scale: 1 };
const NEAR = 0.006;
const MOST_POINTS = 256;
const NOBODY = '#7fe3dc';

interface BoardPanelProps {
  readonly control: RoomControl;
  /** Whether one works with what stands here. */
  readonly works: boolean;
  readonly order: RoomOrder;
}

export function BoardPanel(props: BoardPanelProps): JSX.Element {
  const app = useApp();
  const [title, setTitle] = createSignal('');
  const board = (): BoardShown | undefined => props.control.boards()[0];
  const put = (event: SubmitEvent): void => {
    event.preventDefault();
    props.control.place({ type: 'board', transform: PLACE, title: title().trim() });
    setTitle('');
  };
  return (
    <section class="stack tight" aria-labelledby="board-title">
      <h2 class="legend" id="board-title">{app.t('board.title')}</h2>
      <Show
        when={board()}
        fallback={
          <Show when={props.works} fallback={<p class="soft small">{app.t('board.none')}</p>}>
            <form class="stack tight" onSubmit={put}>
              <Field label={app.t('board.about')}>
                {(control) => <input {...control} class="input" maxLength={LONGEST_TITLE} value={title()} onInput={(event) => setTitle(event.currentTarget.value)} />}
              </Field>
              <button type="submit" class="button">{app.t('board.put')}</button>
            </form>
          </Show>
        }
      >
        {(shown) => <OneBoard control={props.control} works={props.works} order={props.order} shown={shown()} />}
      </Show>
    </section>
  );
}

function OneBoard(props: BoardPanelProps & { shown: BoardShown }): JSX.Element {
  const app = useApp();
  const [text, setText] = createSignal('');
  let canvas!: HTMLCanvasElement;
  let drawn: BoardPoint[] = [];
  const someone = (by: string): { name: string; colour: string } => props.control.people().find(({ actor }) => actor === by) ?? { name: by, colour: NOBODY };
  const notes = (): BoardMark[] => props.shown.marks.filter(({ entity }) => entity.type === 'board-note');
  const words = ({ by, entity }: BoardMark): string => (entity.type === 'board-note' ? entity.text : app.t('board.line', { name: someone(by).name }));
  const paint = (): void => {
    const context = canvas.getContext('2d');
    if (!context) return;
    const marks = props.shown.marks.map(({ by, entity }) => ({ colour: someone(by).colour, entity }));
    const draft = drawn.length > 1 ? [{ colour: '#ffffff', entity: { type: 'ink' as const, board: props.shown.id, points: drawn } }] : [];
    paintBoard(context, props.shown.board.title, [...marks, ...draft]);
  };
  createEffect(paint);

  const at = (event: PointerEvent): BoardPoint => {
    const box = canvas.getBoundingClientRect();
    const share = (value: number): number => Math.min(1, Math.max(0, value));
    return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
  };
  const down = (event: PointerEvent): void => {
    if (!props.works || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    drawn = [at(event)];
  };
  const move = (event: PointerEvent): void => {
    const last = drawn.at(-1);
    if (!last) return;
    const next = at(event);
    if (Math.hypot(next[0] - last[0], next[1] - last[1]) < NEAR || drawn.length >= MOST_POINTS) return;
    drawn.push(next);
    paint();
  };
  const up = (): void => {
    if (drawn.length > 1) props.control.place({ type: 'ink', board: props.shown.id, points: drawn });
    drawn = [];
    paint();
  };
  const write = (event: SubmitEvent): void => {
    event.preventDefault();
    const said = text().trim();
    if (said === '') return;
    props.control.place({ type: 'board-note', board: props.shown.id, at: nextLine(notes().length), text: said });
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
        role="img"
        aria-label={`${app.t('board.area')} ${props.shown.board.title}`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => {
          drawn = [];
          paint();
        }}
      />
      <Show when={props.works}>
        <form class="row" onSubmit={write}>
          <Field label={app.t('board.write')}>
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
                  <strong>{words(mark)}</strong> <span class="soft small">{someone(mark.by).name}</span>
                </span>
                <Show when={props.works}>
                  <button type="button" class="button quiet small" aria-label={app.t('board.remove', { what: words(mark) })} onClick={() => props.control.remove(mark.id)}>
                    <Icon name="close" size={16} />
                  </button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <LockChoice control={props.control} order={props.order} id={props.shown.id} locked={props.control.locked(props.shown.id)} what={app.t('board.title')} />
      <Show when={props.works}>
        <button type="button" class="button small quiet" onClick={() => props.control.remove(props.shown.id)}>{app.t('board.away')}</button>
      </Show>
    </>
  );
}
