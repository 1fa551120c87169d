/** This scenario's words. A key that one language lacks does not compile. */
import type { Language, Text } from '../../../../client/core/language';
import { fill } from '../../../../client/words/words';
import type { Params } from '../../../../client/words/words';
import en from './words.en.json';
import zh from './words.zh.json';

export type Word = keyof typeof en;

const WORDS: Readonly<Record<Language, Readonly<Record<Word, string>>>> = { zh, en };

export type Say = (word: Word, params?: Params) => string;

/** Says words in the language that is chosen now. */
export function sayIn(language: () => Language): Say {
  return (word, params) => fill(WORDS[language()][word], params ?? {});
}

/** In both languages, as the server says what stands beside it. */
export const inBoth = (word: Word, params: Params = {}): Text => ({ zh: fill(WORDS.zh[word], params), en: fill(WORDS.en[word], params) });

const isWord = (word: string): word is Word => word in en;

/** What a figure is called. */
export function figureWords(say: Say, name: string): string {
  const word = `figure.${name}`;
  return isWord(word) ? say(word) : name;
}
