/** What was measured, noted and shown as surfaces in a room, kept beside the images that stand there. */
import type { Api } from './api';
import type { Text } from './language';

export interface MarksKept {
  readonly objects: readonly unknown[];
  /** What could not be kept, and why. */
  readonly left_out: readonly Text[];
}

export function keepMarks(api: Pick<Api, 'post'>, room: string): Promise<MarksKept> {
  return api.post<MarksKept>(`/api/rooms/${encodeURIComponent(room)}/export`);
}
