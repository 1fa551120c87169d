/** A picture of a room's stage, or of its slices, that goes into the record: beside the images that stand there, or with the patient where none do. */
import type { Hologram } from '../stage/room-view';
import type { Api } from './api';
import type { App } from './app';

export const LONGEST_TITLE = 200;

export interface Snapshot {
  readonly study: string;
}

/** What was taken, before it is kept. */
export interface Taken {
  readonly of: 'stage' | 'slices' | 'room';
  readonly title: string;
  /** A PNG in a data URL. */
  readonly png: string;
}

/** Takes a picture of the slices; `title` is what the room is called. */
export type Take = (title: string) => Taken | undefined;

interface Described {
  readonly axis: 'axial' | 'coronal' | 'sagittal';
  readonly slice: number;
  readonly of: number;
}

/** Which slices are shown, each by its plane and number, where they meet and by which window. */
export function slicesShown(slices: readonly Described[], { cursor_lps_mm, window }: Pick<Hologram, 'cursor_lps_mm' | 'window'>, t: App['t']): { readonly names: readonly string[]; readonly where: string } {
  const [x, y, z] = cursor_lps_mm.map((mm) => mm.toFixed(1));
  const names = slices.map(({ axis, slice, of }) => `${t(`slice.${axis}`)} ${slice}/${of}`);
  return { names, where: t('snap.where', { x: x ?? '', y: y ?? '', z: z ?? '', centre: window.centre_hu, width: window.width_hu }) };
}

/** `picture` is a PNG in a data URL. */
export function keepSnapshot(api: Api, room: string, title: string, picture: string): Promise<Snapshot> {
  const png = picture.split(',')[1] ?? '';
  return api.post<Snapshot>(`/api/rooms/${encodeURIComponent(room)}/snapshots`, { title: title.trim().slice(0, LONGEST_TITLE), png });
}
