/** The frames of a series, read once from its metadata: what each shows, how its values count, where it lies. */
import { dot } from '../core/frames';
import type { Vec3 } from '../core/frames';
import { TAG, itemsOf, numberOf, numbersOf, textOf } from '../core/dicom/json';
import type { DataSet } from '../core/dicom/json';
import { kindOf } from '../core/dicom/sop-class';
import { acquisitionOf } from './acquisition';
import { lutSourceOf } from './lut';
import type { LutSource } from './lut';
import { overlaysOf } from './overlay';
import type { OverlaySource } from './overlay';
import { normalOf } from './plane';
import type { Place, Plane, SpacingSource } from './plane';
import { AS_THEY_ARE } from './window';
import type { GreyWindow, Rescale } from './window';

/** How the pixels of a frame are fetched. */
export type PixelForm =
  /** Grey values, one sample a pixel, with all their bits. */
  | { readonly form: 'grey'; readonly bits: 1 | 8 | 16 | 32; readonly bitsStored: number; readonly signed: boolean }
  /** Red, green and blue as they are stored. */
  | { readonly form: 'rgb'; readonly planar: boolean }
  /** The server makes a picture of it: palettes, other colour models, whatever must be decoded to be seen. */
  | { readonly form: 'rendered' };

export interface Frame extends Plane {
  readonly sop: string;
  /** From 1, within its object. */
  readonly number: number;
  /** Of how many. */
  readonly of: number;
  readonly instanceNumber: number | undefined;
  readonly pixels: PixelForm;
  readonly rescale: Rescale;
  /** What the values are: HU of a CT; else the unit that is named, else unknown. */
  readonly unit: string | undefined;
  readonly padding: number | undefined;
  /** The table that makes measured values of stored ones; it stands in for the rescale. */
  readonly modalityLut: LutSource | undefined;
  /** Tables that are offered instead of a window. */
  readonly voiLuts: readonly LutSource[];
  readonly overlays: readonly OverlaySource[];
  /** White is low: MONOCHROME1, or what is shown is inverse. */
  readonly whiteIsLow: boolean;
  readonly windows: readonly (GreyWindow & { readonly name: string | undefined })[];
  /** Milliseconds until the next frame, where the object says so. */
  readonly frameTime_ms: number | undefined;
}

/** Transfer syntaxes of which the octets of a colour frame are those that were stored. */
const NATIVE: ReadonlySet<string> = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2']);

/** All frames of a series in the order in which they are scrolled. Objects without pictures are left out. */
export function framesOf(metadata: readonly DataSet[]): readonly Frame[] {
  const frames = metadata.filter((set) => kindOf(set) === 'image').flatMap(framesOfObject);
  return sorted(frames);
}

function framesOfObject(set: DataSet): Frame[] {
  const acquisition = acquisitionOf(set);
  const count = Math.max(1, numberOf(set, TAG.frames) ?? 1);
  const [shared] = itemsOf(set, TAG.sharedGroups);
  const groups = itemsOf(set, TAG.frameGroups);
  return Array.from({ length: count }, (_, at) => ({ ...frameOf(set, at + 1, count, [groups[at], shared]), acquisition }));
}

/** A functional group of a frame: its own, else that of all frames. */
type Groups = readonly (DataSet | undefined)[];
const groupOf = (groups: Groups, tag: string): DataSet | undefined =>
  groups.map((group) => itemsOf(group, tag)[0]).find((item) => item !== undefined);

function frameOf(set: DataSet, number: number, of: number, groups: Groups): Frame {
  const measures = groupOf(groups, TAG.frameMeasures);
  const values = groupOf(groups, TAG.frameValues) ?? set;
  const { spacing_mm, spacingSource } = spacingOf(set, measures);
  const modality = textOf(set, TAG.modality);
  const interest = groupOf(groups, TAG.frameWindow) ?? set;
  const signed = numberOf(set, TAG.signed) === 1;
  const modalityLut = lutSourceOf(itemsOf(set, TAG.modalityLut)[0], signed);
  return {
    sop: textOf(set, TAG.sopUid) ?? '',
    number,
    of,
    instanceNumber: numberOf(set, TAG.instanceNumber),
    columns: numberOf(set, TAG.columns) ?? 0,
    rows: numberOf(set, TAG.rows) ?? 0,
    spacing_mm,
    spacingSource,
    place: placeOf(set, groups),
    thickness_mm: numberOf(measures, TAG.sliceThickness) ?? numberOf(set, TAG.sliceThickness),
    pixels: formOf(set),
    rescale: modalityLut ? AS_THEY_ARE : { slope: numberOf(values, TAG.rescaleSlope) || 1, intercept: numberOf(values, TAG.rescaleIntercept) ?? 0 },
    unit: unitOf(set, values, modality),
    // What fills a picture is a stored value; a table's results have none.
    padding: modalityLut ? undefined : numberOf(set, TAG.padding),
    modalityLut,
    // After a table values have no sign.
    voiLuts: itemsOf(interest, TAG.voiLut).flatMap((item) => lutSourceOf(item, signed && !modalityLut) ?? []),
    overlays: overlaysOf(set, number),
    // Where both say so, they say the same (PS3.3 C.8.11.3.1.2).
    whiteIsLow: textOf(set, TAG.photometric) === 'MONOCHROME1' || textOf(set, TAG.presentationLutShape) === 'INVERSE',
    windows: windowsOf(interest),
    frameTime_ms: frameTimeOf(set),
  };
}

