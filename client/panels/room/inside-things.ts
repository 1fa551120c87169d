/** Boards, pages and marks inside a headset, one after the other: putting up, locking and taking away. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { App } from '../../core/app';
import { pageChoices, pageWords } from '../../core/own-pages';
import type { PageChoice } from '../../core/own-pages';
import type { Mark, RoomControl } from '../../core/room-control';
import { mayTakeAway, mayTakeBoardAway } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import type { RoomPages } from '../../core/room-pages';
import { newBoard, newPage } from '../../core/room-standing';
import type { EntityId } from '../../stage/room-view';
import type { PanelButton } from '../../xr/panel';
import type { InsideState, ThingsInside } from './inside-state';
import { button, when } from './panel-buttons';

type T = App['t'];

interface Thing {
  readonly id: EntityId;
  readonly name: string;
  /** Whether it stands by itself, so that it can be locked. */
  readonly stands: boolean;
  readonly mine: boolean;
}

export interface Things {
  readonly state: Accessor<ThingsInside>;
  /** The pages that the screen offers, and before them the one that is open there. */
  readonly pages: Accessor<readonly PageChoice[]>;
  press(what: string): void;
  /** Puts up one of these pages. */
  putPage(path: string): void;
}

/** Writing on a board by voice, where anything here writes speech down. */
interface Writes {
  readonly can: Accessor<boolean>;
  onBoard(board: EntityId): void;
}

type Control = Pick<RoomControl, 'boards' | 'pages' | 'lines' | 'marks' | 'hologram' | 'locked' | 'lock' | 'unlock' | 'remove' | 'place'>;

interface Props {
  readonly info: { readonly patient: string | null };
  readonly control: Control;
  readonly order: Pick<RoomOrder, 'own' | 'works' | 'keeps'>;
  readonly pages: Pick<RoomPages, 'open'>;
}

/** Follows a room while the caller lives; `wordsOf` says what a mark on images is. */
export function createThings(props: Props, app: Pick<App, 't'>, wordsOf: (mark: Mark) => string, writing: Writes): Things {
  const [chosen, choose] = createSignal<EntityId>();
  const lineWords = (author: string): string => app.t('board.line', { name: author });

  /** Boards and pages, and of marks and lines those that one may take away: as the room judges it. */
  const all = (): readonly Thing[] => {
    const { control } = props;
    const own = props.order.own();
    const hologram = control.hologram();
    const on = hologram && control.locked(hologram.id);
    const marks = control.marks().filter((mark) => mayTakeAway(own, mark, on));
    return [
      ...control.boards().map(({ id, board, marks }) => ({ id, name: `${app.t('board.title')} ${board.title}`.trim(), stands: true, mine: mayTakeBoardAway(own, marks) })),
      ...control.pages().map(({ id, by, page }) => ({ id, name: pageWords(page, app.t), stands: true, mine: mayTakeAway(own, { by, entity: page }, undefined) })),
      ...control.lines().flatMap(({ id, by, author, line }) => (mayTakeAway(own, { by, entity: line }, undefined) ? [{ id, name: lineWords(author), stands: false, mine: true }] : [])),
      ...control.boards().flatMap(({ id: board, marks }) =>
        marks.flatMap(({ id, by, author, entity }) => (mayTakeAway(own, { by, entity }, control.locked(board)) ? [{ id, name: entity.type === 'board-note' ? entity.text : lineWords(author), stands: false, mine: true }] : [])),
      ),
      ...marks.map((mark) => ({ id: mark.id, name: wordsOf(mark), stands: false, mine: true })),
    ];
  };
  const at = (): number => Math.max(0, all().findIndex(({ id }) => id === chosen()));

  const board = (): ReturnType<typeof newBoard> => newBoard(props.control);
  const page = (path: string): ReturnType<typeof newPage> => newPage(props.control, path);
  const pages = (): readonly PageChoice[] => {
    const choices = pageChoices(props.info.patient, app.t);
    const open = props.pages.open();
    if (open === undefined || choices.some(({ path }) => path === open)) return choices;
    return [{ path: open, words: app.t('inside.pages.open', { page: pageWords({ path: open, title: '' }, app.t) }) }, ...choices];
  };

  const state = (): ThingsInside => {
    const one = all()[at()];
    const { own, works, keeps } = props.order;
    const locked = one?.stands ? props.control.locked(one.id) : undefined;
    const mayTurn = locked ? keeps() || (works() && locked.by === own()?.actor) : works();
    return {
      of: one && {
        name: one.name,
        at: at() + 1,
        count: all().length,
        locked,
        mayLock: one.stands && mayTurn,
        mayRemove: one.mine && !locked,
        mayWrite: works() && !locked?.marks && writing.can() && props.control.boards().some(({ id }) => id === one.id),
      },
      board: works() && board() !== undefined,
      page: works() && page('/') !== undefined,
    };
  };

  function put(what: ReturnType<typeof newBoard> | ReturnType<typeof newPage>): void {
    if (what) props.control.place(what);
  }

  return {
    state,
    pages,
    putPage(path) {
      if (state().page && pages().some((one) => one.path === path)) put(page(path));
    },
    press(what) {
      const { of, board: hasBoard } = state();
      const one = all()[at()];
      if (what === 'board' && hasBoard) return put(board());
      if (!one || !of) return;
      if (what === 'next' || what === 'previous') choose(all()[(at() + (what === 'next' ? 1 : of.count - 1)) % of.count]?.id);
      else if (what === 'lock' && of.mayLock) (of.locked ? props.control.unlock(one.id) : props.control.lock(one.id, false));
      else if (what === 'write' && of.mayWrite) writing.onBoard(one.id);
      else if (what === 'remove' && of.mayRemove) props.control.remove(one.id);
    },
  };
}

export function thingLines({ things: { of } }: InsideState, t: T): string[] {
  if (!of) return [t('inside.thing.none')];
  return [t('inside.thing', { name: of.name, at: of.at, count: of.count }), ...(of.locked ? [t(of.locked.marks ? 'lock.byWithMarks' : 'lock.by', { name: of.locked.name })] : [])];
}

export function thingButtons({ things: { of, board, page }, may, hologram, marks }: InsideState, t: T): PanelButton[] {
  return [
    ...when((of?.count ?? 0) > 1, button('thing:previous', t('inside.thing.previous')), button('thing:next', t('inside.thing.next'))),
    ...when(of?.mayWrite ?? false, button('thing:write', t('board.write'))),
    ...when(of?.mayLock ?? false, button('thing:lock', t(of?.locked ? 'lock.unlock' : 'inside.thing.lock'))),
    ...when(of?.mayRemove ?? false, button('thing:remove', t('page.away'))),
    ...when(board, button('thing:board', t('board.put'))),
    ...when(page, button('page:pages', t('inside.pages'))),
    ...when(may.work && hologram !== undefined && marks.length > 0, button('keep-marks', t('marks.keep'))),
    button('back:tools', t('inside.back')),
  ];
}

export function pageLines({ things: { page }, may }: InsideState, t: T): string[] {
  if (page) return [t('inside.pages.hint')];
  return may.work ? [t('page.full')] : [];
}

export function pageButtons({ things: { page }, pages }: InsideState, t: T): PanelButton[] {
  const shown = page ? pages : [];
  return [...shown.map(({ path, words }) => button(`put:${path}`, words)), button('back:things', t('inside.back'))];
}
