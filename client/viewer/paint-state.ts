/** Draws what a presentation state lays over a picture: shutters, lines and texts. */
import type { Graphic, GraphicText, PresentationState, Shutter, Units } from '../../contract/imaging';
import { MARK } from './paint';
import type { Plane, Point } from './plane';
import { areaOfState, drawnOn } from './presentation';
import type { PictureRef } from './presentation';
import { toScreen } from './view';
import type { Matrix, Size } from './view';

type Pair = readonly [number, number];
const pointOf = ([x, y]: Pair): Point => ({ x, y });
const TEXT_px = 13;
const LINE_px = 16;
/** Steps from one point of a curve to the next. */
const CURVE_STEPS = 12;
const ROUND_STEPS = 64;

/** The corners of what a state shows of a picture, on the screen. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function boxOf(plane: Plane, state: PresentationState, picture: PictureRef, matrix: Matrix): Box {
  const area = areaOfState(state, picture);
  const [left, top] = area?.top_left ?? [0, 0];
  const [right, bottom] = area?.bottom_right ?? [plane.columns - 1, plane.rows - 1];
  // The corners are centres of pixels; half a pixel more is shown all around.
  const corners = [{ x: left - 0.5, y: top - 0.5 }, { x: right + 0.5, y: bottom + 0.5 }].map((corner) => toScreen(matrix, corner));
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { left: x, top: y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** Takes a point of a state to the screen, whatever it counts from. */
type ToScreen = (units: Units, at: Pair) => Point;

export function paintState(context: CanvasRenderingContext2D, plane: Plane, state: PresentationState, picture: PictureRef, matrix: Matrix, pane: Size): void {
  const box = boxOf(plane, state, picture, matrix);
  const place: ToScreen = (units, [x, y]) =>
    units === 'pixel' ? toScreen(matrix, { x, y }) : { x: box.left + x * box.width, y: box.top + y * box.height };
  context.save();
  context.lineJoin = 'round';
  for (const { annotation, layer } of drawnOn(state, picture)) {
    const colour = layer?.colour ?? MARK;
    for (const graphic of annotation.graphics) paintGraphic(context, graphic, graphic.colour ?? colour, place);
    for (const text of annotation.texts) paintText(context, text, text.colour ?? colour, place, pane);
  }
  context.restore();
}

/** Covers what lies outside of any shutter. */
export function paintShutters(context: CanvasRenderingContext2D, state: PresentationState, matrix: Matrix, pane: Size): void {
  const grey = Math.round(state.shutter_shade * 255);
  for (const shutter of state.shutters) {
    const outline = outlineOfShutter(shutter).map((point) => toScreen(matrix, point));
    context.beginPath();
    context.rect(0, 0, pane.width, pane.height);
    trace(context, outline, true);
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fill('evenodd');
  }
}

function outlineOfShutter(shutter: Shutter): readonly Point[] {
  if (shutter.kind === 'polygon') return shutter.points.map(pointOf);
  if (shutter.kind === 'circle') return around(pointOf(shutter.centre), { x: shutter.radius, y: 0 }, { x: 0, y: shutter.radius });
  const { left, top, right, bottom } = shutter;
  return [{ x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }];
}

/** Points of an ellipse by its middle and both half axes. */
function around(middle: Point, a: Point, b: Point): Point[] {
  return Array.from({ length: ROUND_STEPS }, (_, at) => {
    const angle = (at / ROUND_STEPS) * Math.PI * 2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return { x: middle.x + a.x * cos + b.x * sin, y: middle.y + a.y * cos + b.y * sin };
  });
}

