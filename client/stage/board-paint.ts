import type { OnBoard } from './room-view';

/** A board is so wide and so high, in pixels of its picture and in metres of the room at scale 1. */
export const BOARD = { width: 1280, height: 720, width_m: 1.6, height_m: 0.9 } as const;
const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const LINE = 44;

export interface Painted {
  readonly colour: string;
  readonly entity: OnBoard;
}

/** Where the next words go: below those that stand there, in a new column where the board is full. */
export function nextLine(written: number): readonly [number, number] {
  const perColumn = Math.floor((BOARD.height - 140) / LINE);
  const column = Math.floor(written / perColumn) % 3;
  return [0.04 + column * 0.32, (110 + (written % perColumn) * LINE) / BOARD.height];
}

/** Paints a board: its title, lines and words, each in the colour of who put it there. */
export function paintBoard(context: CanvasRenderingContext2D, title: string, marks: readonly Painted[]): void {
  const { width, height } = BOARD;
  context.fillStyle = '#10181c';
  context.fillRect(0, 0, width, height);
  context.strokeStyle = '#5d7680';
  context.lineWidth = 6;
  context.strokeRect(3, 3, width - 6, height - 6);
  context.textBaseline = 'top';
  context.fillStyle = '#eef6f8';
  context.font = `700 44px ${FONT}`;
  context.fillText(title, 40, 34, width - 80);
  context.lineWidth = 5;
  context.lineCap = context.lineJoin = 'round';
  for (const { colour, entity } of marks) {
    context.strokeStyle = context.fillStyle = colour;
    if (entity.type === 'board-note') {
      context.font = `500 34px ${FONT}`;
      context.fillText(entity.text, entity.at[0] * width, entity.at[1] * height, width * (1 - entity.at[0]) - 20);
      continue;
    }
    context.beginPath();
    entity.points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x * width, y * height) : context.lineTo(x * width, y * height)));
    context.stroke();
  }
}
