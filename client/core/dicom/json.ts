/** Reads the DICOM JSON model (PS3.18 annex F): what is absent is `undefined`, never zero or an empty word. */

/** One attribute as DICOM JSON writes it. */
export interface Attribute {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly BulkDataURI?: string;
  readonly InlineBinary?: string;
}

/** A data set: eight hexadecimal digits to attribute. */
export type DataSet = Readonly<Record<string, Attribute | undefined>>;

/** The attributes that the client reads. */
export const TAG = {
  imageType: '00080008',
  classUid: '00080016',
  sopUid: '00080018',
  studyDate: '00080020',
  studyTime: '00080030',
  accession: '00080050',
  modality: '00080060',
  modalitiesInStudy: '00080061',
  studyDescription: '00081030',
  seriesDescription: '0008103E',
  referencedSops: '00081199',
  referencedClassUid: '00081150',
  referencedSopUid: '00081155',
  failureReason: '00081197',
  failedSops: '00081198',
  warningReason: '00081196',
  errorComment: '00000902',
  patientName: '00100010',
  patientId: '00100020',
  patientBirthDate: '00100030',
  patientSex: '00100040',
  patientAge: '00101010',
  sliceThickness: '00180050',
  cineRate: '00180040',
  frameTime: '00181063',
  imagerPixelSpacing: '00181164',
  displayFrameRate: '00082144',
  studyUid: '0020000D',
  seriesUid: '0020000E',
  seriesNumber: '00200011',
  instanceNumber: '00200013',
  positionLps: '00200032',
  orientationLps: '00200037',
  frameOfReference: '00200052',
  seriesInStudy: '00201206',
  instancesInStudy: '00201208',
  instancesInSeries: '00201209',
  samples: '00280002',
  photometric: '00280004',
  planar: '00280006',
  frames: '00280008',
  rows: '00280010',
  columns: '00280011',
  pixelSpacing: '00280030',
  bitsAllocated: '00280100',
  bitsStored: '00280101',
  signed: '00280103',
  padding: '00280120',
  windowCentre: '00281050',
  windowWidth: '00281051',
  rescaleIntercept: '00281052',
  rescaleSlope: '00281053',
  rescaleType: '00281054',
  windowNames: '00281055',
  windowFunction: '00281056',
  modalityLut: '00283000',
  lutDescriptor: '00283002',
  lutExplanation: '00283003',
  modalityLutType: '00283004',
  lutData: '00283006',
  voiLut: '00283010',
  presentationLutShape: '20500020',
  syntaxUid: '00083002',
  sharedGroups: '52009229',
  frameGroups: '52009230',
  framePosition: '00209113',
  frameOrientation: '00209116',
  frameMeasures: '00289110',
  frameWindow: '00289132',
  frameValues: '00289145',
  contentSequence: '0040A730',
} as const;

/** All values of an attribute. */
export function valuesOf(set: DataSet | undefined, tag: string): readonly unknown[] {
  return set?.[tag]?.Value ?? [];
}

/** The first value as text; numbers are written out. */
export function textOf(set: DataSet | undefined, tag: string): string | undefined {
  const [value] = valuesOf(set, tag);
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  return typeof value === 'number' ? String(value) : undefined;
}

/** The first value as a number. */
export function numberOf(set: DataSet | undefined, tag: string): number | undefined {
  return numbersOf(set, tag)[0];
}

/** All values as numbers; empty where one of them is none. */
export function numbersOf(set: DataSet | undefined, tag: string): readonly number[] {
  const numbers = valuesOf(set, tag).map((value) => (typeof value === 'string' ? Number.parseFloat(value) : value));
  return numbers.every((value): value is number => typeof value === 'number' && Number.isFinite(value)) ? numbers : [];
}

/** The items of a sequence. */
export function itemsOf(set: DataSet | undefined, tag: string): readonly DataSet[] {
  return valuesOf(set, tag).filter((item): item is DataSet => typeof item === 'object' && item !== null);
}

/** A person's name: as written in Chinese where it is, else in letters; carets become spaces. */
export function nameOf(set: DataSet | undefined, tag: string = TAG.patientName): string | undefined {
  const [value] = valuesOf(set, tag);
  if (typeof value === 'string') return plainName(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const group = (name: string): string | undefined => {
    const text: unknown = Reflect.get(value, name);
    return typeof text === 'string' ? plainName(text) : undefined;
  };
  const [ideographic, alphabetic] = [group('Ideographic'), group('Alphabetic')];
  if (ideographic && alphabetic) return `${ideographic} (${alphabetic})`;
  return ideographic ?? alphabetic ?? group('Phonetic');
}

function plainName(text: string): string | undefined {
  // Chinese names are written together: family, then given.
  const parts = text.split('^').map((part) => part.trim()).filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  return parts.every((part) => /^\p{Script=Han}+$/u.test(part)) ? parts.join('') : parts.join(' ');
}
