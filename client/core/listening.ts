/** Listening for one order, where the browser writes speech down. */
import type { Language } from './language';

interface Heard {
  readonly results: ArrayLike<ArrayLike<{ readonly transcript: string }>>;
}

interface Recognition {
  lang: string;
  interimResults: boolean;
  maxAlternatives: number;
  onresult: ((event: Heard) => void) | null;
  onend: (() => void) | null;
  onerror: (() => void) | null;
  start(): void;
  abort(): void;
}

type RecognitionClass = new () => Recognition;

function recognition(): RecognitionClass | undefined {
  const scope = globalThis as { SpeechRecognition?: RecognitionClass; webkitSpeechRecognition?: RecognitionClass };
  return scope.SpeechRecognition ?? scope.webkitSpeechRecognition;
}

export const canListen = (): boolean => recognition() !== undefined;

/** Listens until something was said or nobody speaks; the returned function ends it. */
export function listen(language: Language, heard: (words: string) => void, ended: () => void): () => void {
  const Class = recognition();
  if (!Class) {
    ended();
    return () => undefined;
  }
  const ear = new Class();
  ear.lang = language === 'zh' ? 'zh-CN' : 'en-GB';
  ear.interimResults = false;
  ear.maxAlternatives = 1;
  ear.onresult = ({ results }) => {
    const words = Array.from(results, (result) => result[0]?.transcript ?? '').join(' ').trim();
    if (words !== '') heard(words);
  };
  ear.onerror = () => ear.abort();
  ear.onend = ended;
  ear.start();
  return () => ear.abort();
}
