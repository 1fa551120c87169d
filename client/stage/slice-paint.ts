import type { SliceLayout } from './slice-geometry';
import { rulerLength } from './outline';

const FONT = "600 12px system-ui, 'PingFang SC', 'Noto Sans CJK SC', sans-serif";

/** What is cut away, in red, green and blue, and how much of the picture it covers. */
export const [DARK, DARKNESS] = [[5, 7, 10], 0.66] as const;

export interface Point2 {
  readonly x: number;
  readonly y: number;
}

/** Where a slice's picture lies on a canvas. */
export interface Fit extends Point2 {
  readonly width: number;
  readonly height: number;
}

/** Words with a dark edge, legible on any grey. */
export function words(context: CanvasRenderingContext2D, text: string, x: number, y: number, align: CanvasTextAlign = 'center', colour = '#e8f2f4'): void {
  context.font = FONT;
  context.textAlign = align;
  context.textBaseline = 'middle';
  context.lineWidth = 3;
  context.lineJoin = 'round';
  context.strokeStyle = 'rgba(4, 8, 11, 0.85)';
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** The highest of some points. */
export function topOf(points: readonly Point2[]): Point2 | undefined {
  return points.reduce<Point2 | undefined>((high, p) => (high && high.y <= p.y ? high : p), undefined);
}

export function letters(context: CanvasRenderingContext2D, layout: SliceLayout, width: number, height: number): void {
  const { left, right, top, bottom } = layout.letters;
  words(context, left, 11, height / 2);
  words(context, right, width - 11, height / 2);
  words(context, top, width / 2, 12);
  words(context, bottom, width / 2, height - 12);
}

export function crosshair(context: CanvasRenderingContext2D, at: Point2, width: number, height: number): void {
  context.lineWidth = 1;
  context.strokeStyle = 'rgba(127, 227, 220, 0.75)';
  const gap = 9;
  context.beginPath();
  for (const [x0, y0, x1, y1] of [[0, at.y, at.x - gap, at.y], [at.x + gap, at.y, width, at.y], [at.x, 0, at.x, at.y - gap], [at.x, at.y + gap, at.x, height]] as const) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

export function ruler(context: CanvasRenderingContext2D, pixelsPerMm: number, width: number, height: number): void {
  const length = rulerLength((width * 0.34) / pixelsPerMm);
  const [x, y, w] = [10, height - 12, length * pixelsPerMm];
  context.lineWidth = 1.5;
  context.strokeStyle = '#cfe0e4';
  context.beginPath();
  context.moveTo(x, y - 5);
  context.lineTo(x, y);
  context.lineTo(x + w, y);
  context.lineTo(x + w, y - 5);
  context.stroke();
  // On a phone's small slice the line alone must do; there is no room for words.
  if (width >= 170) words(context, length >= 10 ? `${length / 10} cm` : `${length} mm`, x + w + 5, y - 3, 'left');
}

/** Each through its points, with a dark edge. */
export function strokes(context: CanvasRenderingContext2D, lines: readonly (readonly Point2[])[], colour: string, dash: readonly number[] = []): void {
  for (const [stroke, width] of [['rgba(4, 8, 11, 0.7)', 3.5], [colour, 1.6]] as const) {
    context.setLineDash([...dash]);
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.beginPath();
    for (const line of lines) trace(context, line);
    context.stroke();
  }
  context.setLineDash([]);
}

function trace(context: CanvasRenderingContext2D, line: readonly Point2[]): void {
  for (const [i, { x, y }] of line.entries()) {
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
}

/** Darkens what is cut away of a picture: all but what is left. */
export function shade(context: CanvasRenderingContext2D, whole: readonly Point2[], left: readonly Point2[]): void {
  context.beginPath();
  for (const ring of [whole, left]) {
    trace(context, ring);
    context.closePath();
  }
  context.fillStyle = `rgba(${DARK.join(', ')}, ${DARKNESS})`;
  context.fill('evenodd');
}

export function dot(context: CanvasRenderingContext2D, at: Point2, colour: string): void {
  context.beginPath();
  context.arc(at.x, at.y, 4, 0, Math.PI * 2);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = 'rgba(4, 8, 11, 0.85)';
  context.stroke();
}
