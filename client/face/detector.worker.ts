/** Looks for a face in pictures of the webcam beside the page, so that the page never waits for it. */
import { FaceDetector, type Look } from './detector';
import { lookAtPictures, type Said } from './looking';

/** What the worker answers. */
export type Answer = Said<Look>;

void lookAtPictures(async (models) => {
  const detector = await FaceDetector.load('webgl', models);
  return (picture) => detector.look(picture);
});
