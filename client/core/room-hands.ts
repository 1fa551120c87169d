/** What is in somebody's hand, as the page of a room sees it: who asks for it, who gave or took it, and who locked it. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Act, Participant } from '../../contract/room';
import type { RoomClient, RoomState } from '../room/room-client';
import type { Entity } from '../stage/room-view';
import type { App } from './app';
import { pageWords } from './own-pages';
import type { RoomControl } from './room-control';

/** A hologram, board or page in somebody's hand. */
export interface InHand {
  readonly entity: number;
  /** The seat of who holds it. */
  readonly holder: number;
  readonly isOwn: boolean;
  /** The seats of those who ask for it, the first one first. */
  readonly asked: readonly number[];
  /** Whether one asks for it oneself. */
  readonly hasAsked: boolean;
}

export interface RoomHands {
  /** All that is in hands, by number. */
  readonly held: Accessor<readonly InHand[]>;
  /** The name of a seat. */
  nameOf(seat: number): string;
  /** What something in a hand is called. */
  wordsOf(entity: number): HeldWords;
  act(act: Extract<Act, { act: 'ask-for' | 'give' | 'keep-hold' | 'take-over' }>): void;
}

/** What is in a hand, in a sentence, and where it was named already. */
export interface HeldWords {
  readonly what: string;
  readonly it: string;
}

/** What something is called that can be carried. */
export function heldWords(entity: Entity | undefined, t: App['t']): HeldWords {
  if (entity?.type === 'page') return { what: t('hands.named.page', { title: pageWords(entity, t) }), it: t('hands.it.page') };
  if (entity?.type !== 'board') return { what: t('hands.what.hologram'), it: t('hands.it.hologram') };
  const { title } = entity;
  return { what: title === '' ? t('hands.what.board') : t('hands.named.board', { title }), it: t('hands.it.board') };
}

/** Of all that is in hands what one has to know of first: what one is asked for, what one asks for, and what another has. */
export function firstOf(held: readonly InHand[]): InHand | undefined {
  const isFirst = [(one: InHand) => one.isOwn && one.asked.length > 0, (one: InHand) => one.hasAsked, (one: InHand) => !one.isOwn];
  return isFirst.map((is) => held.find(is)).find((one) => one !== undefined) ?? held[0];
}

/** What of a room's state is about one thing in a hand. */
export function inHand({ self, holds, asked }: Pick<RoomState, 'self' | 'holds' | 'asked'>, entity: number | undefined): InHand | undefined {
  const holder = entity === undefined ? undefined : holds.get(entity);
  if (entity === undefined || holder === undefined) return undefined;
  const all = asked.get(entity) ?? [];
  return { entity, holder, isOwn: holder === self, asked: all, hasAsked: self !== undefined && all.includes(self) };
}

export type HandNews =
  | { readonly said: 'asks'; readonly whose: number }
  | { readonly said: 'yours' | 'keeps'; readonly whose: number }
  | { readonly said: 'free' };

/** What has happened between two looks that one has to hear: that one is asked, and what became of one's own asking. */
export function handNews(before: InHand | undefined, now: InHand | undefined): HandNews[] {
  if (now?.isOwn) {
    const given: HandNews[] = before && !before.isOwn && before.hasAsked ? [{ said: 'yours', whose: before.holder }] : [];
    const known = before?.isOwn ? before.asked : [];
    return [...given, ...now.asked.filter((one) => !known.includes(one)).map((whose) => ({ said: 'asks', whose }) as const)];
  }
  if (!before?.hasAsked || now?.hasAsked) return [];
  return [now ? { said: 'keeps', whose: now.holder } : { said: 'free' }];
}

/** Follows a room while the caller lives. */
export function createRoomHands(client: RoomClient, control: RoomControl, app: App): RoomHands {
  const [state, setState] = createSignal(client.state);
  onCleanup(client.on('change', setState));
  const entities = (): ReadonlyMap<number, { readonly entity: Entity }> => control.view.entities();
  const held = createMemo(() =>
    [...state().holds.keys()]
      .filter((entity) => entities().has(entity))
      .sort((a, b) => a - b)
      .flatMap((entity) => inHand(state(), entity) ?? []),
  );
  const nameOf = (seat: number): string => control.people().find((one: Participant) => one.id === seat)?.name ?? '';
  const wordsOf = (entity: number): HeldWords => heldWords(entities().get(entity)?.entity, app.t);
  createEffect(
    on(held, (now, before: readonly InHand[] = []) => {
      const of = (list: readonly InHand[], entity: number): InHand | undefined => list.find((one) => one.entity === entity);
      for (const entity of new Set([...before, ...now].map((one) => one.entity))) {
        // What has been taken away meanwhile is nobody's to move.
        if (!entities().has(entity)) continue;
        for (const news of handNews(of(before, entity), of(now, entity))) {
          const name = 'whose' in news ? nameOf(news.whose) : '';
          app.toast(() => app.t(`hands.${news.said}`, { name, ...wordsOf(entity) }));
        }
      }
      return now;
    }),
  );
  return { held, nameOf, wordsOf, act: (what) => void client.act(what).catch(() => undefined) };
}
