/** Boards at the door: how the rooms are, and who is on duty, in the words of the tables below the ward. */
import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from 'three';
import type { Vec3 } from '../../../../client/core/frames';
import { PAINT, Pen } from './screen';
import { roomText, staffText } from './said';
import type { WardSaid } from './said';

const BOARD_px = [1024, 640] as const;
const WIDTH_m = 1.6;
const [MARGIN, TITLE, TOP] = [32, 52, 132] as const;
const SIZES_px = [46, 38, 30, 24] as const;
const FACE = new PlaneGeometry(WIDTH_m, (WIDTH_m * BOARD_px[1]) / BOARD_px[0]);

export interface BoardSaid {
  readonly title: string;
  readonly lines: readonly string[];
}

export const BOARDS = ['rooms', 'staff'] as const;
export type BoardName = (typeof BOARDS)[number];

export function boardSaid(board: BoardName, { rooms, staff, say }: WardSaid): BoardSaid {
  if (board === 'rooms') return { title: say('environment'), lines: rooms.length === 0 ? [say('noValue')] : rooms.map((room) => roomText(room, say)) };
  return { title: say('staff'), lines: staff.length === 0 ? [say('noStaff')] : staff.map(staffText) };
}

/** Paints a board, each line broken where it is too long, smaller the more there is; and says what was painted. */
export function paintBoard(paper: CanvasRenderingContext2D, { title, lines }: BoardSaid, more: (n: number) => string): readonly string[] {
  const pen = new Pen(paper);
  const [width, height] = BOARD_px;
  paper.fillStyle = PAINT.ground;
  paper.fillRect(0, 0, width, height);
  pen.write(title, MARGIN, 76, width - 2 * MARGIN, TITLE, PAINT.strong, 700);
  for (const size of SIZES_px) {
    const rows = lines.map((line) => broken(paper, line, width - 2 * MARGIN, size));
    const room = Math.floor((height - TOP) / (size * 1.4));
    const fits = rows.flat().length <= room;
    if (!fits && size !== SIZES_px.at(-1)) continue;
    let row = 0;
    for (const [n, parts] of rows.entries()) {
      // What has no room is counted, never just missing.
      if (!fits && row + parts.length > room - 1) {
        pen.write(more(rows.length - n), MARGIN, TOP + row * size * 1.4, width - 2 * MARGIN, size, PAINT.soft);
        break;
      }
      for (const part of parts) pen.write(part, MARGIN, TOP + row++ * size * 1.4, width - 2 * MARGIN, size, PAINT.strong);
    }
    break;
  }
  return pen.words;
}

/** Breaks a line between its parts where it is wider than the board. */
function broken(paper: CanvasRenderingContext2D, line: string, width: number, size_px: number): readonly string[] {
  const SEPARATOR = ' · ';
  paper.font = `500 ${size_px}px system-ui, sans-serif`;
  const rows: string[] = [];
  for (const part of line.split(SEPARATOR)) {
    const last = rows.at(-1);
    const longer = last === undefined ? part : last + SEPARATOR + part;
    if (last !== undefined && paper.measureText(longer).width <= width) rows[rows.length - 1] = longer;
    else rows.push(part);
  }
  return rows;
}

/** A board on the wall; on a screen it turns towards who looks, as the screens of the beds do. */
export class WallBoard {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly #canvas = document.createElement('canvas');
  readonly #texture: CanvasTexture;
  readonly #name: BoardName;
  #key = '';
  #words: readonly string[] = [];

  constructor(name: BoardName) {
    this.#name = name;
    [this.#canvas.width, this.#canvas.height] = BOARD_px;
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.mesh = new Mesh(FACE, new MeshBasicMaterial({ map: this.#texture }));
    this.mesh.name = `board ${name}`;
  }

  /** What stands on it. */
  get words(): readonly string[] {
    return this.#words;
  }

  place(at: Vec3): void {
    this.mesh.position.set(...at);
    this.mesh.rotation.set(0, Math.PI / 2, 0);
  }

  show(ward: WardSaid, dim: number): void {
    this.mesh.material.color.setScalar(dim);
    const said = boardSaid(this.#name, ward);
    const key = JSON.stringify(said);
    const paper = this.#canvas.getContext('2d');
    if (key === this.#key || !paper) return;
    this.#key = key;
    this.#words = paintBoard(paper, said, (n) => ward.say('moreRows', { n }));
    this.#texture.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.#texture.dispose();
    this.mesh.material.dispose();
  }
}
