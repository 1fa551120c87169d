/** Nodules as the hospital answers them, and the one that is in hand: proposed, edited, measured, kept. */
import { batch, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { NoduleMeasures } from '../../contract/nodule';
import type { FoundAgain, KeptNodule, NoduleFeatures, NoduleProposal, PatientNodules, SavedNodule, SegmentMask, SeriesNodules, StudySegmentation } from '../../contract/nodules';
import type { Api } from './api';
import { ApiError } from './api';
import type { Vec3, VoxelGrid } from './frames';
import { boxedOf, countOf, maskOf, stroked } from '../viewer/mask';
import type { Brush, VoxelMask } from '../viewer/mask';

const ofSeries = (series: string, what = ''): string => `/api/series/${encodeURIComponent(series)}/nodules${what}`;
const ofStudy = (study: string, what = ''): string => `/api/imaging/studies/${encodeURIComponent(study)}/segmentations${what}`;

/** What can be asked about nodules. */
export interface NoduleDoors {
  ofSeries(series: string, signal: AbortSignal): Promise<SeriesNodules>;
  ofPatient(patient: string, signal?: AbortSignal): Promise<PatientNodules>;
  segment(series: string, at_lps_mm: Vec3, signal: AbortSignal): Promise<NoduleProposal>;
  /** Where a nodule of an earlier scan lies in this one. */
  again(series: string, tracking_uid: string, signal: AbortSignal): Promise<FoundAgain>;
  measure(series: string, mask: VoxelMask, signal: AbortSignal): Promise<NoduleMeasures>;
  features(series: string, mask: VoxelMask, signal: AbortSignal): Promise<NoduleFeatures>;
  keep(series: string, mask: VoxelMask, said: Said): Promise<SavedNodule>;
  /** Puts a candidate aside with a reason, or lets it stand again. */
  dismiss(series: string, candidate: string, reason: string): Promise<void>;
  takeBack(series: string, candidate: string): Promise<void>;
  segmentations(study: string): Promise<readonly StudySegmentation[]>;
  masks(study: string, segmentation: string): Promise<readonly SegmentMask[]>;
}

/** What a person says of a nodule that is to be kept. */
export interface Said {
  readonly label: string;
  readonly sameAs: string | undefined;
  readonly byHand: boolean;
}

/** How long to wait before a volume that is being made is asked for again. */
const AGAIN_ms = 1_000;

/** Asks again while the volume is still being made. */
export async function onceMade<T>(ask: () => Promise<T>, signal: AbortSignal, onWait: () => void): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || error.retryAfter_s === undefined || error.kind !== 'conflict') throw error;
      onWait();
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, AGAIN_ms);
        signal.addEventListener('abort', () => (clearTimeout(timer), reject(error)));
      });
    }
  }
}

export function noduleDoors(api: Pick<Api, 'get' | 'post' | 'put' | 'delete'>): NoduleDoors {
  return {
    ofSeries: (series, signal) => onceMade(() => api.get<SeriesNodules>(ofSeries(series), { signal }), signal, () => {}),
    ofPatient: (patient, signal) => api.get(`/api/patients/${encodeURIComponent(patient)}/nodules`, signal ? { signal } : undefined),
    segment: (series, at_lps_mm, signal) => api.post(ofSeries(series, '/segment'), { at_lps_mm }, { signal }),
    again: (series, tracking_uid, signal) => api.post(ofSeries(series, '/again'), { tracking_uid }, { signal }),
    measure: (series, mask, signal) => api.post(ofSeries(series, '/measure'), { mask: boxedOf(mask) }, { signal }),
    features: (series, mask, signal) => api.post(ofSeries(series, '/features'), { mask: boxedOf(mask) }, { signal }),
    keep: (series, mask, { label, sameAs, byHand }) =>
      api.post(ofSeries(series, '/keep'), { mask: boxedOf(mask), label, by_hand: byHand, ...(sameAs === undefined ? {} : { same_as: sameAs }) }),
    dismiss: (series, candidate, reason) => api.put(ofSeries(series, `/candidates/${encodeURIComponent(candidate)}`), { reason }),
    takeBack: (series, candidate) => api.delete(ofSeries(series, `/candidates/${encodeURIComponent(candidate)}`)),
    segmentations: (study) => api.get(ofStudy(study)),
    masks: (study, segmentation) => api.get(ofStudy(study, `/${encodeURIComponent(segmentation)}`)),
  };
}

