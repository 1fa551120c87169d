/** Mouse, fingers, wheel and keys on a pane, turned into what they mean. */
import { Steps, meant, pairOf } from './gestures';
import type { Pair, TwoFingers } from './gestures';
import type { Pane } from './pane';
import type { Point } from './plane';
import { actionOf, isBrush, isMarkKind, isMaskTool } from './tools';
import type { Tool } from './tools';
import { shifted, zoomed } from './view';
import { dragged } from './window';

/** What a held pointer is doing. */
type Held =
  | { readonly does: Tool; readonly from: Point; last: Point; moved: boolean }
  | { readonly does: 'handle'; readonly id: string; readonly handle: number | undefined; readonly start: readonly Point[]; readonly from: Point; last: Point; moved: boolean };

const MOVED_px = 4;
const SCROLL_DRAG_px = 7;
const WHEEL_STEP = 50;
const KEY_ZOOM = 1.2;

export class PaneInput {
  readonly #pane: Pane;
  readonly #stop = new AbortController();
  readonly #fingers = new Map<number, Point>();
  readonly #drag = new Steps(SCROLL_DRAG_px);
  readonly #wheel = new Steps(WHEEL_STEP);
  readonly #pair = new Steps(SCROLL_DRAG_px * 2);
  #held: Held | undefined;
  #two: { readonly start: Pair; last: Pair; does: TwoFingers } | undefined;

