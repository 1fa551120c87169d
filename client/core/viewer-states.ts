/** The presentation states of the studies that a viewer shows, and the marks that are kept as such. */
import { createSignal } from 'solid-js';
import type { NewMarks, PresentationState, SavedMarks } from '../../contract/imaging';
import type { Api } from './api';
import type { Mark } from '../viewer/measure';
import type { GreyWindow } from '../viewer/window';

const pathOf = (study: string, what: string): string => `/api/imaging/studies/${encodeURIComponent(study)}/${what}`;

export interface States {
  /** Those of a study, the newest first; asked for once. */
  of(study: string): readonly PresentationState[];
  /** Those about a series. */
  about(study: string, series: string): readonly PresentationState[];
  reload(study: string): Promise<readonly PresentationState[]>;
}

export function createStates(api: Pick<Api, 'get'>): States {
  const [known, setKnown] = createSignal<ReadonlyMap<string, readonly PresentationState[]>>(new Map());
  const asked = new Set<string>();
  const reload = async (study: string): Promise<readonly PresentationState[]> => {
    asked.add(study);
    const states = await api.get<PresentationState[]>(pathOf(study, 'presentation-states'));
    setKnown((before) => new Map([...before, [study, states]]));
    return states;
  };
  const of = (study: string): readonly PresentationState[] => {
    // Without its states a study is shown as it is stored.
    if (!asked.has(study)) reload(study).catch(() => asked.delete(study));
    return known().get(study) ?? [];
  };
  return {
    of,
    about: (study, series) => of(study).filter(({ images }) => images.some((image) => image.series === series)),
    reload,
  };
}

/** A picture of interest, as the contract names it. */
export interface KeyPicture {
  readonly series: string;
  readonly sop: string;
  readonly frame: number;
}

/** Names of marks in the record, in English: other systems list them. */
const LABELS: Readonly<Record<Mark['kind'], string>> = { length: 'Length', angle: 'Angle', rectangle: 'Box', ellipse: 'Ellipse', probe: 'Value', text: 'Text' };

/** What is sent to be kept with a study; marks that stand on no object are left out. */
export function newMarks(study: string, marks: readonly Mark[], keys: readonly KeyPicture[], windowOf: (series: string) => GreyWindow | undefined): NewMarks {
  const counts = new Map<string, number>();
  const sent = marks.flatMap((mark): NewMarks['marks'] => {
    const [sop, frame] = mark.picture.split('#');
    if (mark.of?.study !== study || !sop || !frame) return [];
    const number = (counts.get(mark.kind) ?? 0) + 1;
    counts.set(mark.kind, number);
    const at = { series: mark.of.series, sop, frame: Number(frame) };
    const points = mark.points.map(({ x, y }): [number, number] => [x, y]);
    return [{ id: mark.id, kind: mark.kind, label: `${LABELS[mark.kind]} ${number}`, at, points, ...(mark.text === undefined ? {} : { text: mark.text }) }];
  });
  const windows = [...new Set(sent.map(({ at }) => at.series))].flatMap((series) => {
    const window = windowOf(series);
    // A table is no window: such a series is shown as its images say.
    return window && !window.table ? [{ series, centre: window.centre, width: window.width }] : [];
  });
  return { marks: sent, key_images: keys.map(({ series, sop, frame }) => ({ series, sop, frame })), windows };
}

export function saveMarks(api: Pick<Api, 'post'>, study: string, marks: NewMarks): Promise<SavedMarks> {
  return api.post<SavedMarks>(pathOf(study, 'marks'), marks);
}
