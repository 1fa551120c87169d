import { createRoot } from 'solid-js';
import { expect, test, vi } from 'vitest';
import { SHOWN } from '../stage/page-paint';
import type { App } from './app';
import type { PageShown, RoomControl } from './room-control';
import { createRoomPages } from './room-pages';
import { SPOTS } from './room-standing';

vi.stubGlobal('location', { origin: 'https://hospital.example' });
vi.mock('./page-picture', () => ({ pictureOf: (path: string) => Promise.resolve({ picture: {}, height: 3_000, down: path.endsWith('#upgrades') ? 1_200 : path.endsWith('#end') ? 2_990 : 0 }) }));

function page(id: number, path: string, spot: keyof typeof SPOTS = 'left', title = ''): PageShown {
  return { id, by: 'chen.expert', author: 'Chen', page: { type: 'page', transform: SPOTS[spot], path, title } };
}

const app = { t: (key: string) => key, language: () => 'en' } as unknown as Pick<App, 't' | 'language'>;
const controlOf = (pages: readonly PageShown[]): RoomControl => ({ pages: () => pages, people: () => [{ actor: 'chen.expert', name: 'Chen Yu' }] }) as unknown as RoomControl;

test('a card says what page it is, whose, and stays the same while it says the same', () => {
  createRoot((dispose) => {
    const pages = createRoomPages(controlOf([page(7, '/patients/p1', 'left', 'the letter')]), app);
    const card = pages.cardOf(7);
    expect(card).toMatchObject({ title: 'page.kind.patient · the letter', path: '/patients/p1', hint: 'page.card.press', by: 'page.by' });
    expect(card?.picture).toBeUndefined();
    expect(pages.cardOf(7)).toBe(card);
    expect(pages.cardOf(8)).toBeUndefined();
    dispose();
  });
});

test('pressing a page opens it, and nothing that is no page of this hospital', () => {
  createRoot((dispose) => {
    const pages = createRoomPages(controlOf([page(1, '/imaging'), page(2, '//elsewhere.example/imaging'), page(3, '/rooms/r1')]), app);
    pages.press(2, true, false);
    expect(pages.open()).toBeUndefined();
    pages.press(3, true, false);
    expect(pages.open()).toBeUndefined();
    pages.press(1, true, false);
    expect(pages.open()).toBe('/imaging');
    // What is no page is not drawn either.
    pages.press(2, true, true);
    expect(pages.stateOf(2)).toBeUndefined();
    dispose();
  });
});

test('a page with a query opens with it, and the part that its address names is looked at first', async () => {
  const { pages, dispose } = createRoot((dispose) => ({ pages: createRoomPages(controlOf([page(1, '/imaging/1.2?series=1.3'), page(2, '/devices#upgrades'), page(3, '/devices?x=1#end')]), app), dispose }));
  pages.press(1, true, false);
  expect(pages.open()).toBe('/imaging/1.2?series=1.3');
  expect(pages.cardOf(1)).toMatchObject({ title: 'page.kind.study', path: '/imaging/1.2?series=1.3' });
  for (const [id, down] of [[1, 0], [2, 1_200], [3, 3_000 - SHOWN]] as const) {
    pages.draw(id);
    await vi.waitFor(() => expect(pages.stateOf(id)).toBe('here'));
    expect(pages.cardOf(id)).toMatchObject({ hint: 'page.leaf', down });
  }
  dispose();
});
