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

const YES = /^(?:请|please)?(?:是|确认|确定|执行|yes|confirm|doit)+(?:吧|please)?$/;
const NO = /^(?:请|please)?(?:否|不(?:是|要|用|行|好|对|可以|确认|执行)?|取消|算了|no|dont|cancel)+(?:吧|了|please|thanks|thankyou)?$/;

/** Whether what was heard says yes or no, in either language, and nothing else; undefined where it does neither. */
export function answerOf(heard: string): boolean | undefined {
  const said = bare(heard);
  return YES.test(said) ? true : NO.test(said) ? false : undefined;
}
