/** Looks for hands in pictures of the webcam, beside the page and beside what looks for the face: it takes longer. */
import { HandDetector } from './hand-detector';
import { lookAtPictures, type Said } from './looking';
import type { HandSeen } from './seen';

/** What the worker answers. */
export type HandsAnswer = Said<{ readonly hands: readonly HandSeen[] }>;

void lookAtPictures(async (models) => {
  const detector = await HandDetector.load('webgl', models);
  return async (picture) => ({ hands: await detector.look(picture, performance.now()) });
});
