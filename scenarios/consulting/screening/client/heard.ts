/** Answers by voice: what was heard, as an answer to a question. Pure; what is not understood is no answer. */
import type { AnswerValue } from '../../../../contract/knowledge';

interface Asked {
  readonly kind: 'number' | 'yes-no' | 'choice';
  readonly choices: readonly { readonly id: string; readonly label: { readonly zh: string; readonly en: string } }[];
}

/** Not to know is no no. */
const UNSURE = /不知道|不清楚|不确定|不记得|know|sure|idea|remember/i;
const NO = /^(?:(?:no|never)(?![a-z])|没|不|否|从不|无)/i;
const YES = /^(?:(?:yes|yeah|yep|i do|i did)(?![a-z])|是|有|对|吸|得过|会|嗯)/i;
const DIGITS: Readonly<Record<string, number>> = {
  零: 0, 〇: 0, 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9,
};
const UNITS: Readonly<Record<string, number>> = { 十: 10, 百: 100 };
const WORDS: readonly string[] = [
  'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve',
];

/** A Chinese number up to 999, such as 二十五. */
export function chineseNumber(text: string): number | undefined {
  const [, whole = '', , fraction] = /([零〇一二两三四五六七八九十百]+)(点([零〇一二两三四五六七八九]+))?/.exec(text) ?? [];
  if (whole === '') return undefined;
  let sum = 0;
  let digit: number | undefined;
  for (const character of whole) {
    const unit = UNITS[character];
    if (unit === undefined) {
      digit = DIGITS[character];
    } else {
      sum += (digit ?? 1) * unit;
      digit = undefined;
    }
  }
  sum += digit ?? 0;
  if (fraction === undefined) return sum;
  const decimals = [...fraction].map((character) => String(DIGITS[character] ?? '')).join('');
  return Number(`${sum}.${decimals}`);
}

function numberIn(text: string): number | undefined {
  const [digits] = /\d+(?:\.\d+)?/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  const word = WORDS.findIndex((one) => new RegExp(`\\b${one}\\b`, 'i').test(text));
  return word >= 0 ? word : chineseNumber(text);
}

/** The answer that was heard, if any. */
export function answerIn(heard: string, asked: Asked): AnswerValue | undefined {
  const text = heard.trim();
  if (asked.kind === 'number') return numberIn(text);
  if (asked.kind === 'yes-no') {
    if (UNSURE.test(text)) return undefined;
    // 没有 holds 有 and 不是 holds 是: a no is looked for before a yes.
    if (NO.test(text)) return false;
    return YES.test(text) ? true : undefined;
  }
  const said = text.toLowerCase();
  const fits = asked.choices.filter(({ label }) =>
    [label.zh, label.en.toLowerCase()].some((one) => said === one || said.startsWith(one)),
  );
  // "Part-solid" also holds "solid": the longest name that fits is meant.
  return fits.toSorted((a, b) => b.label.en.length - a.label.en.length)[0]?.id;
}
