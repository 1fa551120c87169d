/** What a worker does that looks at pictures of the webcam beside the page, whatever it looks for. */
import { pixelsOf, type Picture } from './program';

/** What it answers: once that it is ready, then what each picture shows. */
export type Said<Found> = { readonly says: 'ready' } | { readonly says: 'failed' } | ({ readonly says: 'looked' } & Found);

/** Loads what looks, from the folder of its models, and looks at each picture that is sent. */
export async function lookAtPictures<Found extends object>(load: (models: string) => Promise<(picture: Picture) => Promise<Found>>): Promise<void> {
  const say = (what: Said<Found>): void => self.postMessage(what, { transfer: [] });
  const failed = (): void => say({ says: 'failed' });
  const loading = load(new URL('/face/', self.location.origin).href);
  self.addEventListener('message', (event: MessageEvent<ImageBitmap>) => {
    void loading.then((look) => look(pixelsOf(event.data))).then((found) => say({ says: 'looked', ...found }), failed);
  });
  await loading.then(() => say({ says: 'ready' }), failed);
}
