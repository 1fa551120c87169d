/** Key images as DICOM keeps them: a Key Object Selection document (PS3.3 A.35.4, template TID 2010). */
import type { DataSet } from './json';
import { TAG, itemsOf, numbersOf, textOf, valuesOf } from './json';
import { dicomFile, freshUid } from './write';
import type { Element, Elements } from './write';

const KEY_OBJECT = '1.2.840.10008.5.1.4.1.1.88.59';

/** One picture that was marked. */
export interface KeyImage {
  readonly series: string;
  readonly sop: string;
  readonly classUid: string;
  /** From 1; of an object with several frames the one that was meant. */
  readonly frame: number | undefined;
}

/** What a document takes over from the study as it stands: so that it is filed with it. */
const TAKEN_OVER = {
  '00080020': 'DA',
  '00080030': 'TM',
  '00080050': 'SH',
  '00080090': 'PN',
  '00100010': 'PN',
  '00100020': 'LO',
  '00100021': 'LO',
  '00100030': 'DA',
  '00100040': 'CS',
  '0020000D': 'UI',
  '00200010': 'SH',
} as const;

const code = (value: string, scheme: string, meaning: string): Elements => ({
  '00080100': ['SH', value],
  '00080102': ['SH', scheme],
  '00080104': ['LO', meaning],
});

/** The document for images of one study; `of` is the metadata of any of its objects. */
export function keyObject(of: DataSet, images: readonly KeyImage[], now: Date): Uint8Array<ArrayBuffer> {
  const [sop, series] = [freshUid(), freshUid()];
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const taken: Record<string, Element> = {};
  for (const [tag, vr] of Object.entries(TAKEN_OVER)) taken[tag] = [vr, vr === 'PN' ? nameText(of, tag) : (textOf(of, tag) ?? '')];
  return dicomFile(KEY_OBJECT, sop, {
    ...taken,
    '00080005': ['CS', 'ISO_IR 192'],
    '00080016': ['UI', KEY_OBJECT],
    '00080018': ['UI', sop],
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00080060': ['CS', 'KO'],
    '00080070': ['LO', 'Yuanyi'],
    '0008103E': ['LO', 'Key images'],
    '00081111': ['SQ', []],
    '0020000E': ['UI', series],
    '00200011': ['IS', '9001'],
    '00200013': ['IS', '1'],
    '0040A040': ['CS', 'CONTAINER'],
    '0040A043': ['SQ', [code('113000', 'DCM', 'Of Interest')]],
    '0040A050': ['CS', 'SEPARATE'],
    '0040A375': ['SQ', [evidence(of, images)]],
    '0040A504': ['SQ', [{ '00080105': ['CS', 'DCMR'], '0040DB00': ['CS', '2010'] }]],
    '0040A730': ['SQ', images.map(item)],
  });
}

function item(image: KeyImage): Elements {
  const reference: Record<string, Element> = { '00081150': ['UI', image.classUid], '00081155': ['UI', image.sop] };
  if (image.frame !== undefined) reference['00081160'] = ['IS', String(image.frame)];
  return { '0040A010': ['CS', 'CONTAINS'], '0040A040': ['CS', 'IMAGE'], '00081199': ['SQ', [reference]] };
}

/** All objects that are named, by series: each once. */
function evidence(of: DataSet, images: readonly KeyImage[]): Elements {
  const bySeries = new Map<string, KeyImage[]>();
  for (const image of images) bySeries.set(image.series, [...(bySeries.get(image.series) ?? []), image]);
  return {
    '0020000D': ['UI', textOf(of, TAG.studyUid) ?? ''],
    '00081115': [
      'SQ',
      [...bySeries].map(([series, those]): Elements => {
        const once = new Map(those.map((image) => [image.sop, image]));
        const objects = [...once.values()].map((image): Elements => ({ '00081150': ['UI', image.classUid], '00081155': ['UI', image.sop] }));
        return { '0020000E': ['UI', series], '00081199': ['SQ', objects] };
      }),
    ],
  };
}

/** A name with all its groups, as DICOM writes it. */
function nameText(set: DataSet, tag: string): string {
  const [value] = valuesOf(set, tag);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'].map((group) => {
    const text: unknown = Reflect.get(value, group);
    return typeof text === 'string' ? text : '';
  });
  return groups.join('=').replace(/=+$/, '');
}

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
