/** How a picture is laid on the screen: zoom, shift, quarter turns and mirroring about the picture's middle. */
import type { Edges, Plane, Point } from './plane';
import { oppositeLetters } from './plane';

export interface View {
  /** 1 fits the picture into its pane. */
  readonly zoom: number;
  /** Shift on the screen, in CSS pixels. */
  readonly shift: Point;
  /** Quarter turns, clockwise. */
  readonly turns: 0 | 1 | 2 | 3;
  readonly mirrored: boolean;
  readonly inverted: boolean;
  /** The part of the picture that fits its pane; the whole picture where there is none. */
  readonly area?: Area;
}

/** A part of a picture, from the outer edge of its first pixel to that of its last. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** CSS pixels for a pixel of the picture, where that is given instead of a fit. */
  readonly magnification?: number;
}

export const FIRST_VIEW: View = { zoom: 1, shift: { x: 0, y: 0 }, turns: 0, mirrored: false, inverted: false };
export const LEAST_ZOOM = 0.2;
export const MOST_ZOOM = 40;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Takes pixels to the screen: `x' = a·x + c·y + e`, `y' = b·x + d·y + f`, as a canvas has it. */
export interface Matrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

const COS = [1, 0, -1, 0] as const;
const SIN = [0, 1, 0, -1] as const;

/** Width of a pixel against its height, as the picture must be drawn to be true. */
function pixelSize(plane: Plane): readonly [number, number] {
  if (!plane.spacing_mm) return [1, 1];
  const [x, y] = plane.spacing_mm;
  // Scaled so that the finer direction counts one screen unit a pixel.
  const finer = Math.min(x, y);
  return [x / finer, y / finer];
}

/** The part that is fitted; one without extent would be infinitely large. */
function areaOf(plane: Plane, area: Area | undefined): Area {
  const whole = { left: -0.5, top: -0.5, right: plane.columns - 0.5, bottom: plane.rows - 0.5 };
  return area && area.right > area.left && area.bottom > area.top ? area : whole;
}

/** CSS pixels for one unit of the finer spacing when the picture fits its pane. */
function fitOf(plane: Plane, { turns, area }: View, pane: Size): number {
  const [px, py] = pixelSize(plane);
  const { left, top, right, bottom, magnification } = areaOf(plane, area);
  if (magnification !== undefined) return magnification;
  const [w, h] = [(right - left) * px, (bottom - top) * py];
  const [across, down] = turns % 2 === 0 ? [w, h] : [h, w];
  return Math.min(pane.width / across, pane.height / down);
}

export function matrixOf(plane: Plane, view: View, pane: Size): Matrix {
  const [px, py] = pixelSize(plane);
  const scale = fitOf(plane, view, pane) * view.zoom;
  const [cos, sin] = [COS[view.turns], SIN[view.turns]];
  // Mirrored first, along the picture's x, then turned.
  const mirror = view.mirrored ? -1 : 1;
  const [a, b] = [cos * mirror * px * scale, sin * mirror * px * scale];
  const [c, d] = [-sin * py * scale, cos * py * scale];
  const { left, top, right, bottom } = areaOf(plane, view.area);
  const [mx, my] = [(left + right) / 2, (top + bottom) / 2];
  return {
    a,
    b,
    c,
    d,
    e: pane.width / 2 + view.shift.x - a * mx - c * my,
    f: pane.height / 2 + view.shift.y - b * mx - d * my,
  };
}

export function toScreen(m: Matrix, at: Point): Point {
  return { x: m.a * at.x + m.c * at.y + m.e, y: m.b * at.x + m.d * at.y + m.f };
}

export function toPixel(m: Matrix, at: Point): Point {
  const det = m.a * m.d - m.b * m.c;
  const [x, y] = [at.x - m.e, at.y - m.f];
  return { x: (m.d * x - m.c * y) / det, y: (m.a * y - m.b * x) / det };
}

/** CSS pixels for a millimetre; `undefined` where the picture does not say how large it is. */
export function perMillimetre(plane: Plane, view: View, pane: Size): number | undefined {
  if (!plane.spacing_mm) return undefined;
  return (fitOf(plane, view, pane) * view.zoom) / Math.min(...plane.spacing_mm);
}

/** Zooms so that what is under `at` stays there. */
export function zoomed(view: View, factor: number, at: Point, pane: Size): View {
  const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, view.zoom * factor));
  const real = zoom / view.zoom;
  const [x, y] = [at.x - pane.width / 2, at.y - pane.height / 2];
  return { ...view, zoom, shift: { x: x - (x - view.shift.x) * real, y: y - (y - view.shift.y) * real } };
}

export function shifted(view: View, dx: number, dy: number): View {
  return { ...view, shift: { x: view.shift.x + dx, y: view.shift.y + dy } };
}

/** A quarter turn clockwise as seen; the shift turns with the picture. */
export function turned(view: View): View {
  return { ...view, turns: ((view.turns + 1) % 4) as View['turns'], shift: { x: -view.shift.y, y: view.shift.x } };
}

/** Mirrors left and right as seen, whatever way the picture is turned. */
export function mirroredAcross(view: View): View {
  const turns = ((4 - view.turns) % 4) as View['turns'];
  return { ...view, mirrored: !view.mirrored, turns, shift: { x: -view.shift.x, y: view.shift.y } };
}

/** Mirrors top and bottom as seen. */
export function mirroredDown(view: View): View {
  const turns = ((6 - view.turns) % 4) as View['turns'];
  return { ...view, mirrored: !view.mirrored, turns, shift: { x: view.shift.x, y: -view.shift.y } };
}

/** Fits the picture again; turns and mirroring stay. */
export function fitted(view: View): View {
  const { area: _, ...whole } = view;
  return { ...whole, zoom: 1, shift: FIRST_VIEW.shift };
}

/** The letters at the screen's edges for a picture that is turned and mirrored. */
export function edgesOnScreen(edges: Edges, view: View): Edges {
  const right = view.mirrored ? edges.left : edges.right;
  const around = [right, edges.bottom, oppositeLetters(right), edges.top];
  const at = (place: number): string => around[(place - view.turns + 4) % 4] ?? '';
  return { right: at(0), bottom: at(1), left: at(2), top: at(3) };
}

/** A round length for a scale bar, in millimetres, not longer than `most_mm`. */
export function barLength_mm(most_mm: number): number {
  const power = 10 ** Math.floor(Math.log10(most_mm));
  const step = [5, 2, 1].find((one) => one * power <= most_mm) ?? 1;
  return step * power;
}
