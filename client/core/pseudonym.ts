/** Patients who are in a room under a pseudonym that the server has made: nobody in the room is told who they are. */

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

/** What stands for somebody wherever the same person looks the same; for everybody under a pseudonym it is the same. */
export function looksOf({ actor, colour }: { readonly actor: string; readonly colour: string }): { readonly account: string; readonly colour: string } {
  return isPseudonym(actor) ? { account: PREFIX, colour: NEUTRAL_COLOUR } : { account: actor, colour };
}
