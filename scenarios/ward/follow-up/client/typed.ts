/** What was typed into forms, as values, and what is wrong with it: nothing that was typed is left out unsaid. Pure. */
import { typedNumber } from '../../../../client/core/typed-number';
import type { CardInput } from '../../../../contract/knowledge';
import type { Value } from './course';

export const VALUES = ['before-fev1', 'before-fvc', 'after-fev1', 'after-fvc'] as const;
export type ValueName = (typeof VALUES)[number];
/** The values of a session. */
export type TypedSession = Readonly<Partial<Record<ValueName, string>>>;
/** Answers, by their questions. */
export type TypedAnswers = Readonly<Record<string, string>>;
type Asks = readonly Pick<CardInput, 'name' | 'kind'>[];

/** Both of a blow, in litres. */
interface Blown {
  readonly fev1_l: number;
  readonly fvc_l: number;
}

/** One that is no number, or that stands without the other of its blow. */
export function wrongIn(typed: TypedSession): Readonly<Partial<Record<ValueName, 'none' | 'pair'>>> {
  const isEmpty = (name: ValueName): boolean => (typed[name] ?? '').trim() === '';
  const wrong: Partial<Record<ValueName, 'none' | 'pair'>> = {};
  for (const when of ['before', 'after'] as const) {
    const pair = [`${when}-fev1`, `${when}-fvc`] as const;
    if (pair.every(isEmpty)) continue;
    for (const name of pair) {
      if (isEmpty(name)) wrong[name] = 'pair';
      else if (typedNumber(typed[name] ?? '') === undefined) wrong[name] = 'none';
    }
  }
  return wrong;
}

/** Of those before or after a bronchodilator; undefined where none was typed. */
export function blown(typed: TypedSession, when: 'before' | 'after'): Blown | undefined {
  const [fev1_l, fvc_l] = [typedNumber(typed[`${when}-fev1`] ?? ''), typedNumber(typed[`${when}-fvc`] ?? '')];
  return fev1_l === undefined || fvc_l === undefined ? undefined : { fev1_l, fvc_l };
}

/** What was typed, as answers; a field that was left as it was is not sent again. */
export function answersOf(typed: TypedAnswers, questions: Asks): Record<string, Value> {
  return Object.fromEntries(
    questions.flatMap(({ name, kind }): [string, Value][] => {
      const text = typed[name]?.trim() ?? '';
      const value = text === '' ? undefined : kind === 'yes-no' ? text === 'yes' : kind === 'number' ? typedNumber(text) : text;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Whether something was typed for a number that is none. */
export function isNoNumber(typed: TypedAnswers, { name, kind }: Asks[number]): boolean {
  const text = typed[name]?.trim() ?? '';
  return kind === 'number' && text !== '' && typedNumber(text) === undefined;
}
