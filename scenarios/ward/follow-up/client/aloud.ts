/** The browser's own voice, where it has one. Nothing needs it. */
import type { Language } from '../../../../client/core/language';

const VOICE: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en-GB' };
/** A little slower than usual: it is for people who do not hear or see well. */
const RATE = 0.9;

/** Whether the browser can read aloud. */
export function canRead(): boolean {
  return typeof speechSynthesis !== 'undefined' && typeof SpeechSynthesisUtterance !== 'undefined';
}

/** Reads something aloud; what was being read stops. */
export function readAloud(text: string, language: Language): void {
  if (!canRead()) return;
  speechSynthesis.cancel();
  const words = new SpeechSynthesisUtterance(text);
  words.lang = VOICE[language];
  words.rate = RATE;
  speechSynthesis.speak(words);
}

/** Stops reading. */
export function beQuiet(): void {
  if (canRead()) speechSynthesis.cancel();
}
