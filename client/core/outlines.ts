/** What was outlined on the pictures of a study: each segment can be shown or not, and is loaded when it is first shown. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { StudySegmentation } from '../../contract/nodules';
import type { NoduleDoors } from './nodules';
import { maskOf } from '../viewer/mask';
import type { VoxelMask } from '../viewer/mask';
import type { ShownMask } from '../viewer/paint-mask';

/** One segment of a segmentation. */
export interface Outline {
  readonly key: string;
  readonly study: string;
  readonly sop: string;
  readonly number: number;
  readonly label: string;
  readonly colour: string;
  readonly ofSeries: string | undefined;
  readonly trackingUid: string;
}

export interface Outlines {
  readonly all: Accessor<readonly Outline[]>;
  isOn(outline: Outline): boolean;
  /** Whether its voxels could not be had. */
  isFailed(outline: Outline): boolean;
  toggle(outline: Outline): void;
  reload(study: string): Promise<void>;
  /** What is shown on pictures of a series; `but` is being changed and drawn as such. */
  on(series: string, but: string | undefined): readonly ShownMask[];
}

/** Told apart on grey, and from the amber of marks; the list says which is which. */
const COLOURS = ['#f5c518', '#6fd08c', '#64b5f6', '#f28b82', '#c58af9', '#ff9f5a', '#7fe3dc', '#e6a0c4'] as const;

export function createOutlines(doors: Pick<NoduleDoors, 'segmentations' | 'masks'>): Outlines {
  const [found, setFound] = createSignal<ReadonlyMap<string, readonly Outline[]>>(new Map());
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, boolean>>(new Map());
  const [masks, setMasks] = createSignal<ReadonlyMap<string, VoxelMask>>(new Map());
  const [failed, setFailed] = createSignal<ReadonlySet<string>>(new Set());
  const asked = new Set<string>();

  const all = (): readonly Outline[] => [...found().values()].flat();
  // What is followed over time is seen at once; whole organs only where somebody wants them.
  const isOn = (outline: Outline): boolean => chosen().get(outline.key) ?? outline.trackingUid !== '';
  const load = async ({ study, sop }: Outline): Promise<void> => {
    if (asked.has(sop)) return;
    asked.add(sop);
    try {
      const segments = await doors.masks(study, sop);
      setMasks((before) => new Map([...before, ...segments.map(({ number, volume, mask }) => [`${sop}#${number}`, maskOf(volume, mask)] as const)]));
    } catch {
      asked.delete(sop);
      setFailed((before) => new Set([...before, sop]));
    }
  };
  return {
    all,
    isOn,
    isFailed: ({ sop }) => failed().has(sop),
    toggle(outline) {
      const next = !isOn(outline);
      setChosen((before) => new Map([...before, [outline.key, next]]));
      setFailed((before) => new Set([...before].filter((sop) => sop !== outline.sop)));
      if (next) void load(outline);
    },
    async reload(study) {
      const outlines = outlinesOf(study, await doors.segmentations(study));
      setFound((before) => new Map([...before, [study, outlines]]));
      for (const outline of outlines) if (isOn(outline)) void load(outline);
    },
    on(series, but) {
      return all().flatMap((outline) => {
        const mask = masks().get(outline.key);
        const isShown = mask && outline.ofSeries === series && isOn(outline) && outline.sop !== but;
        return isShown ? [{ mask, colour: outline.colour, inHand: false }] : [];
      });
    },
  };
}

/** The segments of a study; of several outlines of one followed thing in one series only the newest. */
export function outlinesOf(study: string, segmentations: readonly StudySegmentation[]): readonly Outline[] {
  const known = new Set<string>();
  const segments = segmentations.flatMap(({ sop, of_series, segments: own }) => own.map((segment) => ({ sop, of_series, segment })));
  const newest = segments.filter(({ of_series, segment }) => {
    const name = `${of_series ?? ''} ${segment.tracking_uid}`;
    const isOlder = segment.tracking_uid !== '' && known.has(name);
    known.add(name);
    return !isOlder;
  });
  return newest.map(({ sop, of_series, segment }, at) => ({
    key: `${sop}#${segment.number}`,
    study,
    sop,
    number: segment.number,
    label: segment.label,
    colour: COLOURS[at % COLOURS.length] ?? COLOURS[0],
    ofSeries: of_series,
    trackingUid: segment.tracking_uid,
  }));
}