/** How far the nodule in hand is. */
export type InHandState = 'none' | 'waiting' | 'finding' | 'shown' | 'measuring' | 'empty' | 'keeping' | 'failed';

export interface NoduleInHand {
  readonly series: string;
  readonly mask: VoxelMask;
  readonly measures: NoduleMeasures | undefined;
  /** What the program said of its outline; nothing of one that was kept before. */
  readonly proposal: Pick<NoduleProposal, 'attached' | 'notices' | 'method'> | undefined;
  /** The kept nodule that is being corrected. */
  readonly of: KeptNodule | undefined;
  /** What the nodule of an earlier scan is known by that was found again here. */
  readonly again: string | undefined;
  readonly byHand: boolean;
}

export interface NoduleWork {
  readonly state: Accessor<InHandState>;
  readonly why: Accessor<unknown>;
  readonly inHand: Accessor<NoduleInHand | undefined>;
  find(series: string, at_lps_mm: Vec3): Promise<void>;
  /** Finds a nodule of an earlier scan again. */
  findAgain(series: string, tracking_uid: string): Promise<void>;
  /** Takes a kept nodule in hand again. */
  takeUp(series: string, grid: VoxelGrid, nodule: KeptNodule): void;
  readonly radius_mm: Accessor<number>;
  setRadius(radius_mm: number): void;
  /** Whether the brush reaches through slices. */
  readonly isBall: Accessor<boolean>;
  setBall(isBall: boolean): void;
  /** The brush is set down, led on, lifted. */
  begin(at: Vec3, brush: Brush, inside: boolean): void;
  lead(at: Vec3): void;
  end(at: Vec3): void;
  abandon(): void;
  readonly canUndo: Accessor<boolean>;
  readonly canRedo: Accessor<boolean>;
  undo(): boolean;
  redo(): boolean;
  cancel(): void;
  /** Keeps what is in hand; answers whether it is kept. */
  keep(said: Omit<Said, 'byHand'>): Promise<boolean>;
}

export const BRUSH_mm = { least: 0.5, most: 15, step: 0.5 } as const;
/** No deeper than anybody goes back; each is a box of bytes. */
const DEEPEST = 60;

