/** How one looks in rooms: a colour and a figure, chosen here, kept on this device, judged by the room. */
import { createEffect, on } from 'solid-js';
import type { Participant } from '../../contract/room';
import { FIGURES } from './figures';
import { isPseudonym } from './pseudonym';
import type { RoomOrder } from './room-order';

const COLOUR = 'room-colour';
const FIGURE = 'room-figure';

/** Who else wears a colour. */
export function wornBy(colour: string, people: readonly Participant[], own: Participant | undefined): string | undefined {
  return people.find((one) => one.colour === colour && one.id !== own?.id)?.name;
}

export function wear(order: RoomOrder, colour: string): void {
  localStorage.setItem(COLOUR, colour);
  order.act({ act: 'wear', colour });
}

/** Under a pseudonym one may look like another figure, which is kept nowhere: what follows somebody from room to room tells who it is. */
export function lookLike(order: RoomOrder, figure: number): void {
  if (!isPseudonym(order.own()?.actor)) localStorage.setItem(FIGURE, String(figure));
  order.act({ act: 'look-like', figure });
}

/** Who comes in looks as they did, as far as they can; under a pseudonym nobody does. */
export function bringOwnLooks(order: RoomOrder, people: () => readonly Participant[]): void {
  createEffect(
    on(
      () => order.own()?.id,
      () => {
        const own = order.own();
        if (own === undefined || isPseudonym(own.actor)) return;
        const colour = localStorage.getItem(COLOUR);
        if (colour && colour !== own.colour && wornBy(colour, people(), own) === undefined) order.act({ act: 'wear', colour });
        const figure = Number(localStorage.getItem(FIGURE));
        if (Number.isInteger(figure) && figure >= 1 && figure <= FIGURES.medical && figure !== own.figure) order.act({ act: 'look-like', figure });
      },
    ),
  );
}
