/** The browser's speech recognition, where it has one. Nothing needs it. */

interface Heard {
  readonly results: ArrayLike<ArrayLike<{ readonly transcript: string }>>;
}
interface Recognition {
  lang: string;
  interimResults: boolean;
  maxAlternatives: number;
  onresult: ((event: Heard) => void) | null;
  onerror: (() => void) | null;
  onend: (() => void) | null;
  start(): void;
  abort(): void;
}
type Maker = new () => Recognition;

function maker(): Maker | undefined {
  const found: unknown = Reflect.get(globalThis, 'SpeechRecognition') ?? Reflect.get(globalThis, 'webkitSpeechRecognition');
  return typeof found === 'function' ? (found as Maker) : undefined;
}

/** Whether the browser can listen. */
export function canListen(): boolean {
  return maker() !== undefined;
}

/** Listens once; what was said, or nothing. `stop` ends it early. */
export function listen(language: string): { readonly said: Promise<string | undefined>; stop(): void } {
  const Make = maker();
  if (!Make) return { said: Promise.resolve(undefined), stop: () => {} };
  const recognition = new Make();
  recognition.lang = language;
  recognition.interimResults = false;
  recognition.maxAlternatives = 1;
  const said = new Promise<string | undefined>((resolve) => {
    recognition.onresult = (event) => resolve(event.results[0]?.[0]?.transcript);
    recognition.onerror = () => resolve(undefined);
    recognition.onend = () => resolve(undefined);
    recognition.start();
  });
  return { said, stop: () => recognition.abort() };
}
