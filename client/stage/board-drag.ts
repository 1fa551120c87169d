import type { PenLine } from './pen-line';
import type { BoardPoint } from './room-view';
import { CLICK_PIXELS } from './ways';

type Where = Pick<PointerEvent, 'clientX' | 'clientY'>;

/** Where on a picture a pointer is, at its edge for what lies beyond it. */
export function shareOf({ clientX, clientY }: Where, picture: Element): BoardPoint {
  const box = picture.getBoundingClientRect();
  const share = (value: number): number => Math.min(1, Math.max(0, value));
  return [share((clientX - box.left) / box.width), share((clientY - box.top) / box.height)];
}

/** The pen on a picture by pointer: it draws a line as it is dragged; a tap of a hand that trembles is none. */
export class BoardDrag {
  readonly #line: PenLine<BoardPoint>;
  #from: Where | undefined;
  #isLine = false;

  constructor(line: PenLine<BoardPoint>) {
    this.#line = line;
  }

  get isDown(): boolean {
    return this.#from !== undefined;
  }

  begin({ clientX, clientY }: Where, at: BoardPoint): void {
    [this.#from, this.#isLine] = [{ clientX, clientY }, false];
    this.#line.add(at);
  }

  /** Whether the line has grown. */
  lead({ clientX, clientY }: Where, at: BoardPoint): boolean {
    if (!this.#from) return false;
    if (Math.hypot(clientX - this.#from.clientX, clientY - this.#from.clientY) >= CLICK_PIXELS) this.#isLine = true;
    return this.#line.add(at);
  }

  /** The line, where it is one; what keys have begun is left to them. */
  end(): readonly BoardPoint[] | undefined {
    const points = this.#from && this.#line.take();
    this.#from = undefined;
    return this.#isLine ? points : undefined;
  }
}
