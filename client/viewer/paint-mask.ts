/** Draws outlined things over a picture, and the brush that changes them. */
import { chained } from './chained';
import { outlineOf, cut } from './mask';
import type { Section, VoxelMask } from './mask';
import type { Plane, Point } from './plane';
import { toScreen } from './view';
import type { Matrix } from './view';

/** A mask to be shown, in its colour; what is in hand is drawn stronger than what was kept. */
export interface ShownMask {
  readonly mask: VoxelMask;
  readonly colour: string;
  readonly inHand: boolean;
  /** Lengths of strokes and gaps, in pixels of the screen; an unbroken line where there is none. */
  readonly dash?: readonly number[];
}

interface Cut {
  readonly plane: Plane;
  readonly section: Section | undefined;
  readonly lines: readonly (readonly number[])[];
}

/** Sections that were cut last, so that a picture that is only moved is not cut again. */
const sections = new WeakMap<VoxelMask, Map<Plane, Cut>>();
const MOST_PLANES = 8;

function cutOf(mask: VoxelMask, plane: Plane): Cut {
  const known = sections.get(mask) ?? new Map<Plane, Cut>();
  sections.set(mask, known);
  const found = known.get(plane);
  if (found) return found;
  const section = cut(mask, plane);
  const made = { plane, section, lines: section ? chained(outlineOf(section)) : [] };
  const [oldest] = known.keys();
  if (known.size >= MOST_PLANES && oldest) known.delete(oldest);
  known.set(plane, made);
  return made;
}

export function paintMask(context: CanvasRenderingContext2D, { mask, colour, inHand, dash }: ShownMask, plane: Plane, matrix: Matrix): void {
  const { lines } = cutOf(mask, plane);
  if (lines.length === 0) return;
  const path = new Path2D();
  for (const line of lines) {
    for (let at = 0; at + 1 < line.length; at += 2) {
      const { x, y } = toScreen(matrix, { x: line[at] ?? 0, y: line[at + 1] ?? 0 });
      if (at === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
  }
  context.save();
  context.lineCap = dash ? 'butt' : 'round';
  context.lineJoin = 'round';
  context.setLineDash(dash ? [...dash] : []);
  // A dark edge tells the line from what is as bright as it.
  context.strokeStyle = 'rgb(0 0 0 / 55%)';
  context.lineWidth = inHand ? 3.5 : 2.5;
  context.stroke(path);
  context.strokeStyle = colour;
  context.lineWidth = inHand ? 1.8 : 1.2;
  context.stroke(path);
  context.restore();
}

/** The edge of the brush about the pointer: dashed where it erases. */
export function paintBrush(context: CanvasRenderingContext2D, at: Point, radius_mm: number, plane: Plane, matrix: Matrix, erases: boolean): void {
  const [sx, sy] = plane.spacing_mm ?? [1, 1];
  const [middle, right, down] = [
    toScreen(matrix, at),
    toScreen(matrix, { x: at.x + radius_mm / sx, y: at.y }),
    toScreen(matrix, { x: at.x, y: at.y + radius_mm / sy }),
  ];
  const [rx, ry] = [Math.hypot(right.x - middle.x, right.y - middle.y), Math.hypot(down.x - middle.x, down.y - middle.y)];
  context.save();
  context.setLineDash(erases ? [4, 3] : []);
  for (const [colour, width] of [['rgb(0 0 0 / 60%)', 3], [erases ? '#ff9b8a' : '#7fe3dc', 1.5]] as const) {
    context.beginPath();
    context.ellipse(middle.x, middle.y, Math.max(2, rx), Math.max(2, ry), 0, 0, Math.PI * 2);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
  context.restore();
}
