/** Which blows that were sent count as blown before a bronchodilator, and which after. Pure. */

export const PARTS = ['before', 'after', 'out'] as const;

/** By when each blow began. */
export type Split = ReadonlyMap<number, (typeof PARTS)[number]>;

/** As the hospital takes it: each part in order of time. */
export function asSent(split: Split): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const of = (part: (typeof PARTS)[number]): readonly number[] =>
    [...split].flatMap(([at, known]) => (known === part ? [at] : [])).toSorted((one, other) => one - other);
  return { before: of('before'), after: of('after') };
}
