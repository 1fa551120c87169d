/** Which figure somebody looks like. */
import { lookedLike } from './pseudonym';

/** How many figures there are in each dress: models and small pictures of them lie in `public/people`, whose `LICENSE.md` says where they are from. */
export const FIGURES = { medical: 5, plain: 3 } as const;
export type Dress = keyof typeof FIGURES;

/** Who comes to the hospital and does not work there: a patient, or a relative or carer of one. */
export function isVisitor(role: string): boolean {
  return role === 'patient' || role === 'related-person';
}

/** Whether somebody is here for nothing but to come with a patient: no record is open to them, and no room but those about that patient. */
export function onlyAccompanies(roles: readonly string[] | undefined): boolean {
  return roles !== undefined && roles.length > 0 && roles.every((role) => role === 'related-person');
}

/** Patients, and who comes with them, wear no medical dress. */
export function dressOf({ role }: { readonly role: string }): Dress {
  return isVisitor(role) ? 'plain' : 'medical';
}

/** The figure that somebody chose, else the same for the same account, in every room and after every return. */
export function figureFor(account: string, dress: Dress, chosen?: number): string {
  let sum = 0;
  for (const letter of account) sum = (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  // Who chose while in another dress looks like one of this one.
  const at = chosen === undefined ? sum : Math.max(1, chosen) - 1;
  return `${dress}-${1 + (at % FIGURES[dress])}`;
}

/** A figure that somebody may look like: its number, the name of its files and words, and whether it is theirs. */
export interface FigureChoice {
  readonly figure: number;
  readonly name: string;
  readonly chosen: boolean;
}

/** All figures that somebody may look like, with the one that others see. */
export function figuresFor(one: { readonly actor: string; readonly role: string; readonly figure?: number | null }): FigureChoice[] {
  const dress = dressOf(one);
  const now = figureFor(lookedLike(one.actor), dress, one.figure ?? undefined);
  return Array.from({ length: FIGURES[dress] }, (_, at) => {
    const name = `${dress}-${at + 1}`;
    return { figure: at + 1, name, chosen: name === now };
  });
}
