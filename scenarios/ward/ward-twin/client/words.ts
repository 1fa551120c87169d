/** This scenario's words. A key that one language lacks does not compile. */
import type { Language } from '../../../../client/core/language';
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

const isWord = (word: string): word is Word => word in en;

/** What a duty or a kind of thing is called: one of the hospital's own as the hospital calls it, else by its code. */
export function roleIn(say: Say, role: string, names: Readonly<Record<string, string>> = {}): string {
  const word = `role-${role}`;
  return isWord(word) ? say(word) : (names[role] ?? role);
}
