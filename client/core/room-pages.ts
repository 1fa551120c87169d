/** Pages of the client that stand in a room, as whoever looks at it sees them. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { CARD, SHOWN } from '../stage/page-paint';
import type { PageCard } from '../stage/page-paint';
import type { EntityId } from '../stage/room-view';
import type { App } from './app';
import { ownPath, pageWords } from './own-pages';
import { pictureOf } from './page-picture';
import type { PagePicture } from './page-picture';
import type { RoomControl } from './room-control';

/** What is seen of a page: nothing until somebody asks for it, since to look at a page is to read it. */
type Seen = { readonly state: 'coming' | 'failed' } | ({ readonly state: 'here'; readonly path: string } & PagePicture);

export interface RoomPages {
  /** The page that is open beside the stage. */
  readonly open: Accessor<string | undefined>;
  show(path: string | undefined): void;
  /** Draws a page onto its board, for oneself; again, as it is now. */
  draw(id: EntityId): void;
  /** What comes of pressing a page's board: what is drawn goes on, up or down; else it opens, or is drawn for who has a headset on. */
  press(id: EntityId, isUp: boolean, isInside: boolean): void;
  stateOf(id: EntityId): Seen['state'] | undefined;
  /** What is to be read on a page's board. */
  cardOf(id: EntityId): PageCard | undefined;
}

/** Follows a room while the caller lives; where no page opens beside the stage, pressing one draws it. */
export function createRoomPages(control: RoomControl, app: Pick<App, 't' | 'language'>, opensBeside = true): RoomPages {
  const [open, show] = createSignal<string>();
  const [seen, setSeen] = createSignal<ReadonlyMap<EntityId, Seen>>(new Map());
  const ends = new AbortController();
  onCleanup(() => ends.abort());

  const put = (id: EntityId, what: Seen): void => void setSeen((all) => new Map([...all, [id, what]]));
  const pathOf = (id: EntityId): string | undefined => {
    const found = control.pages().find((one) => one.id === id);
    // What others put there is as good as typed by a stranger.
    return found && ownPath(found.page.path, location.origin);
  };
  const draw = async (id: EntityId): Promise<void> => {
    const path = pathOf(id);
    if (path === undefined || seen().get(id)?.state === 'coming') return;
    put(id, { state: 'coming' });
    try {
      const picture = await pictureOf(path, CARD.width, ends.signal);
      put(id, { state: 'here', path, ...picture, down: within(picture, picture.down) });
    } catch {
      if (!ends.signal.aborted) put(id, { state: 'failed' });
    }
  };

  const cards = createMemo(() => {
    const all = new Map<EntityId, PageCard>();
    for (const { id, by, page } of control.pages()) {
      const name = control.people().find(({ actor }) => actor === by)?.name;
      const now = seen().get(id);
      const here = now?.state === 'here' && now.path === page.path ? now : undefined;
      const common = { title: pageWords(page, app.t), by: name === undefined ? '' : app.t('page.by', { name }), path: page.path };
      if (here) all.set(id, { ...common, hint: app.t('page.leaf'), picture: here.picture, down: here.down });
      else all.set(id, { ...common, hint: app.t(`page.card.${now?.state === 'coming' || now?.state === 'failed' ? now.state : 'press'}`), down: 0 });
    }
    return all;
  });
  /** The same card for as long as it says the same: it is painted only when it is another. */
  const kept = new Map<EntityId, PageCard>();
  const cardOf = (id: EntityId): PageCard | undefined => {
    const card = cards().get(id);
    const before = kept.get(id);
    if (!card) kept.delete(id);
    else if (!before || !isSame(before, card)) kept.set(id, card);
    return kept.get(id);
  };

  return {
    open,
    show,
    draw: (id) => void draw(id),
    press: (id, isUp, isInside) => {
      const now = seen().get(id);
      if (now?.state !== 'here') return void (isInside || !opensBeside ? draw(id) : show(pathOf(id)));
      const step = SHOWN * 0.8 * (isUp ? -1 : 1);
      put(id, { ...now, down: within(now, now.down + step) });
    },
    stateOf: (id) => seen().get(id)?.state,
    cardOf,
  };
}

/** How far down one can look at a picture. */
function within({ height }: Pick<PagePicture, 'height'>, down: number): number {
  return Math.min(Math.max(0, height - SHOWN), Math.max(0, down));
}

function isSame(a: PageCard, b: PageCard): boolean {
  return a.title === b.title && a.by === b.by && a.path === b.path && a.hint === b.hint && a.picture === b.picture && a.down === b.down;
}
