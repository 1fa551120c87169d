/** Key images: marked here, kept with the study as a Key Object Selection where the person may add to it. */
import { createEffect, createSignal, on } from 'solid-js';
import type { Accessor } from 'solid-js';
import { ApiError, errorOf } from '../../core/api';
import { DICOM_WEB, dicomJson, instancePath, seriesOfStudy, seriesPath } from '../../core/dicom/dicom-web';
import type { Study } from '../../core/dicom/dicom-web';
import { TAG, textOf } from '../../core/dicom/json';
import { keyImagesOf, keyObject } from '../../core/dicom/key-object';
import type { KeyImage } from '../../core/dicom/key-object';
import { freshBoundary, stowBody } from '../../core/upload/stow';
import type { PaneModel } from '../../core/viewer-control';
import type { Frame } from '../../viewer/frame';

export interface Marked {
  readonly key: string;
  readonly series: string;
  readonly study: string;
  readonly sop: string;
  readonly frame: number;
  readonly of: number;
  /** The picture's place in its series, for those who read the list. */
  readonly index: number;
}

export interface KeyImages {
  readonly marked: Accessor<readonly Marked[]>;
  /** Whether they can be kept with the study. */
  readonly mayKeep: Accessor<boolean>;
  readonly unsaved: Accessor<boolean>;
  has(pane: PaneModel): boolean;
  toggle(pane: PaneModel): void;
  /** Keeps what is marked; resolves to how many are kept. */
  save(): Promise<number>;
}

function markedOf({ stack, series, index }: PaneModel): Marked | undefined {
  const frame = stack?.planes[index] as Partial<Frame> | undefined;
  if (!stack || !series || frame?.sop === undefined) return undefined;
  const [number, of] = [frame.number ?? 1, frame.of ?? 1];
  return { key: stack.pictureKey(index), series: series.uid, study: series.study, sop: frame.sop, frame: number, of, index };
}

export function createKeyImages(study: Accessor<Study>, store: Accessor<boolean | undefined>): KeyImages {
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
    mayKeep: () => store() ?? false,
    unsaved: () => marked().some(({ key }) => !kept().has(key)),
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
    async save() {
      const fresh = marked().filter(({ key, study: of }) => !kept().has(key) && of === study().uid);
      const images = await Promise.all(fresh.map(imageOf));
      const [first] = fresh;
      if (!first) return 0;
      const [metadata] = await dicomJson(`${instancePath(first.study, first.series, first.sop)}/metadata`);
      if (!metadata) throw new ApiError('not-found', 404, '', undefined, undefined);
      await send(keyObject(metadata, images, new Date()));
      setKept((before) => new Set([...before, ...fresh.map(({ key }) => key)]));
      return fresh.length;
    },
  };
}

async function imageOf({ study, series, sop, frame, of }: Marked): Promise<KeyImage> {
  const [row] = await dicomJson(`${seriesPath(study, series)}/instances?SOPInstanceUID=${encodeURIComponent(sop)}&limit=1`);
  return { series, sop, classUid: textOf(row, TAG.classUid) ?? '', frame: of > 1 ? frame : undefined };
}

async function send(file: Uint8Array<ArrayBuffer>): Promise<void> {
  const { type, body } = stowBody([new Blob([file])], freshBoundary());
  const response = await fetch(`${DICOM_WEB}/studies`, {
    method: 'POST',
    headers: { 'content-type': type, accept: 'application/dicom+json', 'x-yuanyi-client': '1' },
    credentials: 'same-origin',
    body,
  });
  if (!response.ok) throw await errorOf(response);
}