  constructor(pane: Pane) {
    this.#pane = pane;
    const { canvas } = pane;
    const { signal } = this.#stop;
    canvas.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    canvas.addEventListener('pointermove', (event) => this.#move(event), { signal });
    canvas.addEventListener('pointerup', (event) => this.#up(event), { signal });
    canvas.addEventListener('pointercancel', (event) => this.#cancel(event), { signal });
    canvas.addEventListener('pointerleave', () => this.#pane.hover(undefined), { signal });
    canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
    canvas.addEventListener('wheel', (event) => this.#turn(event), { signal, passive: false });
    canvas.addEventListener('keydown', (event) => this.#press(event), { signal });
    canvas.addEventListener('focus', () => (this.#pane.events.emit('entered', undefined), this.#pane.ask()), { signal });
    canvas.addEventListener('blur', () => this.#pane.ask(), { signal });
  }

  dispose(): void {
    this.#stop.abort();
  }

  #at(event: PointerEvent | WheelEvent): Point {
    const box = this.#pane.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event: PointerEvent): void {
    const { canvas, state, events } = this.#pane;
    if (!state) return;
    canvas.focus({ preventScroll: true });
    events.emit('entered', undefined);
    const at = this.#at(event);
    // A pointer that is already gone cannot be held; the gesture goes on without.
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, at);
    const [a, b] = [...this.#fingers.values()];
    if (a && b && this.#fingers.size === 2) {
      // A second finger: whatever the first was about to do was the beginning of this.
      if (this.#held && isBrush(this.#toolOf(this.#held))) this.#pane.events.emit('brush', { step: 'abandon' });
      this.#held = undefined;
      this.#pane.abandon();
      const pair = pairOf(a, b);
      this.#two = { start: pair, last: pair, does: 'undecided' };
      this.#pair.reset();
      return;
    }
    if (this.#fingers.size > 2) return;
    this.#hold(event, at, state.tool);
  }

  #hold(event: PointerEvent, at: Point, tool: Tool): void {
    this.#drag.reset();
    const common = { from: at, last: at, moved: false };
    if (event.button === 1) this.#held = { does: 'pan', ...common };
    else if (event.button === 2) this.#held = { does: 'window', ...common };
    else {
      const found = this.#pane.draft || isMaskTool(tool) ? undefined : this.#pane.markAt(at, event.pointerType === 'touch');
      this.#pane.events.emit('chosen', found?.mark.id);
      if (found) {
        this.#held = { does: 'handle', id: found.mark.id, handle: found.handle, start: found.mark.points, ...common };
        return;
      }
      this.#held = { does: tool, ...common };
      const pixel = this.#pane.pixelAt(at);
      if (!pixel) return;
      if (tool === 'cross') this.#cross(pixel);
      else if (isBrush(tool)) this.#brush('begin', pixel, tool);
      else if (tool === 'nodule') return;
      else if (isMarkKind(tool) && !this.#pane.draft && tool !== 'probe' && tool !== 'text') this.#pane.place(pixel);
      else this.#pane.lead(pixel);
    }
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    const pixel = this.#pane.pixelAt(at);
    this.#pane.hover(pixel && this.#pane.isInside(pixel) ? pixel : undefined);
    if (this.#fingers.has(event.pointerId)) this.#fingers.set(event.pointerId, at);
    if (this.#two) return this.#moveTwo();
    if (pixel) this.#pane.lead(pixel);
    const held = this.#held;
    const state = this.#pane.state;
    if (!held || !state) return;
    const [dx, dy] = [at.x - held.last.x, at.y - held.last.y];
    held.moved ||= Math.hypot(at.x - held.from.x, at.y - held.from.y) > MOVED_px;
    held.last = at;
    if (held.does === 'handle') this.#drop(held, false);
    else if (held.does === 'scroll') this.#scroll(this.#drag.take(dy));
    else if (held.does === 'window') this.#pane.events.emit('window', dragged(state.window, dx, dy));
    else if (held.does === 'pan') this.#pane.events.emit('view', shifted(state.view, dx, dy));
    else if (held.does === 'zoom') this.#pane.events.emit('view', zoomed(state.view, Math.exp(-dy * 0.01), held.from, this.#pane.size));
    else if (held.does === 'cross' && pixel) this.#cross(pixel);
    else if (isBrush(held.does) && pixel) this.#brush('on', pixel, held.does);
  }

  #toolOf(held: Held): Tool {
    return held.does === 'handle' ? 'scroll' : held.does;
  }

  #brush(step: 'begin' | 'on' | 'end', pixel: Point, tool: 'brush' | 'eraser'): void {
    const at = this.#pane.lpsAt(pixel);
    if (at) this.#pane.events.emit('brush', { step, at, erases: tool === 'eraser' });
  }

  #seed(pixel: Point): void {
    const at = this.#pane.isInside(pixel) ? this.#pane.lpsAt(pixel) : undefined;
    if (at) this.#pane.events.emit('seed', at);
  }

  #moveTwo(): void {
    const [two, state] = [this.#two, this.#pane.state];
    const [a, b] = [...this.#fingers.values()];
    if (!two || !state || !a || !b) return;
    const now = pairOf(a, b);
    if (two.does === 'undecided') two.does = meant(two.start, now);
    if (two.does === 'pinch' && two.last.distance > 0) {
      const zoom = zoomed(state.view, now.distance / two.last.distance, now.middle, this.#pane.size);
      this.#pane.events.emit('view', shifted(zoom, now.middle.x - two.last.middle.x, now.middle.y - two.last.middle.y));
    } else if (two.does === 'scroll') {
      this.#scroll(this.#pair.take(now.middle.y - two.last.middle.y));
    }
    two.last = now;
  }

  #up(event: PointerEvent): void {
    const held = this.#held;
    this.#lift(event);
    if (!held) return;
    if (held.does === 'handle') return this.#drop(held, true);
    const pixel = this.#pane.pixelAt(this.#at(event));
    if (pixel && isBrush(held.does)) return this.#brush('end', pixel, held.does);
    // Where the pointer was drawn along, no place was meant.
    if (pixel && held.does === 'nodule' && !held.moved) return this.#seed(pixel);
    if (!isMarkKind(held.does)) return;
    const draft = this.#pane.draft;
    if (!pixel) return;
    // The first point was placed as the pointer went down; where it was not drawn along, the next click goes on.
    if (!draft || held.moved || draft.placed.length > 1 || this.#goesOn(draft.placed, held.from)) this.#pane.place(pixel);
  }

  /** Whether the pointer went down to go on with a mark rather than to begin it. */
  #goesOn(placed: readonly Point[], from: Point): boolean {
    const [first, start] = [placed[0], this.#pane.pixelAt(from)];
    return !first || !start || Math.hypot(first.x - start.x, first.y - start.y) > 1e-6;
  }

  #cancel(event: PointerEvent): void {
    if (this.#held && isBrush(this.#toolOf(this.#held))) this.#pane.events.emit('brush', { step: 'abandon' });
    this.#lift(event);
    this.#pane.abandon();
  }

  #lift(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#fingers.size < 2) this.#two = undefined;
    this.#held = undefined;
  }

  /** Moves the held point of a mark, or the whole mark. */
  #drop(held: Held & { does: 'handle' }, done: boolean): void {
    const [from, to] = [this.#pane.pixelAt(held.from), this.#pane.pixelAt(held.last)];
    if (!from || !to || (!held.moved && !done)) return;
    if (!held.moved) return;
    const points = held.start.map((point, at) =>
      held.handle === undefined || held.handle === at ? { x: point.x + to.x - from.x, y: point.y + to.y - from.y } : point,
    );
    if (points.every((point) => this.#pane.isInside(point))) this.#pane.events.emit('moved', { id: held.id, points, done });
  }

  #cross(pixel: Point): void {
    const point = this.#pane.isInside(pixel) ? this.#pane.lpsAt(pixel) : undefined;
    if (point) this.#pane.events.emit('cursor', point);
  }

  #scroll(steps: number): void {
    if (steps !== 0) this.#pane.events.emit('scroll', steps);
  }

  #turn(event: WheelEvent): void {
    const state = this.#pane.state;
    if (!state) return;
    event.preventDefault();
    // Lines and pages, as some mice count, are made pixels of.
    const distance = event.deltaY * (event.deltaMode === 0 ? 1 : WHEEL_STEP);
    if (event.ctrlKey) this.#pane.events.emit('view', zoomed(state.view, Math.exp(-distance * 0.01), this.#at(event), this.#pane.size));
    // One notch of a wheel is one picture, however many pixels it counts.
    else this.#scroll(Math.abs(distance) >= WHEEL_STEP ? Math.sign(distance) : this.#wheel.take(distance));
  }

  #press(event: KeyboardEvent): void {
    const state = this.#pane.state;
    if (!state) return;
    if (event.key === 'Escape') {
      // Escape leaves the mark in hand first; only then does it go to the page.
      if (this.#pane.abandon()) event.stopPropagation();
      return;
    }
    const far = event.shiftKey ? 10 : 1;
    const ways: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    const way = ways[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    // With a mark in hand the arrows lead the pen and Enter sets it down.
    if (plain && way && (isMarkKind(state.tool) || isMaskTool(state.tool) || state.tool === 'cross')) {
      this.#pane.movePen(...way);
      if (state.tool === 'cross') this.#cross(this.#pane.pen);
    } else if (plain && event.key === 'Enter' && state.tool === 'nodule') {
      this.#seed(this.#pane.pen);
    } else if (plain && event.key === 'Enter' && isBrush(state.tool)) {
      this.#brush('begin', this.#pane.pen, state.tool);
      this.#brush('end', this.#pane.pen, state.tool);
    } else if (plain && isBrush(state.tool) && (event.key === '[' || event.key === ']')) {
      this.#pane.events.emit('action', { command: event.key === '[' ? 'smaller' : 'larger' });
    } else if (plain && event.key === 'Enter' && isMarkKind(state.tool)) {
      this.#pane.place(this.#pane.pen);
    } else {
      const action = actionOf(event);
      if (!action) return;
      if ('command' in action && (action.command === 'zoom-in' || action.command === 'zoom-out')) {
        const { width, height } = this.#pane.size;
        const factor = action.command === 'zoom-in' ? KEY_ZOOM : 1 / KEY_ZOOM;
        this.#pane.events.emit('view', zoomed(state.view, factor, { x: width / 2, y: height / 2 }, this.#pane.size));
      } else {
        this.#pane.events.emit('action', action);
      }
    }
    event.preventDefault();
  }
}
