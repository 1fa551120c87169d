/** One picture on a canvas of the page: state in, events out. Draws the picture, its marks, letters and scale. */
import type { PresentationState } from '../../contract/imaging';
import { Emitter } from '../core/emitter';
import type { Vec3 } from '../core/frames';
import { isBrush, isMarkKind, isMaskTool } from './tools';
import type { KeyAction, Tool } from './tools';
import { POINTS, distanceToSegment, handleAt } from './measure';
import type { Mark, MarkKind } from './measure';
import { linesOf, paintBar, paintCross, paintEdges, paintMark } from './paint';
import { PaneInput } from './pane-input';
import { paintBrush, paintMask } from './paint-mask';
import type { ShownMask } from './paint-mask';
import { paintShutters, paintState } from './paint-state';
import { Picture, overlayImage } from './picture';
import { edgesOf, lpsOf, pixelOf } from './plane';
import type { Plane, Point } from './plane';
import { isAbout, modalityOfState, lutOfTable } from './presentation';
import type { Stack } from './stack';
import { edgesOnScreen, matrixOf, toPixel } from './view';
import type { Matrix, Size, View } from './view';
import { AS_THEY_ARE } from './window';
import type { GreyWindow, Shades } from './window';

export interface PaneState {
  readonly stack: Stack;
  readonly index: number;
  readonly window: GreyWindow;
  readonly view: View;
  readonly tool: Tool;
  /** Marks on this picture, with the words that stand beside each. */
  readonly marks: readonly (Mark & { readonly words: readonly string[] })[];
  readonly chosen: string | undefined;
  /** Outlined things, as far as they lie in this plane. */
  readonly masks: readonly ShownMask[];
  /** How far the brush reaches. */
  readonly brush_mm: number;
  /** The point at which linked planes meet. */
  readonly cursor_lps_mm: Vec3 | undefined;
  /** Whether letters, scale and marks are drawn. */
  readonly overlay: boolean;
  /** Whether drawings that the picture brings along are shown. */
  readonly drawings: boolean;
  /** How somebody wanted pictures of this stack to be shown. */
  readonly presentation: PresentationState | undefined;
}

export interface PaneEvents {
  /** Go on by so many pictures. */
  scroll: number;
  window: GreyWindow;
  view: View;
  made: { readonly kind: MarkKind; readonly points: readonly Point[] };
  /** A mark is being moved; `done` when it is let go. */
  moved: { readonly id: string; readonly points: readonly Point[]; readonly done: boolean };
  chosen: string | undefined;
  cursor: Vec3;
  /** A nodule is to be found here. */
  seed: Vec3;
  /** The brush is set down, led on, lifted, or its stroke given up. */
  brush: { readonly step: 'begin' | 'on' | 'end'; readonly at: Vec3; readonly erases: boolean } | { readonly step: 'abandon' };
  /** The pixel under the pointer. */
  hover: Point | undefined;
  action: KeyAction;
  /** The pane is touched: it becomes the one that is worked in. */
  entered: void;
}

/** How near a pointer must be to hold something, in CSS pixels. */
const REACH_px = 10;
const REACH_TOUCH_px = 22;

