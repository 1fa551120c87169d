import { Emitter } from '../core/emitter';
import { distance, lpsFromVoxel, voxelFromLps, type Vec3 } from '../core/frames';
import type { Language } from '../core/language';
import type { Laser } from '../core/room-lasers';
import type { VolumeStore } from '../core/volume/store';
import { huWords, lengthWords, measureWords } from './measure-words';
import { PenLine } from './pen-line';
import type { Proposal } from './proposals';
import type { Hologram, ImageMark, Window } from './room-view';
import { sectionLines } from './section-lines';
import { cutsOf } from './slice-cuts';
import { pixelFromVoxel, readSlice, sliceLayout, sliceOf, stepped, voxelFromPixel, type SliceAxis, type SliceLayout } from './slice-geometry';
import { SliceOutlines } from './slice-outlines';
import { crosshair, dot as point, letters, ruler, shade, strokes, topOf, words, type Fit, type Point2 } from './slice-paint';
import type { Tool } from './tools';
import { windowTable } from './transfer';
import { isHeld } from './ways';

const NODULE = '#7fe3dc';
const [CUT, BOX] = ['#ff9f8a', '#9fd0ff'];
/** A laser that ends so near to a slice is seen on it. */
const LASER_MM = 5;
/** Tools that do something at a point of a slice. */
const PLACES: ReadonlySet<Tool> = new Set<Tool>(['measure', 'probe', 'annotate', 'nodule', 'angle', 'landmark', 'clip']);

export interface SliceState {
  readonly cursor_lps_mm: Vec3;
  readonly window: Window;
  readonly tool: Tool;
  /** Measures, notes and lines on these images. */
  readonly marks: readonly ImageMark[];
  readonly showLesions: boolean;
  /** Nodules that were found where people asked, with what is said of each. */
  readonly nodules: readonly Proposal[];
  /** What people have made of the images: where they are cut, and which structures are seen. */
  readonly hologram?: Hologram;
  /** Whether slices are all that is seen: structures have outlines as they are shown, else only what was picked out. */
  readonly alone?: boolean;
  /** In which lesions are named; left out, they are not. */
  readonly language?: Language;
  /** Where others point. */
  readonly lasers?: readonly Laser[];
  /** The points chosen so far of what takes several. */
  readonly begun?: readonly Vec3[];
}

export interface SliceEvents {
  cursor: Vec3;
  /** One points here with the laser; undefined as that ends. */
  point: Vec3 | undefined;
  /** The tool in hand is used at this point. */
  use: Vec3;
  /** Both ends of a length drawn on this slice. */
  length: readonly [Vec3, Vec3];
  /** A line drawn on this slice. */
  line: readonly Vec3[];
  /** A point was added to a line that is drawn point by point. */
  'line-point': Vec3;
  /** What was begun is given up; whether that was a line or length of this slice. */
  cancel: boolean;
  /** HU under the pointer; undefined as it leaves. */
  hover: { readonly point_lps_mm: Vec3; readonly hu: number } | undefined;
}

/** Where a slice's picture lies, and how large a millimetre is there. */
interface Lies extends Fit {
  readonly perMm: number;
}

/** One of the three linked slices on a canvas: state in, events out. */
export class Slice {
  readonly events = new Emitter<SliceEvents>();
  readonly axis: SliceAxis;
  readonly #canvas: HTMLCanvasElement;
  readonly #store: VolumeStore;
  readonly #layout: SliceLayout;
  readonly #image = document.createElement('canvas');
  readonly #pixels: ImageData;
  readonly #stop = new AbortController();
  readonly #ends: (() => void)[] = [];
  #state: SliceState | undefined;
  #grey = new Uint8ClampedArray(4097);
  #window = '';
  #read = '';
  #version = 0;
  /** Of the picture that is taken now. */
  #side: number | undefined;
  /** Where the slice lies on what is drawn now. */
  #fit: Lies = { x: 0, y: 0, width: 0, height: 0, perMm: 1 };
  #frame = 0;
  #hover: { at: Vec3; hu: number } | undefined;
  /** The pointer that is down: others mean nothing until it is up, so that two fingers draw no zigzag. */
  #pointer: number | undefined;
  #from: Vec3 | undefined;
  #to: Vec3 | undefined;
  /** Where one's own laser ends on it. */
  #pointed: Vec3 | undefined;
  readonly #line = new PenLine();
  readonly #outlines: SliceOutlines;

