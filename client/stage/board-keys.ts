import type { PenLine } from './pen-line';
import type { BoardPoint } from './room-view';

export type BoardStep = 'led' | 'line-point' | 'placed' | 'cancelled';

const LEADS: Readonly<Record<string, BoardPoint>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** How far a key leads the pen, as a share of the board. */
const [LEAD, WIDE_LEAD] = [0.02, 0.1];
const MIDDLE: BoardPoint = [0.5, 0.5];

/** The pen on a board by keyboard: arrows lead it, Enter sets a point of the line, Enter there once more ends it. */
export class BoardKeys {
  readonly #line: PenLine<BoardPoint>;
  readonly #place: (points: readonly BoardPoint[]) => void;
  #at: BoardPoint | undefined;

  constructor(line: PenLine<BoardPoint>, place: (points: readonly BoardPoint[]) => void) {
    [this.#line, this.#place] = [line, place];
  }

  /** Where the keys have led it. */
  get at(): BoardPoint | undefined {
    return this.#at;
  }

  /** What a key did; `undefined` for one that is not the pen's. */
  press({ key, shiftKey, altKey, ctrlKey, metaKey }: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'>): BoardStep | undefined {
    if (altKey || ctrlKey || metaKey) return undefined;
    const lead = LEADS[key];
    if (lead) return this.#lead(lead, shiftKey ? WIDE_LEAD : LEAD);
    if (key === 'Enter' || key === ' ') return this.#use();
    return key === 'Escape' ? this.cancel() : undefined;
  }

  /** Gives up what was begun; `undefined` where nothing was. */
  cancel(): 'cancelled' | undefined {
    const begun = this.#line.points.length > 0;
    this.#line.take();
    this.#at = undefined;
    return begun ? 'cancelled' : undefined;
  }

  #lead([right, down]: BoardPoint, far: number): 'led' {
    const [x, y] = this.#at ?? MIDDLE;
    this.#at = [within(x + right * far), within(y + down * far)];
    return 'led';
  }

  #use(): BoardStep {
    this.#at ??= MIDDLE;
    if (this.#line.add(this.#at)) return 'line-point';
    const points = this.#line.take();
    if (!points) return 'cancelled';
    this.#place(points);
    return 'placed';
  }
}

/** On the board, and without the dust of sums. */
function within(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
}
