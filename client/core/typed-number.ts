/** The number that was typed, as Chinese keyboards write it, too: ３６。５; undefined where it is none. */
export function typedNumber(typed: string): number | undefined {
  const text = typed.normalize('NFKC').trim().replace(/[,。]/, '.');
  const number = Number(text);
  return text === '' || !Number.isFinite(number) ? undefined : number;
}
