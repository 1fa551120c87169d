/** Patients who are in a room under a pseudonym that the server has made: nobody in the room is told who they are. */
import type { Text } from './language';

/** How the server begins the id that stands for the account; that of no account begins so. */
const PREFIX = 'pseudonym.';

/** A colour that is nobody's own. */
export const NEUTRAL_COLOUR = '#999999';

/** How the caller may be known in a room, and is: `GET /api/rooms/{id}/pseudonym`. */
export interface KnownAs {
  readonly may_choose: boolean;
  readonly code: string | null;
}

export function isPseudonym(actor: string | undefined): boolean {
  return actor?.startsWith(PREFIX) ?? false;
}

/** What somebody looks like: wherever they are the same by their account, unless they chose a figure; for everybody under a pseudonym the same until they choose one. */
export interface Looks {
  readonly account: string;
  readonly colour: string;
  readonly figure?: number;
}

/** By whose account somebody looks who chose no figure: under a pseudonym by that of nobody. */
export function lookedLike(actor: string): string {
  return isPseudonym(actor) ? PREFIX : actor;
}

export function looksOf({ actor, colour, figure }: { readonly actor: string; readonly colour: string; readonly figure?: number }): Looks {
  const looks = { account: lookedLike(actor), colour: isPseudonym(actor) ? NEUTRAL_COLOUR : colour };
  return figure === undefined ? looks : { ...looks, figure };
}

/** Whether somebody may ask who is behind a code, as the shipped policies have it; the server judges. */
export function opensPseudonyms(me: { readonly roles: readonly string[] } | undefined): boolean {
  return ['expert', 'terminal-doctor', 'admin'].some((role) => me?.roles.includes(role));
}

/** A room in which patients may be under a pseudonym, for those who may find out who somebody is: `GET /api/gatherings`. */
export interface Gathering {
  readonly id: string;
  readonly title: Text;
  /** The codes that there are. */
  readonly pseudonyms: readonly string[];
}

/** What one of two people did about a request, and why. */
export interface OpeningPart {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** A request to find out who stands behind a code: `GET /api/rooms/{id}/openings`. */
export interface Opening {
  readonly id: string;
  readonly pseudonym: string;
  readonly state: 'waiting' | 'confirmed' | 'refused' | 'over';
  readonly requested: OpeningPart;
  readonly confirmed: OpeningPart | null;
  readonly refused: OpeningPart | null;
  /** Of the accounts that are named. */
  readonly names: Readonly<Record<string, string>>;
  /** For the two who opened it, for an hour. */
  readonly patient: string | null;
  readonly account: string | null;
}
