import { CanvasTexture, SRGBColorSpace } from 'three';
import type { Picture } from './design';

const ORDER = ['wave', 'plan', 'bars', 'slice', 'board'] as const satisfies readonly Picture[];
const [WIDTH, HEIGHT] = [512, 288];
const COLUMNS = 2;
const ROWS = Math.ceil(ORDER.length / COLUMNS);

/** Where a picture lies on the sheet: left, lower, right, upper, from 0 to 1. */
export function pictureUv(picture: Picture): readonly [number, number, number, number] {
  const at = ORDER.indexOf(picture);
  const [column, row] = [at % COLUMNS, Math.floor(at / COLUMNS)];
  return [column / COLUMNS, 1 - (row + 1) / ROWS, (column + 1) / COLUMNS, 1 - row / ROWS];
}

/** All pictures of screens on one sheet: shapes as screens have them, without a word or a number that could be read. */
export function pictureSheet(): CanvasTexture {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH * COLUMNS, HEIGHT * ROWS];
  const paper = canvas.getContext('2d');
  for (const [i, picture] of ORDER.entries()) {
    if (!paper) break;
    paper.save();
    paper.translate((i % COLUMNS) * WIDTH, Math.floor(i / COLUMNS) * HEIGHT);
    paper.beginPath();
    paper.rect(0, 0, WIDTH, HEIGHT);
    paper.clip();
    paper.fillStyle = '#071117';
    paper.fillRect(0, 0, WIDTH, HEIGHT);
    PAINT[picture](paper);
    paper.restore();
  }
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  return texture;
}

type Paper = CanvasRenderingContext2D;

const PAINT: Readonly<Record<Picture, (paper: Paper) => void>> = {
  wave(paper) {
    for (const [row, colour] of ['#52c987', '#58c4c8', '#c9b458'].entries()) {
      paper.strokeStyle = colour;
      paper.lineWidth = 3;
      paper.beginPath();
      for (let x = 20; x < WIDTH - 20; x += 2) {
        const phase = (x % 92) / 92;
        const beat = row === 0 ? Math.exp(-(((phase - 0.3) / 0.02) ** 2)) * 44 - Math.exp(-(((phase - 0.36) / 0.02) ** 2)) * 14 : 0;
        const y = 60 + row * 84 - beat - (row === 0 ? 0 : Math.sin(phase * 2 * Math.PI) * (row === 1 ? 20 : 11));
        if (x === 20) paper.moveTo(x, y);
        else paper.lineTo(x, y);
      }
      paper.stroke();
    }
  },
  plan(paper) {
    paper.strokeStyle = '#2f7f8a';
    paper.fillStyle = '#0f2b33';
    paper.lineWidth = 3;
    for (const [x, y, w, h] of [[40, 40, 120, 80], [170, 40, 90, 80], [270, 40, 200, 80], [40, 170, 170, 80], [220, 170, 110, 80], [340, 170, 130, 80]] as const) {
      paper.fillRect(x, y, w, h);
      paper.strokeRect(x, y, w, h);
    }
    paper.fillStyle = '#58c4c8';
    for (const [x, y] of [[80, 80], [215, 70], [330, 90], [420, 70], [120, 210], [270, 200], [410, 215]] as const) {
      paper.beginPath();
      paper.arc(x, y, 7, 0, 2 * Math.PI);
      paper.fill();
    }
  },
  bars(paper) {
    for (let i = 0; i < 14; i++) {
      const tall = 60 + 70 * (1 + Math.sin(i * 1.3)) * (0.6 + 0.4 * Math.sin(i * 0.4));
      paper.fillStyle = i % 5 === 3 ? '#c9b458' : '#2f8f9a';
      paper.fillRect(34 + i * 32, HEIGHT - 30 - tall, 20, tall);
    }
    paper.fillStyle = '#274048';
    paper.fillRect(24, HEIGHT - 28, WIDTH - 48, 3);
  },
  slice(paper) {
    // An outline as a cut through a chest has it.
    const body = (x: number, y: number, rx: number, ry: number, colour: string): void => {
      paper.fillStyle = colour;
      paper.beginPath();
      paper.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
      paper.fill();
    };
    body(256, 144, 180, 118, '#8d9499');
    body(256, 144, 166, 106, '#4e565b');
    body(176, 144, 66, 82, '#101519');
    body(336, 144, 66, 82, '#101519');
    body(272, 130, 46, 44, '#8a8f92');
    body(256, 222, 22, 18, '#d5d9db');
  },
  board(paper) {
    paper.fillStyle = '#10222c';
    paper.fillRect(0, 0, WIDTH, HEIGHT);
    paper.strokeStyle = '#9fd3e0';
    paper.lineWidth = 4;
    // Two lungs as one draws them for learners.
    paper.stroke(new Path2D('M256 40 V120 M256 120 L214 150 M256 120 L298 150'));
    paper.stroke(new Path2D('M236 92 C196 84 142 150 138 226 C138 252 176 256 208 244 C236 234 242 220 240 180 Z'));
    paper.stroke(new Path2D('M276 92 C316 84 370 150 374 226 C374 252 336 256 304 244 C284 236 278 214 272 190 Z'));
    paper.fillStyle = '#3c6a78';
    for (const [i, wide] of [120, 92, 108, 70].entries()) paper.fillRect(24, 70 + i * 36, wide * 0.75, 7);
    for (const [i, wide] of [86, 112, 60, 98].entries()) paper.fillRect(400, 70 + i * 36, wide * 0.8, 7);
  },
};
