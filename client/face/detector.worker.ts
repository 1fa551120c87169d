/** Looks at pictures of the webcam beside the page, so that the page never waits for it. */
import { FaceDetector, type Look } from './detector';

/** What the worker answers. */
export type Answer = { readonly says: 'ready' } | { readonly says: 'failed' } | ({ readonly says: 'looked' } & Look);

const answer = (what: Answer): void => self.postMessage(what, { transfer: [] });
let canvas: OffscreenCanvas | undefined;
let detector: FaceDetector | undefined;

self.addEventListener('message', (event: MessageEvent<ImageBitmap>) => {
  look(event.data).then(answer, () => answer({ says: 'failed' }));
});

async function look(picture: ImageBitmap): Promise<Answer> {
  const { width, height } = picture;
  canvas ??= new OffscreenCanvas(width, height);
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context || !detector) throw new Error('nothing to look with');
  context.drawImage(picture, 0, 0);
  picture.close();
  return { says: 'looked', ...(await detector.look(context.getImageData(0, 0, width, height))) };
}

FaceDetector.load('webgl', new URL('/face/', self.location.origin).href).then(
  (loaded) => {
    detector = loaded;
    answer({ says: 'ready' });
  },
  () => answer({ says: 'failed' }),
);
