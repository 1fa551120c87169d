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

/** The language that a browser's preferences ask for; Chinese where they name neither. */
export function preferredLanguage(preferences: readonly string[]): Language {
  for (const preference of preferences) {
    if (preference.toLowerCase().startsWith('zh')) return 'zh';
    if (preference.toLowerCase().startsWith('en')) return 'en';
  }
  return 'zh';
}
