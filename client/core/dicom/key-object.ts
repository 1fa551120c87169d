/** Key images as DICOM keeps them: Key Object Selection documents (PS3.3 A.35.4, template TID 2010). */
import type { DataSet } from './json';
import { TAG, itemsOf, numbersOf, textOf } from './json';

/** The pictures that a document names, as `sop#frame`. */
export function keyImagesOf(document: DataSet): readonly string[] {
  return itemsOf(document, TAG.contentSequence)
    .flatMap((content) => itemsOf(content, TAG.referencedSops))
    .flatMap((reference) => {
      const sop = textOf(reference, TAG.referencedSopUid);
      const frames = numbersOf(reference, '00081160');
      return sop === undefined ? [] : (frames.length > 0 ? frames : [1]).map((frame) => `${sop}#${frame}`);
    });
}
