/** The screen over a bed, painted on a canvas: what its row in the table says, with the same lines. */
import { polyline } from './line';
import { NOTHING, cellText, deviceText, devicesText, rowText } from './said';
import type { BedSaid, Cell } from './said';
import type { Priority } from './ward';
import type { Say } from './words';

export const SCREEN_px = [768, 512] as const;

/** The same shapes as in the table. */
export const SIGN: Readonly<Record<Priority, string>> = { high: '▲', medium: '◆', low: '●' };
const INK: Readonly<Record<Priority, string>> = { high: '#ff8a80', medium: '#ffd54f', low: '#80deea' };
export const PAINT = { ground: '#0b1214', strong: '#ffffff', soft: '#a3b4ba', line: '#4fb3bf', old: '#8c9aa0' } as const;
const [WIDTH, HEIGHT] = SCREEN_px;
const [MARGIN, CELL] = [20, { top: 76, width: 376, height: 102 }] as const;
const FOOT = { devices: 412, alarm: 494 } as const;
/** So many lines of devices have room. */
const DEVICES = 3;

export const font = (size_px: number, weight = 500): string => `${weight} ${size_px}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;

/** Writes on a canvas, and keeps what was written, in its order. */
export class Pen {
  readonly words: string[] = [];

  constructor(readonly paper: CanvasRenderingContext2D) {}

  write(text: string, x: number, y: number, width: number, size_px: number, ink: string, weight = 500): void {
    this.paper.font = font(size_px, weight);
    this.paper.fillStyle = ink;
    this.paper.fillText(text, x, y, width);
    this.words.push(text);
  }
}

/** Paints a bed's screen, and says what was painted. */
export function paintScreen(paper: CanvasRenderingContext2D, bed: BedSaid, say: Say): readonly string[] {
  const pen = new Pen(paper);
  const [[, name], [, who], news2, ...rest] = rowText(bed, say) as [[string, string], [string, string], readonly [string, string], ...(readonly [string, string])[]];
  paper.fillStyle = PAINT.ground;
  paper.fillRect(0, 0, WIDTH, HEIGHT);
  pen.write(name, MARGIN, 52, 200, 42, PAINT.strong, 700);
  pen.write(who, 236, 52, WIDTH - 236 - MARGIN, 42, bed.who.isKnown ? PAINT.strong : PAINT.soft, 600);
  paintCell(pen, 0, news2[0], news2[1], bed.news2.value === undefined ? PAINT.soft : PAINT.strong);
  for (const [n, one] of bed.vitals.entries()) {
    paintCell(pen, n + 1, say(one.word), cellText(one, say), inkOf(one));
    paintLine(paper, n + 1, one);
  }
  const [alarms, devices] = rest.slice(bed.vitals.length);
  if (devices) paintDevices(pen, bed, devices[0], say);
  if (alarms) paintAlarm(pen, bed, alarms);
  return pen.words;
}

function inkOf({ values }: Cell): string {
  if (values.every(({ text }) => text === undefined)) return PAINT.soft;
  return values.every(({ fresh }) => fresh) ? PAINT.strong : PAINT.old;
}

/** Two cells a row: what it is, below it the value. */
function placeOf(n: number): readonly [number, number] {
  return [(n % 2) * CELL.width + MARGIN, CELL.top + Math.floor(n / 2) * CELL.height];
}

function paintCell(pen: Pen, n: number, name: string, value: string, ink: string): void {
  const [x, y] = placeOf(n);
  pen.write(name, x, y + 28, 170, 26, PAINT.soft);
  pen.write(value, x, y + 80, CELL.width - MARGIN, 46, ink, 600);
}

/** The line stands beside the name, above the value. */
function paintLine(paper: CanvasRenderingContext2D, n: number, { line }: Cell): void {
  if (line.length < 2) return;
  const [x, y] = placeOf(n);
  paper.strokeStyle = PAINT.line;
  paper.lineWidth = 3;
  paper.beginPath();
  for (const [i, [across, down]] of polyline(line, 150, 30).entries()) {
    if (i === 0) paper.moveTo(x + 184 + across, y + 4 + down);
    else paper.lineTo(x + 184 + across, y + 4 + down);
  }
  paper.stroke();
}

/** How many are heard, and each by name; what has no room is counted. */
function paintDevices(pen: Pen, bed: BedSaid, name: string, say: Say): void {
  const { devices } = bed;
  const ink = devices.some(({ online }) => online) ? PAINT.strong : PAINT.soft;
  pen.write(name, MARGIN, FOOT.devices, 110, 24, PAINT.soft);
  pen.write(devicesText(bed, say), 140, FOOT.devices, 190, 26, ink);
  const fit = devices.length > DEVICES ? devices.slice(0, DEVICES - 1) : devices;
  const lines = fit.map((one) => deviceText(one));
  if (fit.length < devices.length) lines.push(say('moreRows', { n: devices.length - fit.length }));
  for (const [n, line] of lines.entries()) pen.write(line, 346, FOOT.devices + n * 28, WIDTH - 346 - MARGIN, 23, PAINT.soft);
}

function paintAlarm(pen: Pen, { alarm }: BedSaid, [name, word]: readonly [string, string]): void {
  pen.write(name, MARGIN, FOOT.alarm, 110, 24, PAINT.soft);
  if (!alarm) {
    pen.write(NOTHING, 140, FOOT.alarm, 100, 26, PAINT.soft);
    return;
  }
  const ink = INK[alarm.priority];
  const { paper } = pen;
  paper.strokeStyle = ink;
  paper.lineWidth = 12;
  paper.strokeRect(6, 6, WIDTH - 12, HEIGHT - 12);
  pen.write(SIGN[alarm.priority], 140, FOOT.alarm, 40, 40, ink, 700);
  pen.write(word, 184, FOOT.alarm, WIDTH - 184 - MARGIN, 40, ink, 700);
}
