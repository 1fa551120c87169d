/** What was done to people in rooms to keep order, read outside of the rooms. */
import type { Sanction } from '../../contract/room';
import type { Text } from './language';

/** A sanction with where it was given: `GET /api/sanctions`, `GET /api/sanctions/own`. */
export interface SanctionInRoom extends Sanction {
  readonly room: string;
  /** What the room is for; `null` where it is about a patient. */
  readonly place: Text | null;
  readonly by_name: string;
  readonly is_open: boolean;
  /** Whether whoever asks may answer the appeal. */
  readonly may_answer: boolean;
}

/** Tells one from the next. */
export function keyOf({ room, number }: SanctionInRoom): string {
  return `${room} ${number}`;
}

/** Whether it stands, at a moment. */
export function stands({ over, until }: Pick<Sanction, 'over' | 'until'>, now: number): boolean {
  return over === null && (until === null || now < Date.parse(until));
}

/** Whether somebody may see sanctions over all rooms, as the shipped policies have it; the server judges. */
export function reviewsSanctions(me: { readonly roles: readonly string[] } | undefined): boolean {
  return ['admin', 'manager'].some((role) => me?.roles.includes(role));
}
