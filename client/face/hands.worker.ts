/** Looks for hands in pictures of the webcam, beside the page and beside what looks for the face: it takes longer. */
import { HandDetector } from './hand-detector';
import { pixelsOf } from './program';
import type { HandSeen } from './seen';

/** What the worker answers. */
export type HandsAnswer = { readonly says: 'ready' } | { readonly says: 'failed' } | { readonly says: 'looked'; readonly hands: readonly HandSeen[] };

const answer = (what: HandsAnswer): void => self.postMessage(what, { transfer: [] });
let detector: HandDetector | undefined;

self.addEventListener('message', (event: MessageEvent<ImageBitmap>) => {
  look(event.data).then(answer, () => answer({ says: 'failed' }));
});

async function look(picture: ImageBitmap): Promise<HandsAnswer> {
  if (!detector) throw new Error('nothing to look with');
  return { says: 'looked', hands: await detector.look(pixelsOf(picture), performance.now()) };
}

HandDetector.load('webgl', new URL('/face/', self.location.origin).href).then(
  (loaded) => {
    detector = loaded;
    answer({ says: 'ready' });
  },
  () => answer({ says: 'failed' }),
);
