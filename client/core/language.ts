/** The languages of the client, and texts that come in both. */

/** A language of the client. */
export type Language = 'zh' | 'en';

/** A text in both languages, as the server sends it. */
export interface Text {
  readonly zh: string;
  readonly en: string;
}

/** The text in one language; what comes in one only is shown as it is. */
export function inLanguage(text: Text | string, language: Language): string {
  return typeof text === 'string' ? text : text[language];
}

/** The server's own reason, where it gives one in both languages as "中文 · English". */
export function detailIn(detail: string, language: Language): string | undefined {
  const split = detail.indexOf(' · ');
  if (split < 0 || !/\p{Script=Han}/u.test(detail.slice(0, split))) return undefined;
  return language === 'zh' ? detail.slice(0, split) : detail.slice(split + 3);
}

/** A name that a hospital gave in both languages as "中文 · English", in one of them; any other as it is. */
export function nameIn(name: string, language: Language): string {
  // A full-width bracket carries its own space.
  const [, zh, en] = /^(.*?\p{Script=Han}.*?) ?· (\P{Script=Han}+)$/u.exec(name) ?? [];
  return (language === 'zh' ? zh : en) ?? name;
}

/** Names in a row. */
export const listIn = (names: readonly string[], language: Language): string => names.join(language === 'zh' ? '、' : ', ');

/** Clauses in a row. */
export const clausesIn = (clauses: readonly string[], language: Language): string => clauses.join(language === 'zh' ? '；' : '; ');

/** Between what something is called and what it is. */
export const colonIn = (language: Language): string => (language === 'zh' ? '：' : ': ');

/** What is said by the way, after what it is said of. */
export const asideIn = (words: string, language: Language): string => (language === 'zh' ? `（${words}）` : ` (${words})`);

/** The language that a browser's preferences ask for; Chinese where they name neither. */
export function preferredLanguage(preferences: readonly string[]): Language {
  for (const preference of preferences) {
    if (preference.toLowerCase().startsWith('zh')) return 'zh';
    if (preference.toLowerCase().startsWith('en')) return 'en';
  }
  return 'zh';
}
