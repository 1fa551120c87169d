/** What is in somebody's hand, as the page of a room sees it: who asks for it, who gave or took it, and who locked it. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Act, Participant } from '../../contract/room';
import type { RoomClient, RoomState } from '../room/room-client';
import type { App } from './app';
import type { RoomControl } from './room-control';

/** The hologram in somebody's hand. */
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
  readonly held: Accessor<InHand | undefined>;
  /** The name of a seat. */
  nameOf(seat: number): string;
  act(act: Extract<Act, { act: 'ask-for' | 'give' | 'keep-hold' | 'take-over' }>): void;
}

/** What of a room's state is about one hologram in a hand. */
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
  const held = createMemo(() => inHand(state(), control.hologram()?.id));
  const nameOf = (seat: number): string => control.people().find((one: Participant) => one.id === seat)?.name ?? '';
  createEffect(
    on(held, (now, before: InHand | undefined) => {
      for (const news of handNews(before, now)) {
        const name = 'whose' in news ? nameOf(news.whose) : '';
        app.toast(() => app.t(`hands.${news.said}`, { name }));
      }
      return now;
    }),
  );
  return { held, nameOf, act: (what) => void client.act(what).catch(() => undefined) };
}