/** The line of a graphic, in the coordinates that it counts in, and whether it closes. */
export function outlineOf({ kind, points, filled }: Pick<Graphic, 'kind' | 'points' | 'filled'>): { readonly line: readonly Point[]; readonly closed: boolean } {
  const given = points.map(pointOf);
  const [a, b, c, d] = given;
  if (kind === 'circle' && a && b) {
    const radius = Math.hypot(b.x - a.x, b.y - a.y);
    return { line: around(a, { x: radius, y: 0 }, { x: 0, y: radius }), closed: true };
  }
  if (kind === 'ellipse' && a && b && c && d) {
    const half = (from: Point, to: Point): Point => ({ x: (to.x - from.x) / 2, y: (to.y - from.y) / 2 });
    return { line: around({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, half(a, b), half(c, d)), closed: true };
  }
  const [last] = given.slice(-1);
  const ring = filled || (given.length > 2 && a?.x === last?.x && a?.y === last?.y);
  return { line: kind === 'interpolated' ? smooth(given) : given, closed: ring };
}

/** A curve through all points (Catmull and Rom). */
function smooth(points: readonly Point[]): readonly Point[] {
  return points.flatMap((from, at) => {
    const to = points[at + 1];
    if (!to) return [from];
    const [before, after] = [points[at - 1] ?? from, points[at + 2] ?? to];
    return Array.from({ length: CURVE_STEPS }, (_, step) => {
      const t = step / CURVE_STEPS;
      const along = (p: number, q: number, r: number, s: number): number =>
        0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t ** 3);
      return { x: along(before.x, from.x, to.x, after.x), y: along(before.y, from.y, to.y, after.y) };
    });
  });
}

function trace(context: CanvasRenderingContext2D, line: readonly Point[], closed: boolean): void {
  line.forEach(({ x, y }, at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  if (closed) context.closePath();
}

function paintGraphic(context: CanvasRenderingContext2D, graphic: Graphic, colour: string, place: ToScreen): void {
  const { line, closed } = outlineOf(graphic);
  const onScreen = line.map(({ x, y }) => place(graphic.units, [x, y]));
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = Math.min(12, Math.max(1, graphic.thickness ?? 1.5));
  context.setLineDash(graphic.dashed ? [6, 4] : []);
  context.beginPath();
  if (graphic.kind === 'point') {
    for (const { x, y } of onScreen) context.rect(x - 2, y - 2, 4, 4);
    context.fill();
    return;
  }
  trace(context, onScreen, closed);
  // A dark edge tells a line from what is as bright as it.
  const { lineWidth } = context;
  context.strokeStyle = 'rgb(0 0 0 / 60%)';
  context.lineWidth = lineWidth + 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = lineWidth;
  if (graphic.filled) {
    // What is under it stays to be seen.
    context.globalAlpha = 0.35;
    context.fill();
    context.globalAlpha = 1;
  }
  context.stroke();
}

function paintText(context: CanvasRenderingContext2D, text: GraphicText, colour: string, place: ToScreen, pane: Size): void {
  const lines = text.text.split('\n');
  const anchor = text.anchor && place(text.anchor.units, text.anchor.at);
  const corners = text.box && [place(text.box.units, text.box.top_left), place(text.box.units, text.box.bottom_right)];
  const [from, to] = corners ?? [];
  const start = from && to ? { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y) } : anchor && { x: anchor.x + 8, y: anchor.y };
  if (!start) return;
  context.setLineDash([]);
  context.font = `600 ${TEXT_px}px system-ui, sans-serif`;
  // What was written before on this canvas may have stood otherwise.
  context.textAlign = 'left';
  context.textBaseline = 'top';
  const widest = Math.max(...lines.map((line) => context.measureText(line).width));
  const room = from && to ? Math.abs(to.x - from.x) : 0;
  const lead = text.box?.align === 'right' ? room - widest : text.box?.align === 'center' ? (room - widest) / 2 : 0;
  // Words that would leave the pane are moved in: read from the edge they would say something else.
  const x = Math.max(2, Math.min(pane.width - widest - 2, start.x + lead));
  const y = Math.max(2, Math.min(pane.height - lines.length * LINE_px - 2, start.y));
  if (anchor && text.anchor?.line && from) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(Math.max(x, Math.min(x + widest, anchor.x)), Math.max(y, Math.min(y + lines.length * LINE_px, anchor.y)));
    context.lineTo(anchor.x, anchor.y);
    context.stroke();
  }
  context.lineWidth = 3;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.fillStyle = colour;
  lines.forEach((line, at) => {
    context.strokeText(line, x, y + at * LINE_px);
    context.fillText(line, x, y + at * LINE_px);
  });
}