export function createNoduleWork(doors: NoduleDoors): NoduleWork {
  const [state, setState] = createSignal<InHandState>('none');
  const [why, setWhy] = createSignal<unknown>();
  const [inHand, setInHand] = createSignal<NoduleInHand>();
  const [before, setBefore] = createSignal<readonly NoduleInHand[]>([]);
  const [after, setAfter] = createSignal<readonly NoduleInHand[]>([]);
  const [radius_mm, setRadius] = createSignal(3);
  const [isBall, setBall] = createSignal(false);
  let asking: AbortController | undefined;
  let stroke: { readonly start: NoduleInHand; readonly brush: Brush; readonly inside: boolean; last: Vec3 } | undefined;

  const ask = (): AbortSignal => {
    asking?.abort();
    asking = new AbortController();
    return asking.signal;
  };
  onCleanup(() => asking?.abort());
  const hold = (nodule: NoduleInHand | undefined, next: InHandState): void =>
    batch(() => {
      setInHand(nodule);
      setBefore([]);
      setAfter([]);
      setState(next);
    });
  const fail = (signal: AbortSignal, error: unknown): void => {
    if (signal.aborted) return;
    setWhy(error);
    setState('failed');
  };
  /** Asks what is measured on the mask as it stands now. */
  const measure = async (): Promise<void> => {
    const now = inHand();
    const signal = ask();
    if (!now) return;
    if (countOf(now.mask) === 0) return void setState('empty');
    setState('measuring');
    try {
      const measures = await doors.measure(now.series, now.mask, signal);
      if (signal.aborted || inHand() !== now) return;
      batch(() => {
        setInHand({ ...now, measures });
        setState('shown');
      });
    } catch (error) {
      fail(signal, error);
    }
  };
  /** Takes in hand what the program proposes. */
  const propose = async (series: string, again: string | undefined, asked: (signal: AbortSignal) => Promise<NoduleProposal>): Promise<void> => {
    const signal = ask();
    setState('finding');
    try {
      const found = await onceMade(() => asked(signal), signal, () => setState('waiting'));
      if (signal.aborted) return;
      const { volume, mask, measures, attached, notices, method } = found;
      hold({ series, mask: maskOf(volume, mask), measures, proposal: { attached, notices, method }, of: undefined, again, byHand: false }, 'shown');
    } catch (error) {
      fail(signal, error);
    }
  };
  const step = (nodule: NoduleInHand): void => {
    setInHand(nodule);
    void measure();
  };
  const lead = (at: Vec3): void => {
    const now = inHand();
    if (!stroke || !now) return;
    const mask = stroked(now.mask, stroke.brush, [stroke.last, at], stroke.inside);
    stroke.last = at;
    if (mask !== now.mask) setInHand({ ...now, mask, measures: undefined, byHand: true });
  };

  return {
    state,
    why,
    inHand,
    find: (series, at_lps_mm) => propose(series, undefined, (signal) => doors.segment(series, at_lps_mm, signal)),
    findAgain: (series, tracking_uid) =>
      propose(series, tracking_uid, async (signal) => (await doors.again(series, tracking_uid, signal)).proposal),
    takeUp(series, grid, nodule) {
      ask();
      hold({ series, mask: maskOf(grid, nodule.mask), measures: nodule.measures, proposal: undefined, of: nodule, again: undefined, byHand: false }, 'shown');
    },
    radius_mm,
    setRadius: (radius) => setRadius(Math.min(BRUSH_mm.most, Math.max(BRUSH_mm.least, radius))),
    isBall,
    setBall,
    begin(at, brush, inside) {
      const start = inHand();
      if (!start || state() === 'keeping') return;
      stroke = { start, brush, inside, last: at };
      lead(at);
    },
    lead,
    end(at) {
      lead(at);
      const done = stroke;
      stroke = undefined;
      if (!done || inHand()?.mask === done.start.mask) return;
      batch(() => {
        setBefore((pile) => [...pile.slice(-DEEPEST), done.start]);
        setAfter([]);
      });
      void measure();
    },
    abandon() {
      if (stroke) setInHand(stroke.start);
      stroke = undefined;
    },
    canUndo: () => before().length > 0,
    canRedo: () => after().length > 0,
    undo() {
      const [last, now] = [before().at(-1), inHand()];
      if (!last || !now) return false;
      batch(() => {
        setBefore((pile) => pile.slice(0, -1));
        setAfter((pile) => [...pile, now]);
        step(last);
      });
      return true;
    },
    redo() {
      const [next, now] = [after().at(-1), inHand()];
      if (!next || !now) return false;
      batch(() => {
        setAfter((pile) => pile.slice(0, -1));
        setBefore((pile) => [...pile, now]);
        step(next);
      });
      return true;
    },
    cancel() {
      ask();
      stroke = undefined;
      hold(undefined, 'none');
    },
    async keep({ label, sameAs }) {
      const now = inHand();
      const signal = ask();
      if (!now) return false;
      setState('keeping');
      try {
        await doors.keep(now.series, now.mask, { label, sameAs, byHand: now.byHand });
        hold(undefined, 'none');
        return true;
      } catch (error) {
        fail(signal, error);
        return false;
      }
    },
  };
}
