/** Teaching cases, as the server gives them. */
import type { CaseFacts, Judged, Question, Score } from '../../../contract/teaching';

/** A case in the list. */
export interface TeachingRow {
  readonly id: string;
  readonly pseudonym: string;
  readonly made: string;
  readonly is_own: boolean;
  readonly questions: number;
  /** What the caller's own attempt is worth, where there is one. */
  readonly points: number | null;
  readonly trainees: number | null;
  readonly answered: number | null;
}

/** A case, as this person may see it now. */
export interface TeachingCase {
  readonly id: string;
  readonly pseudonym: string;
  readonly made: string;
  readonly is_own: boolean;
  readonly facts: CaseFacts;
  readonly images: number;
  readonly pixel_mm: readonly [number, number] | null;
  readonly questions: readonly Question[];
  readonly score?: Score;
  /** For who made it. */
  readonly answers?: readonly Judged[];
  readonly attempts?: readonly { readonly by: string; readonly at: string; readonly points: number }[];
}

/** A point on a picture, in pixels. */
export type Point = readonly [x: number, y: number];

/** How far two points lie from each other, in millimetres; `pixel_mm` is the distance of rows, then of columns. */
export function distance_mm([ax, ay]: Point, [bx, by]: Point, [row, column]: readonly [number, number]): number {
  return Math.hypot((bx - ax) * column, (by - ay) * row);
}
