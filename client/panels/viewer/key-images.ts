/** Key images: marked here, kept with the study as a Key Object Selection where the person may add to it. */
import { createEffect, createSignal, on } from 'solid-js';
import type { Accessor } from 'solid-js';
import { dicomJson, seriesOfStudy, seriesPath } from '../../core/dicom/dicom-web';
import type { Study } from '../../core/dicom/dicom-web';
import { keyImagesOf } from '../../core/dicom/key-object';
import type { PaneModel } from '../../core/viewer-control';

export interface Marked {
  readonly key: string;
  readonly series: string;
  readonly study: string;
  readonly sop: string;
  readonly frame: number;
  /** The picture's place in its series, for those who read the list. */
  readonly index: number;
}

export interface KeyImages {
  readonly marked: Accessor<readonly Marked[]>;
  /** Those of a study that no document names yet. */
  fresh(study: string): readonly Marked[];
  has(pane: PaneModel): boolean;
  toggle(pane: PaneModel): void;
  wereKept(images: readonly Marked[]): void;
}

function markedOf({ stack, series, index }: PaneModel): Marked | undefined {
  const picture = stack?.objectAt(index);
  if (!stack || !series || !picture) return undefined;
  return { key: stack.pictureKey(index), series: series.uid, study: series.study, sop: picture.sop, frame: picture.frame, index };
}

export function createKeyImages(study: Accessor<Study>): KeyImages {
  const [marked, setMarked] = createSignal<readonly Marked[]>([]);
  /** Pictures that documents of the study name already. */
  const [kept, setKept] = createSignal<ReadonlySet<string>>(new Set());
  const read = async (uid: string): Promise<void> => {
    const series = (await seriesOfStudy(uid)).filter(({ kind }) => kind === 'key-images');
    const documents = await Promise.all(series.map((one) => dicomJson(`${seriesPath(uid, one.uid)}/metadata`)));
    setKept(new Set(documents.flat().flatMap(keyImagesOf)));
  };
  createEffect(on(() => study().uid, (uid) => void read(uid).catch(() => {})));

  return {
    marked,
    fresh: (uid) => marked().filter((one) => one.study === uid && !kept().has(one.key)),
    has(pane) {
      const one = markedOf(pane);
      return one !== undefined && (kept().has(one.key) || marked().some(({ key }) => key === one.key));
    },
    toggle(pane) {
      const one = markedOf(pane);
      // What is kept cannot be taken back: the record only grows.
      if (!one || kept().has(one.key)) return;
      setMarked((all) => (all.some(({ key }) => key === one.key) ? all.filter(({ key }) => key !== one.key) : [...all, one]));
    },
    wereKept: (images) => void setKept((before) => new Set([...before, ...images.map(({ key }) => key)])),
  };
}