  constructor(canvas: HTMLCanvasElement, axis: SliceAxis, store: VolumeStore) {
    [this.#canvas, this.axis, this.#store] = [canvas, axis, store];
    this.#layout = sliceLayout(store.manifest, axis);
    this.#outlines = new SliceOutlines(store, this.#layout, () => this.#ask());
    this.#image.width = store.manifest.size[this.#layout.across];
    this.#image.height = store.manifest.size[this.#layout.down];
    this.#pixels = new ImageData(this.#image.width, this.#image.height);
    const sizes = new ResizeObserver(() => this.#ask());
    sizes.observe(canvas);
    const fresh = (): void => {
      this.#version += 1;
      this.#ask();
    };
    this.#ends.push(() => sizes.disconnect(), store.events.on('base', fresh), store.events.on('brick', fresh), store.events.on('ready', fresh));
    this.#listen();
  }

  /** Shows this state from the next frame on. */
  set(state: SliceState): void {
    if (state.tool !== this.#state?.tool && this.#hasBegun) this.#giveUp();
    this.#state = state;
    if (this.#pointed) this.#point(state.tool === 'point' ? this.#onSlice(this.#pointed) : undefined);
    const window = `${state.window.centre_hu}/${state.window.width_hu}`;
    if (window !== this.#window) this.#grey = windowTable(state.window);
    this.#window = window;
    this.#ask();
  }

  /** In words, for those who do not see the picture: `axial 24 / 48`. */
  get description(): { readonly axis: SliceAxis; readonly slice: number; readonly of: number } {
    const { manifest } = this.#store;
    return { axis: this.axis, slice: (this.#state ? sliceOf(manifest, this.#layout, this.#state.cursor_lps_mm) : 0) + 1, of: manifest.size[this.#layout.through] };
  }

  /** What is shown, as a picture so many pixels wide and high. */
  picture(side: number): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [side, side];
    const context = canvas.getContext('2d');
    this.#side = side;
    if (context && this.#state) this.#draw(context, this.#state);
    this.#side = undefined;
    return canvas;
  }

  /** One's laser is elsewhere now, as on another slice. */
  putOut(): void {
    this.#pointed = undefined;
    this.#ask();
  }

  dispose(): void {
    this.#point(undefined);
    cancelAnimationFrame(this.#frame);
    this.#stop.abort();
    for (const end of this.#ends) end();
    this.events.clear();
  }

  #ask(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => ((this.#frame = 0), this.#paint()));
  }

  #paint(): void {
    const state = this.#state;
    const context = this.#canvas.getContext('2d');
    const [width, height] = [this.#canvas.clientWidth, this.#canvas.clientHeight];
    if (!state || !context || width === 0 || height === 0) return;
    const ratio = Math.min(devicePixelRatio, 2);
    if (this.#canvas.width !== Math.round(width * ratio)) this.#canvas.width = Math.round(width * ratio);
    if (this.#canvas.height !== Math.round(height * ratio)) this.#canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#draw(context, state);
  }

  #draw(context: CanvasRenderingContext2D, state: SliceState): void {
    const { width, height } = this.#sheet;
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    this.#readPixels(state);
    const fit = (this.#fit = this.#fitted());
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.#image, fit.x, fit.y, fit.width, fit.height);
    this.#outlines.shade(context, state, fit);
    this.#paintCuts(context, state);
    this.#outlines.paint(context, state, (x, y) => this.#screenOf(x, y));
    this.#paintNodules(context, state);
    this.#paintMarks(context, state);
    // A picture has what is kept.
    if (this.#side === undefined) this.#paintPassing(context, state);
    crosshair(context, this.#toScreen(state.cursor_lps_mm), width, height);
    letters(context, this.#layout, width, height);
    ruler(context, fit.perMm, width, height);
    const { slice, of } = this.description;
    if (width >= 170) words(context, `${slice}/${of}`, width - 8, height - 12, 'right', '#b9cbd0');
    else words(context, String(slice), width - 6, 12, 'right', '#b9cbd0');
  }

  #readPixels(state: SliceState): void {
    const slice = sliceOf(this.#store.manifest, this.#layout, state.cursor_lps_mm);
    const key = `${slice}|${this.#window}|${this.#version}`;
    if (key === this.#read) return;
    this.#read = key;
    readSlice(this.#store.hu, this.#store.manifest, this.#layout, slice, this.#grey, this.#pixels.data);
    this.#image.getContext('2d')?.putImageData(this.#pixels, 0, 0);
  }

  /** What is cut away is seen darkly: who reads slices reads all of them. */
  #paintCuts(context: CanvasRenderingContext2D, { hologram, cursor_lps_mm }: SliceState): void {
    const { manifest } = this.#store;
    // As deep as the point at which one looks, which may lie between two slices.
    const depth = voxelFromLps(manifest, cursor_lps_mm)[this.#layout.through];
    const [right, low] = [this.#image.width - 0.5, this.#image.height - 0.5];
    const corners = ([[-0.5, -0.5], [right, -0.5], [right, low], [-0.5, low]] as const).map(([x, y]) => lpsFromVoxel(manifest, voxelFromPixel(manifest, this.#layout, x, y, depth)));
    const cuts = cutsOf(corners, hologram?.clip, hologram?.crop);
    if (!cuts) return;
    const onScreen = (points: readonly Vec3[]): Point2[] => points.map((p) => this.#toScreen(p));
    shade(context, onScreen(corners), onScreen(cuts.left));
    const box = [...cuts.box, ...cuts.box.slice(0, 1)];
    this.#paintLine(context, box, BOX);
    this.#paintLine(context, cuts.line ?? [], CUT, [7, 4]);
  }

  #paintNodules(context: CanvasRenderingContext2D, state: SliceState): void {
    const { manifest } = this.#store;
    const slice = sliceOf(manifest, this.#layout, state.cursor_lps_mm);
    for (const { mask, words: text } of state.nodules) {
      const lines = mask ? sectionLines(mask, this.#layout, slice) : [];
      strokes(context, lines.map((ends) => ends.map((end) => this.#toScreen(end))), NODULE);
      const top = topOf(lines.map(([a]) => this.#toScreen(a)));
      if (top) words(context, text, top.x, top.y - 12, 'center', NODULE);
    }
  }

  /** How far a point lies from the slice, in millimetres. */
  #beside({ cursor_lps_mm }: SliceState, point_lps_mm: Vec3): number {
    const { manifest } = this.#store;
    const slice = sliceOf(manifest, this.#layout, cursor_lps_mm);
    return Math.abs(voxelFromLps(manifest, point_lps_mm)[this.#layout.through] - slice) * manifest.spacing_mm[this.#layout.through];
  }

  /** What is being drawn, where people point, and what lies under the pointer. */
  #paintPassing(context: CanvasRenderingContext2D, state: SliceState): void {
    this.#paintLine(context, this.#line.points, '#ffffff');
    if (state.begun?.some((p) => this.#isNear(state, p))) this.#paintPoints(context, state.begun, '', '#ffffff');
    if (this.#from && this.#to) this.#paintPoints(context, [this.#from, this.#to], lengthWords(distance(this.#from, this.#to)), '#ffffff');
    for (const { at_lps_mm, colour, name } of state.lasers ?? []) if (this.#beside(state, at_lps_mm) <= LASER_MM) this.#paintPoints(context, [at_lps_mm], name, colour);
    if (this.#pointed && (state.hologram?.apart ?? 0) === 0) point(context, this.#toScreen(this.#pointed), '#ffffff');
    if (this.#hover) words(context, huWords(this.#hover.hu), 8, 13, 'left', '#fff3d6');
  }

  /** Whether a mark is seen on the slice. */
  #isNear(state: SliceState, point_lps_mm: Vec3): boolean {
    return this.#beside(state, point_lps_mm) <= Math.max(2.5, this.#store.manifest.spacing_mm[this.#layout.through] * 0.6);
  }

  #paintMarks(context: CanvasRenderingContext2D, state: SliceState): void {
    const near = (p: Vec3): boolean => this.#isNear(state, p);
    for (const { entity, colour } of state.marks) {
      const points = 'points_lps_mm' in entity ? entity.points_lps_mm : [entity.at_lps_mm];
      if (!points.some(near)) continue;
      if (entity.type === 'stroke') {
        this.#paintLine(context, points.filter(near), colour);
        continue;
      }
      this.#paintPoints(context, points, entity.type === 'measure' ? measureWords(entity) : entity.type === 'landmark' ? entity.name : entity.text, entity.type === 'measure' ? '#7fe3dc' : '#ffd48a');
    }
  }

  #paintLine(context: CanvasRenderingContext2D, points: readonly Vec3[], colour: string, dash: number[] = []): void {
    strokes(context, [points.map((p) => this.#toScreen(p))], colour, dash);
  }

  #paintPoints(context: CanvasRenderingContext2D, points: readonly Vec3[], text: string, colour: string): void {
    const at = points.map((p) => this.#toScreen(p));
    const [a, b] = at;
    if (!a) return;
    this.#paintLine(context, points, colour);
    for (const p of at) point(context, p, colour);
    words(context, text, b ? (a.x + b.x) / 2 : a.x, (b ? (a.y + b.y) / 2 : a.y) - 13, 'center', colour);
  }

  /** How large what is drawn on is. */
  get #sheet(): { readonly width: number; readonly height: number } {
    const { clientWidth, clientHeight } = this.#canvas;
    return { width: this.#side ?? clientWidth, height: this.#side ?? clientHeight };
  }

  /** Where the slice's picture lies on the canvas, in true proportion. */
  #fitted(): Lies {
    const { size, spacing_mm } = this.#store.manifest;
    const [across, down] = [this.#layout.across, this.#layout.down];
    const mm = [size[across] * spacing_mm[across], size[down] * spacing_mm[down]] as const;
    const sheet = this.#sheet;
    const perMm = Math.min(sheet.width / mm[0], sheet.height / mm[1]);
    const [width, height] = [mm[0] * perMm, mm[1] * perMm];
    return { x: (sheet.width - width) / 2, y: (sheet.height - height) / 2, width, height, perMm };
  }

  #toScreen(point_lps_mm: Vec3): Point2 {
    const { manifest } = this.#store;
    const { x, y } = pixelFromVoxel(manifest, this.#layout, voxelFromLps(manifest, point_lps_mm));
    return this.#screenOf(x, y);
  }

  #screenOf(x: number, y: number): Point2 {
    const fit = this.#fit;
    return { x: fit.x + ((x + 0.5) / this.#image.width) * fit.width, y: fit.y + ((y + 0.5) / this.#image.height) * fit.height };
  }

  /** The patient point under a point of the page; undefined beside the picture. */
  #toLps(event: MouseEvent): Vec3 | undefined {
    const state = this.#state;
    if (!state) return undefined;
    const { manifest } = this.#store;
    const box = this.#canvas.getBoundingClientRect();
    const fit = this.#fitted();
    const x = ((event.clientX - box.left - fit.x) / fit.width) * this.#image.width - 0.5;
    const y = ((event.clientY - box.top - fit.y) / fit.height) * this.#image.height - 0.5;
    if (x < -0.5 || y < -0.5 || x > this.#image.width - 0.5 || y > this.#image.height - 0.5) return undefined;
    const slice = voxelFromLps(manifest, state.cursor_lps_mm)[this.#layout.through];
    const clamp = (v: number, n: number): number => Math.min(n - 1, Math.max(0, v));
    return lpsFromVoxel(manifest, voxelFromPixel(manifest, this.#layout, clamp(x, this.#image.width), clamp(y, this.#image.height), slice));
  }

  #listen(): void {
    const { signal } = this.#stop;
    const on = <K extends keyof HTMLElementEventMap>(name: K, listener: (event: HTMLElementEventMap[K]) => void): void =>
      this.#canvas.addEventListener(name, listener, { signal, passive: false });
    on('wheel', (e) => (e.preventDefault(), this.#step(Math.sign(e.deltaY))));
    on('keydown', (e) => this.#press(e));
    on('pointerdown', (e) => this.#down(e));
    on('pointermove', (e) => this.#move(e));
    on('pointerup', (e) => this.#up(e));
    on('pointercancel', (e) => {
      if (e.pointerId !== this.#pointer) return;
      this.#pointer = this.#from = this.#to = undefined;
      this.#line.take();
    });
    on('pointerleave', () => this.#hovered(undefined));
    // Each slice has its own line and laser: Escape elsewhere would not reach them.
    on('blur', () => {
      this.#point(undefined);
      if (this.#hasBegun && this.#pointer === undefined) this.#giveUp();
    });
  }

  #step(slices: number): void {
    if (!this.#state || slices === 0) return;
    this.events.emit('cursor', stepped(this.#store.manifest, this.#layout, this.#state.cursor_lps_mm, slices));
  }

  /** The laser goes to a place, or out. */
  #point(at: Vec3 | undefined): void {
    if (!at && !this.#pointed) return;
    this.#pointed = at;
    this.events.emit('point', at);
    this.#ask();
  }

  /** The same place of the picture, on the slice that is shown now. */
  #onSlice(at: Vec3): Vec3 {
    const { manifest } = this.#store;
    const { x, y, slice } = pixelFromVoxel(manifest, this.#layout, voxelFromLps(manifest, at));
    const depth = this.#state ? voxelFromLps(manifest, this.#state.cursor_lps_mm)[this.#layout.through] : slice;
    return lpsFromVoxel(manifest, voxelFromPixel(manifest, this.#layout, x, y, depth));
  }

  #down(event: PointerEvent): void {
    const at = this.#toLps(event);
    if (!at || event.button !== 0 || this.#pointer !== undefined) return;
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#from = at;
    // What was drawn point by point is a line of its own.
    this.#endLine();
    if (this.#state?.tool === 'pen') this.#line.add(at);
    else if (this.#state?.tool !== 'measure') this.events.emit('cursor', at);
    if (this.#state?.tool === 'point') this.#point(at);
  }

  #move(event: PointerEvent): void {
    if (this.#pointer !== undefined && event.pointerId !== this.#pointer) return;
    const at = this.#toLps(event);
    this.#hovered(at);
    if (!at || !this.#from) return;
    if (this.#state?.tool === 'measure') this.#to = at;
    else if (this.#state?.tool === 'pen') this.#line.add(at);
    else this.events.emit('cursor', at);
    this.#ask();
  }

  #up(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const [from, to, tool] = [this.#from, this.#to, this.#state?.tool];
    this.#pointer = this.#from = this.#to = undefined;
    const at = this.#toLps(event);
    if (tool === 'pen') this.#endLine();
    else if (tool === 'measure' && from && to && distance(from, to) > 0.5) this.events.emit('length', [from, to]);
    else if (at && from && tool && PLACES.has(tool)) this.events.emit('use', at);
    this.#ask();
  }

  #endLine(): void {
    const line = this.#line.take();
    if (line) this.events.emit('line', line);
  }

  /** The pen by keyboard: a point each time, and the last point chosen again ends the line. */
  #linePoint(at: Vec3): void {
    if (this.#line.add(at)) this.events.emit('line-point', at);
    else this.#endLine();
    this.#ask();
  }

  get #hasBegun(): boolean {
    return this.#line.points.length > 0 || this.#to !== undefined;
  }

  #giveUp(): void {
    const hasBegun = this.#hasBegun;
    this.#line.take();
    this.#from = this.#to = undefined;
    this.events.emit('cancel', hasBegun);
    this.#ask();
  }

  #hovered(at: Vec3 | undefined): void {
    const hu = at && this.#store.huAt(at);
    this.#hover = at && hu !== undefined ? { at, hu } : undefined;
    if (this.#state?.tool === 'point') this.#point(at);
    this.events.emit('hover', this.#hover && { point_lps_mm: this.#hover.at, hu: this.#hover.hu });
    this.#ask();
  }

  /** Arrows move the crosshair by a pixel (Shift 10), Page Up/Down by a slice, Enter uses the tool, Escape gives up; the laser is led with the crosshair. */
  #press(event: KeyboardEvent): void {
    const state = this.#state;
    if (!state || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isHeld(event)) return event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    const ways: Record<string, readonly [number, number]> = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    const way = ways[event.key];
    if (way) this.#nudge(state.cursor_lps_mm, way);
    else if (event.key === 'PageUp') this.#step(far);
    else if (event.key === 'PageDown') this.#step(-far);
    else if (event.key === 'Escape' && this.#pointed) this.#point(undefined);
    else if (event.key === 'Escape') this.#giveUp();
    else if (event.key !== 'Enter' && event.key !== ' ') return;
    else if (state.tool === 'pen') this.#linePoint(state.cursor_lps_mm);
    else if (state.tool === 'point') this.#point(state.cursor_lps_mm);
    else this.events.emit('use', state.cursor_lps_mm);
    event.preventDefault();
  }

  #nudge(cursor: Vec3, [dx, dy]: readonly [number, number]): void {
    const { manifest } = this.#store;
    const { x, y, slice } = pixelFromVoxel(manifest, this.#layout, voxelFromLps(manifest, cursor));
    const clamp = (v: number, n: number): number => Math.min(n - 1, Math.max(0, v));
    const at = lpsFromVoxel(manifest, voxelFromPixel(manifest, this.#layout, clamp(x + dx, this.#image.width), clamp(y + dy, this.#image.height), slice));
    this.events.emit('cursor', at);
    if (this.#state?.tool === 'point') this.#point(at);
  }
}

/** A slice on a canvas of the page. */
export function createSlice(canvas: HTMLCanvasElement, axis: SliceAxis, store: VolumeStore): Slice {
  return new Slice(canvas, axis, store);
}