function spacingOf(set: DataSet, measures: DataSet | undefined): { spacing_mm: Plane['spacing_mm']; spacingSource: SpacingSource } {
  // DICOM names the distance between rows first; that is along y.
  const pair = (from: DataSet | undefined, tag: string): Plane['spacing_mm'] => {
    const [y, x] = numbersOf(from, tag);
    return x !== undefined && y !== undefined && x > 0 && y > 0 ? [x, y] : undefined;
  };
  const patient = pair(measures, TAG.pixelSpacing) ?? pair(set, TAG.pixelSpacing);
  if (patient) return { spacing_mm: patient, spacingSource: 'patient' };
  return { spacing_mm: pair(set, TAG.imagerPixelSpacing), spacingSource: 'detector' };
}

function placeOf(set: DataSet, groups: Groups): Place | undefined {
  const position = numbersOf(groupOf(groups, TAG.framePosition), TAG.positionLps);
  const orientation = numbersOf(groupOf(groups, TAG.frameOrientation), TAG.orientationLps);
  const origin = position.length === 3 ? position : numbersOf(set, TAG.positionLps);
  const directions = orientation.length === 6 ? orientation : numbersOf(set, TAG.orientationLps);
  if (origin.length !== 3 || directions.length !== 6) return undefined;
  const [right, down] = [directions.slice(0, 3), directions.slice(3)] as unknown as [Vec3, Vec3];
  // Directions that are none would lead every letter and link astray.
  if (Math.abs(Math.hypot(...right) - 1) > 0.01 || Math.abs(Math.hypot(...down) - 1) > 0.01) return undefined;
  return {
    origin_lps_mm: origin as unknown as Vec3,
    right_lps: right,
    down_lps: down,
    frameOfReference: textOf(set, TAG.frameOfReference),
  };
}

function formOf(set: DataSet): PixelForm {
  const samples = numberOf(set, TAG.samples) ?? 1;
  const photometric = textOf(set, TAG.photometric) ?? 'MONOCHROME2';
  const bits = numberOf(set, TAG.bitsAllocated) ?? 8;
  if (samples === 1 && photometric.startsWith('MONOCHROME') && (bits === 1 || bits === 8 || bits === 16 || bits === 32)) {
    return { form: 'grey', bits, bitsStored: numberOf(set, TAG.bitsStored) ?? bits, signed: numberOf(set, TAG.signed) === 1 };
  }
  if (samples === 3 && photometric === 'RGB' && bits === 8 && NATIVE.has(textOf(set, TAG.syntaxUid) ?? '')) {
    return { form: 'rgb', planar: numberOf(set, TAG.planar) === 1 };
  }
  return { form: 'rendered' };
}

/** HU only where the object is a CT that says so, or says nothing else (PS3.3 C.11.1.1.2). */
function unitOf(set: DataSet, values: DataSet, modality: string | undefined): string | undefined {
  const [table] = itemsOf(set, TAG.modalityLut);
  if (table) {
    const named = textOf(table, TAG.modalityLutType);
    return named === 'US' ? undefined : named;
  }
  const type = textOf(values, TAG.rescaleType);
  if (type === 'US') return undefined;
  if (type !== undefined) return type;
  const original = !textOf(set, TAG.imageType)?.startsWith('DERIVED') || numberOf(values, TAG.rescaleIntercept) !== undefined;
  return modality === 'CT' && original && numberOf(values, TAG.rescaleSlope) !== undefined ? 'HU' : undefined;
}

const SHAPES: Readonly<Record<string, NonNullable<GreyWindow['shape']>>> = { LINEAR_EXACT: 'linear-exact', SIGMOID: 'sigmoid' };

function windowsOf(set: DataSet): Frame['windows'] {
  const [centres, widths] = [numbersOf(set, TAG.windowCentre), numbersOf(set, TAG.windowWidth)];
  const shape = SHAPES[textOf(set, TAG.windowFunction) ?? ''];
  return centres.flatMap((centre, at) => {
    const width = widths[at];
    if (width === undefined || width <= 0) return [];
    const name: unknown = set[TAG.windowNames]?.Value?.[at];
    return [{ centre, width, ...(shape ? { shape } : {}), name: typeof name === 'string' ? name : undefined }];
  });
}

function frameTimeOf(set: DataSet): number | undefined {
  const time = numberOf(set, TAG.frameTime);
  if (time !== undefined && time > 0) return time;
  const rate = numberOf(set, TAG.displayFrameRate) ?? numberOf(set, TAG.cineRate);
  return rate !== undefined && rate > 0 ? 1000 / rate : undefined;
}

/**
 * Slices follow each other along their normal, in the direction in which they are numbered; pictures that do not lie
 * parallel in the patient keep the order of their numbers.
 */
function sorted(frames: readonly Frame[]): readonly Frame[] {
  const byNumber = [...frames].sort((a, b) => (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) || a.number - b.number);
  const [first] = byNumber;
  if (!first?.place) return byNumber;
  const normal = normalOf(first.place);
  const heights = new Map<Frame, number>();
  for (const frame of byNumber) {
    if (!frame.place || dot(normalOf(frame.place), normal) < 0.99) return byNumber;
    heights.set(frame, dot(frame.place.origin_lps_mm, normal));
  }
  // Several pictures at one place, as in time or with several contrasts: only their numbers tell them apart.
  if (new Set([...heights.values()].map((height) => height.toFixed(2))).size < byNumber.length) return byNumber;
  const height = (frame: Frame | undefined): number => (frame && heights.get(frame)) ?? 0;
  const way = height(byNumber.at(-1)) < height(first) ? -1 : 1;
  return byNumber.sort((a, b) => way * (height(a) - height(b)));
}
