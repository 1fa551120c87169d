/** Orders that can be said: what was heard, matched against what the room can do now, in the language of the page. */

export interface Order {
  readonly id: string;
  /** What one says, and what is shown to be confirmed. */
  readonly words: string;
}

/** Letters and digits alone, so that articles, pauses and full stops make no difference. */
function bare(text: string): string {
  return text.normalize('NFKC').toLocaleLowerCase().replace(/\b(?:the|an?)\b|的/g, '').replace(/[^\p{Letter}\p{Number}]+/gu, '');
}

/**
 * The order that was meant: the one whose words were said, alone or among others. Of several the longest counts, as
 * “show everything again” also says “show”; two as long are no order, since nobody knows which was meant.
 */
export function orderOf(heard: string, orders: readonly Order[]): Order | undefined {
  const said = bare(heard);
  const meant = orders.filter(({ words }) => bare(words) !== '' && said.includes(bare(words)));
  const [first, second] = meant.sort((a, b) => bare(b.words).length - bare(a.words).length);
  return first && second && bare(first.words).length === bare(second.words).length ? undefined : first;
}
