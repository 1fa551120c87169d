/** What kinds of objects there are, as far as a screen must know: which have a picture, and what the others are. */
import type { DataSet } from './json';
import { TAG, numberOf, textOf } from './json';

/** What an object is to somebody who looks at it. */
export type ObjectKind = 'image' | 'segmentation' | 'report' | 'key-images' | 'presentation' | 'radiotherapy' | 'document' | 'waveform' | 'other';

const STORAGE = '1.2.840.10008.5.1.4.1.1.';
/** Endings of SOP classes below `1.2.840.10008.5.1.4.1.1.`; the longest that fits decides. */
const KINDS: readonly (readonly [string, ObjectKind])[] = [
  ['66.4', 'segmentation'],
  ['66.7', 'segmentation'],
  ['88.59', 'key-images'],
  ['88.', 'report'],
  ['11.', 'presentation'],
  ['481.', 'radiotherapy'],
  ['104.', 'document'],
  ['9.', 'waveform'],
];

/** What an object is by its SOP class; one that has rows and columns and no other kind is an image. */
export function kindOf(set: DataSet): ObjectKind {
  const uid = textOf(set, TAG.classUid) ?? '';
  if (uid.startsWith(STORAGE)) {
    const ending = `${uid.slice(STORAGE.length)}.`;
    const known = KINDS.find(([start]) => ending.startsWith(start.endsWith('.') ? start : `${start}.`));
    // RT images and doses lie among radiotherapy's classes and are pictures.
    if (known && !(known[1] === 'radiotherapy' && hasPicture(set))) return known[1];
  }
  return hasPicture(set) ? 'image' : 'other';
}

/** Modalities whose series hold no pictures: known before any object is looked at. */
const WITHOUT_PICTURE: Readonly<Record<string, ObjectKind>> = {
  SEG: 'segmentation',
  SR: 'report',
  KO: 'key-images',
  PR: 'presentation',
  RTSTRUCT: 'radiotherapy',
  RTPLAN: 'radiotherapy',
  DOC: 'document',
  ECG: 'waveform',
  HD: 'waveform',
};

/** What a series is, as far as its modality tells; `image` where it says nothing to the contrary. */
export function kindOfModality(modality: string | undefined): ObjectKind {
  return WITHOUT_PICTURE[modality ?? ''] ?? 'image';
}

function hasPicture(set: DataSet): boolean {
  return (numberOf(set, TAG.rows) ?? 0) > 0 && (numberOf(set, TAG.columns) ?? 0) > 0;
}
