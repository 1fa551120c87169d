/** Looks at pictures of the webcam beside the page, so that the page never waits for it. */
import { FaceDetector, type Look } from './detector';
import { pixelsOf } from './program';

/** What the worker answers. */
export type Answer = { readonly says: 'ready' } | { readonly says: 'failed' } | ({ readonly says: 'looked' } & Look);

const answer = (what: Answer): void => self.postMessage(what, { transfer: [] });
let detector: FaceDetector | undefined;

self.addEventListener('message', (event: MessageEvent<ImageBitmap>) => {
  look(event.data).then(answer, () => answer({ says: 'failed' }));
});

async function look(picture: ImageBitmap): Promise<Answer> {
  if (!detector) throw new Error('nothing to look with');
  return { says: 'looked', ...(await detector.look(pixelsOf(picture))) };
}

FaceDetector.load('webgl', new URL('/face/', self.location.origin).href).then(
  (loaded) => {
    detector = loaded;
    answer({ says: 'ready' });
  },
  () => answer({ says: 'failed' }),
);
