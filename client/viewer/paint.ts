/** What is drawn over a picture: marks with their values, letters, the scale bar, the crosshair. */
import { dot, strokes, words } from '../stage/slice-paint';
import type { Mark } from './measure';
import type { Edges, Plane, Point } from './plane';
import { perMillimetre, toScreen } from './view';
import type { Matrix, Size, View } from './view';
import { barLength_mm } from './view';

/** Amber: it is told from grey on any picture. */
export const MARK = '#ffd166';
const SELECTED = '#7fe3dc';
const EDGE_px = 14;

/** Room for the slider at the bottom. */
const SLIDER_px = 24;

/** A mark's points on the screen, and the lines between them. */
export function linesOf(mark: Pick<Mark, 'kind' | 'points'>, matrix: Matrix): { readonly points: readonly Point[]; readonly lines: readonly (readonly [Point, Point])[] } {
  const points = mark.points.map((point) => toScreen(matrix, point));
  const chain = points.slice(1).map((point, at) => [points[at] ?? point, point] as const);
  const [a, b] = mark.points;
  if (!a || !b || (mark.kind !== 'rectangle' && mark.kind !== 'ellipse')) return { points, lines: chain };
  const outline = mark.kind === 'rectangle' ? [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }] : ellipse(a, b);
  const around = outline.map((point) => toScreen(matrix, point));
  return { points, lines: around.map((point, at) => [point, around[(at + 1) % around.length] ?? point] as const) };
}

function ellipse(a: Point, b: Point): Point[] {
  const [cx, cy, rx, ry] = [(a.x + b.x) / 2, (a.y + b.y) / 2, (b.x - a.x) / 2, (b.y - a.y) / 2];
  return Array.from({ length: 48 }, (_, at) => {
    const angle = (at / 48) * Math.PI * 2;
    return { x: cx + rx * Math.cos(angle), y: cy + ry * Math.sin(angle) };
  });
}

/** About how wide words are, in CSS pixels: Chinese ones twice as wide as others. */
const widthOf = (line: string): number => Array.from(line).reduce((sum, letter) => sum + (/\p{Script=Han}/u.test(letter) ? 13 : 7.2), 0);

/** Where words begin: on the right of a point, on its left where they would leave the pane, within it in any case. */
export function besides(x: number, width: number, pane_px: number): number {
  if (x + 12 + width <= pane_px) return x + 12;
  const left = x - 12 - width;
  return left >= 0 ? left : Math.max(2, pane_px - width - 2);
}

/** A mark with its words beside it. */
export function paintMark(context: CanvasRenderingContext2D, mark: Pick<Mark, 'kind' | 'points'>, text: readonly string[], matrix: Matrix, pane: Size, chosen: boolean): void {
  const { points, lines } = linesOf(mark, matrix);
  const colour = chosen ? SELECTED : MARK;
  strokes(context, lines, colour);
  for (const point of points) {
    if (chosen || mark.kind === 'probe' || mark.kind === 'text') dot(context, point, colour);
    else cross(context, point, colour);
  }
  const last = points.reduce<Point | undefined>((right, point) => (right && right.x >= point.x ? right : point), undefined);
  if (!last) return;
  const widest = Math.max(0, ...text.map(widthOf));
  const x = besides(last.x, widest, pane.width);
  text.forEach((line, at) => {
    const y = Math.min(pane.height - EDGE_px, Math.max(EDGE_px, last.y + (at - (text.length - 1) / 2) * 16));
    words(context, line, x, y, 'left', colour);
  });
}

function cross(context: CanvasRenderingContext2D, { x, y }: Point, colour: string): void {
  strokes(context, [[{ x: x - 5, y }, { x: x + 5, y }], [{ x, y: y - 5 }, { x, y: y + 5 }]], colour);
}

export function paintEdges(context: CanvasRenderingContext2D, edges: Edges, { width, height }: Size): void {
  words(context, edges.left, EDGE_px, height / 2);
  words(context, edges.right, width - EDGE_px, height / 2);
  words(context, edges.top, width / 2, EDGE_px);
  words(context, edges.bottom, width / 2, height - EDGE_px - SLIDER_px);
}

/** A bar of a round length along the right edge. */
export function paintBar(context: CanvasRenderingContext2D, plane: Plane, view: View, pane: Size): void {
  const scale = perMillimetre(plane, view, pane);
  if (scale === undefined || pane.width < 120) return;
  // In a low pane the words in the corners leave a third of the height.
  const length = barLength_mm((pane.height * (pane.height < 260 ? 0.3 : 0.35)) / scale);
  // Inward of the letter at the edge.
  const [x, size] = [pane.width - 2.5 * EDGE_px, length * scale];
  const top = (pane.height - size) / 2;
  const tick = (y: number): readonly [Point, Point] => [{ x: x - 5, y }, { x, y }];
  const ticks = Array.from({ length: 11 }, (_, at) => tick(top + (size * at) / 10)).filter((_, at) => size > 60 || at % 10 === 0);
  strokes(context, [[{ x, y: top }, { x, y: top + size }], ...ticks], '#cfe0e4');
  words(context, length >= 10 ? `${length / 10} cm` : `${length} mm`, x - 10, top + size / 2, 'right', '#cfe0e4');
}

/** Lines through a point with a gap about it. */
export function paintCross(context: CanvasRenderingContext2D, at: Point, { width, height }: Size): void {
  const gap = 12;
  context.strokeStyle = 'rgba(127, 227, 220, 0.75)';
  context.lineWidth = 1;
  context.beginPath();
  for (const [x0, y0, x1, y1] of [[0, at.y, at.x - gap, at.y], [at.x + gap, at.y, width, at.y], [at.x, 0, at.x, at.y - gap], [at.x, at.y + gap, at.x, height]] as const) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}