export class Pane {
  readonly events = new Emitter<PaneEvents>();
  readonly canvas: HTMLCanvasElement;
  readonly #picture = new Picture();
  readonly #input: PaneInput;
  readonly #sizes: ResizeObserver;
  #state: PaneState | undefined;
  #frame = 0;
  #draft: { readonly kind: MarkKind; readonly placed: readonly Point[]; readonly moving: Point } | undefined;
  /** Where keys place points, in pixels. */
  #pen: Point | undefined;
  /** The pixel under the pointer. */
  #under: Point | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    this.#sizes = new ResizeObserver(() => this.ask());
    this.#sizes.observe(canvas);
    this.#input = new PaneInput(this);
  }

  get state(): PaneState | undefined {
    return this.#state;
  }

  /** Shows this from the next frame on. */
  set(state: PaneState): void {
    if (this.#state && (state.tool !== this.#state.tool || state.stack !== this.#state.stack || state.index !== this.#state.index)) {
      this.#draft = undefined;
      if (state.stack !== this.#state.stack) this.#pen = undefined;
    }
    this.#state = state;
    this.ask();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#sizes.disconnect();
    this.#input.dispose();
    this.events.clear();
  }

  get size(): Size {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  get plane(): Plane | undefined {
    return this.#state?.stack.planes[this.#state.index];
  }

  get matrix(): Matrix | undefined {
    const plane = this.plane;
    return plane && this.#state ? matrixOf(plane, this.#state.view, this.size) : undefined;
  }

  /** The pixel at a place of the canvas. */
  pixelAt(at: Point): Point | undefined {
    const matrix = this.matrix;
    return matrix && toPixel(matrix, at);
  }

  /** Whether a pixel lies on the picture. */
  isInside({ x, y }: Point): boolean {
    const plane = this.plane;
    return plane !== undefined && x >= -0.5 && y >= -0.5 && x <= plane.columns - 0.5 && y <= plane.rows - 0.5;
  }

  /** The point of the patient at a pixel. */
  lpsAt(pixel: Point): Vec3 | undefined {
    const plane = this.plane;
    return plane && lpsOf(plane, pixel);
  }

  /** The mark under a place of the canvas, and which of its points is held. */
  markAt(at: Point, touch: boolean): { readonly mark: Mark; readonly handle: number | undefined } | undefined {
    const [state, matrix] = [this.#state, this.matrix];
    if (!state?.overlay || !matrix) return undefined;
    const reach = touch ? REACH_TOUCH_px : REACH_px;
    for (const mark of [...state.marks].reverse()) {
      const { points, lines } = linesOf(mark, matrix);
      const handle = handleAt(points, at, reach);
      if (handle !== undefined) return { mark, handle };
      if (lines.some(([a, b]) => distanceToSegment(at, a, b) <= reach / 2)) return { mark, handle: undefined };
    }
    return undefined;
  }

  /** Begins a mark, or goes on with it. */
  get draft(): { readonly kind: MarkKind; readonly placed: readonly Point[] } | undefined {
    return this.#draft;
  }

  /** Places a point of the mark in hand; the last one makes it. */
  place(pixel: Point): void {
    const tool = this.#state?.tool;
    if (!tool || !isMarkKind(tool) || !this.isInside(pixel)) return;
    const placed = [...(this.#draft?.placed ?? []), pixel];
    if (placed.length >= POINTS[tool]) {
      this.#draft = undefined;
      this.events.emit('made', { kind: tool, points: placed });
    } else {
      this.#draft = { kind: tool, placed, moving: pixel };
    }
    this.ask();
  }

  /** Says which pixel is under the pointer. */
  hover(pixel: Point | undefined): void {
    this.#under = pixel;
    this.events.emit('hover', pixel);
    if (this.#state && isBrush(this.#state.tool)) this.ask();
  }

  /** Moves the free end of the mark in hand. */
  lead(pixel: Point): void {
    if (!this.#draft) return;
    this.#draft = { ...this.#draft, moving: pixel };
    this.ask();
  }

  /** Gives up the mark in hand; `false` where there is none. */
  abandon(): boolean {
    const had = this.#draft !== undefined;
    this.#draft = undefined;
    this.ask();
    return had;
  }

  /** The place of the pen, for those who draw by keys; the middle of the picture at first. */
  get pen(): Point {
    const plane = this.plane;
    this.#pen ??= { x: Math.round(((plane?.columns ?? 1) - 1) / 2), y: Math.round(((plane?.rows ?? 1) - 1) / 2) };
    return this.#pen;
  }

  movePen(dx: number, dy: number): void {
    const plane = this.plane;
    if (!plane) return;
    const within = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));
    this.#pen = { x: within(this.pen.x + dx, plane.columns), y: within(this.pen.y + dy, plane.rows) };
    this.#under = undefined;
    this.lead(this.#pen);
    this.events.emit('hover', this.#pen);
    this.ask();
  }

  /** Draws again before the next frame of the screen. */
  ask(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => ((this.#frame = 0), this.#paint()));
  }

  #paint(): void {
    const [state, plane, context] = [this.#state, this.plane, this.canvas.getContext('2d')];
    const { width, height } = this.size;
    if (!context || width === 0 || height === 0) return;
    const ratio = Math.min(devicePixelRatio, 2);
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    const matrix = this.matrix;
    if (!state || !plane || !matrix) return;
    this.#paintPicture(context, state, plane, matrix, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { presentation } = state;
    const picture = state.stack.objectAt(state.index);
    const presented = presentation && picture && isAbout(presentation, picture) ? { presentation, picture } : undefined;
    if (presented) paintShutters(context, presented.presentation, matrix, { width, height });
    if (presented && state.drawings) paintState(context, plane, presented.presentation, presented.picture, matrix, { width, height });
    if (state.cursor_lps_mm) this.#paintCursor(context, state.cursor_lps_mm, plane, matrix);
    if (!state.overlay) return;
    for (const mask of state.masks) paintMask(context, mask, plane, matrix);
    this.#paintBrush(context, state, plane, matrix);
    this.#paintMarks(context, state, matrix);
    if (plane.place) paintEdges(context, edgesOnScreen(edgesOf(plane.place), state.view), this.size);
    paintBar(context, plane, state.view, this.size);
  }

  #paintPicture(context: CanvasRenderingContext2D, state: PaneState, plane: Plane, matrix: Matrix, ratio: number): void {
    const pixels = state.stack.pixels(state.index);
    if (!pixels) return;
    const image = this.#picture.of({ pixels, columns: plane.columns, rows: plane.rows, ...shadesOf(state, pixels.kind === 'grey') });
    const { a, b, c, d, e, f } = matrix;
    context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
    // Far in, pixels are shown as the squares that they are.
    context.imageSmoothingEnabled = Math.hypot(a, b) < 6;
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, -0.5, -0.5, plane.columns, plane.rows);
    if (!state.drawings) return;
    for (const overlay of pixels.overlays ?? []) {
      context.drawImage(overlayImage(overlay), overlay.left - 0.5, overlay.top - 0.5, overlay.columns, overlay.rows);
    }
  }

  #paintCursor(context: CanvasRenderingContext2D, cursor_lps_mm: Vec3, plane: Plane, matrix: Matrix): void {
    const at = pixelOf(plane, cursor_lps_mm);
    if (!at) return;
    const { a, b, c, d, e, f } = matrix;
    paintCross(context, { x: a * at.x + c * at.y + e, y: b * at.x + d * at.y + f }, this.size);
  }

  #paintBrush(context: CanvasRenderingContext2D, { tool, brush_mm }: PaneState, plane: Plane, matrix: Matrix): void {
    const at = this.#under ?? (document.activeElement === this.canvas ? this.#pen : undefined);
    if (at && isBrush(tool)) paintBrush(context, at, brush_mm, plane, matrix, tool === 'eraser');
  }

  #paintMarks(context: CanvasRenderingContext2D, state: PaneState, matrix: Matrix): void {
    for (const mark of state.marks) paintMark(context, mark, mark.words, matrix, this.size, mark.id === state.chosen);
    const draft = this.#draft;
    if (draft) paintMark(context, { kind: draft.kind, points: [...draft.placed, draft.moving] }, [], matrix, this.size, true);
    if ((isMarkKind(state.tool) || isMaskTool(state.tool)) && this.#pen && document.activeElement === this.canvas) {
      paintMark(context, { kind: 'probe', points: [this.#pen] }, [], matrix, this.size, true);
    }
  }
}

/** How the values of the picture become greys: as a state wants it where one is about the picture, else as it says itself. */
function shadesOf({ stack, index, window, view, presentation }: PaneState, isGrey: boolean): Shades {
  const picture = stack.objectAt(index);
  if (presentation && picture && isAbout(presentation, picture)) {
    const { rescale, table } = modalityOfState(presentation);
    return {
      // A table of the image has been gone through already; a state of such an image repeats it.
      rescale: stack.hasTable(index) ? AS_THEY_ARE : rescale,
      modality: stack.hasTable(index) ? undefined : table,
      window,
      presentation: presentation.presentation && lutOfTable(presentation.presentation),
      // A state says itself which end is white, whatever the image says.
      inverted: view.inverted !== presentation.inverse,
    };
  }
  return { rescale: stack.rescaleOf(index), window, inverted: view.inverted !== (stack.whiteIsLow(index) && isGrey) };
}
