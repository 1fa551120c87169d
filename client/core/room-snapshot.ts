/** A picture of a room's stage that goes into the record, beside the images that stand there. */
import type { Api } from './api';

export const LONGEST_TITLE = 200;

export interface Snapshot {
  readonly study: string;
}

/** `picture` is a PNG in a data URL. */
export function keepSnapshot(api: Api, room: string, title: string, picture: string): Promise<Snapshot> {
  const png = picture.split(',')[1] ?? '';
  return api.post<Snapshot>(`/api/rooms/${encodeURIComponent(room)}/snapshots`, { title: title.trim().slice(0, LONGEST_TITLE), png });
}
