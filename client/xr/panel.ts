import { CanvasTexture, LinearFilter, Mesh, MeshBasicMaterial, PlaneGeometry, Raycaster, SRGBColorSpace, type Vector3 } from 'three';

export interface PanelButton {
  readonly id: string;
  readonly label: string;
  /** Whether what it stands for is chosen; left out where nothing is chosen by it. */
  readonly pressed?: boolean;
  /** A step that goes on as long as one looks at it. */
  readonly repeats?: boolean;
}

/** What the panel in the room says; lines and labels come translated. */
export interface PanelContent {
  readonly title: string;
  /** What nobody may overlook, as that the room is recorded. */
  readonly sign?: string;
  readonly lines: readonly string[];
  readonly picture?: HTMLImageElement;
  /** Where the panel has pages, the ways to them. */
  readonly tabs?: readonly PanelButton[];
  readonly buttons: readonly PanelButton[];
  /** Buttons of every page. */
  readonly always?: readonly PanelButton[];
  /** Small, at the foot of every page. */
  readonly foot?: string;
}

interface Box extends PanelButton {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly is: 'tab' | 'button' | 'always';
}

const WIDTH = 1024;
const HEIGHT = 1160;
const METRES = 0.62;
const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const MARGIN = 56;
const TITLE_Y = 96;
const SIGN = { y: 120, height: 60 };
const TAB = { height: 76, gap: 10 };
const BUTTON = { height: 84, gap: 18 };
const FOOT = 30;
const LINE = 46;
/** From one row of a title or a button to the next, in sizes of its letters. */
const ROW = 1.15;
/** Around the words of a button. */
const AIR = { x: 8, y: 6 };

/** A panel in space with words in any script and buttons for rays. */
export class Panel {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  onPress: (id: string) => void = () => undefined;
  readonly #canvas = document.createElement('canvas');
  readonly #texture: CanvasTexture;
  #content: PanelContent = { title: '', lines: [], buttons: [] };
  #hovered: string | undefined;

  constructor() {
    [this.#canvas.width, this.#canvas.height] = [WIDTH, HEIGHT];
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.#texture.minFilter = LinearFilter;
    this.#texture.generateMipmaps = false;
    const material = new MeshBasicMaterial({ map: this.#texture, transparent: true });
    this.mesh = new Mesh(new PlaneGeometry(METRES, (METRES * HEIGHT) / WIDTH), material);
    this.mesh.renderOrder = 20;
    this.mesh.name = 'panel';
  }

  get content(): PanelContent {
    return this.#content;
  }

  set content(content: PanelContent) {
    const was = this.#content;
    this.#content = content;
    // A room that changes elsewhere says the same here.
    if (content.picture === was.picture && JSON.stringify(content) === JSON.stringify(was)) return;
    this.#paint();
  }

  /** The button under a ray and how far away the panel is; undefined if the ray misses the panel. */
  hit(origin: Vector3, direction: Vector3): { readonly distance: number; readonly button: string | undefined; readonly repeats: boolean; readonly point: Vector3 } | undefined {
    const [found] = new Raycaster(origin, direction).intersectObject(this.mesh, false);
    if (!found?.uv) return undefined;
    const [x, y] = [found.uv.x * WIDTH, (1 - found.uv.y) * HEIGHT];
    const button = boxesOf(this.#content).find((b) => x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height);
    return { distance: found.distance, button: button?.id, repeats: button?.repeats ?? false, point: found.point };
  }

  hover(button: string | undefined): void {
    if (button === this.#hovered) return;
    this.#hovered = button;
    this.#paint();
  }

  press(button: string): void {
    this.onPress(button);
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.#texture.dispose();
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const { title, sign, foot, lines, picture } = this.#content;
    const boxes = boxesOf(this.#content);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    fill(context, { x: 0, y: 0, width: WIDTH, height: HEIGHT }, 36, 'rgba(246, 249, 250, 0.97)');
    context.textBaseline = 'alphabetic';
    context.fillStyle = '#10222b';
    const heading = fitted(context, title, 700, 52, { room: WIDTH - 2 * MARGIN, most: 2, height: 92 });
    const step = sizeOf(context) * ROW;
    heading.forEach((row, at) => context.fillText(row, MARGIN, TITLE_Y - (heading.length - 1 - at) * step));
    if (sign !== undefined) {
      const band = { x: MARGIN, width: WIDTH - 2 * MARGIN, ...SIGN };
      fill(context, band, 16, '#b3261e');
      centred(context, `● ${sign}`, band, 32, 1);
    }
    if (foot !== undefined) {
      context.fillStyle = '#4a5f69';
      context.font = `500 22px ${FONT}`;
      context.fillText(foot, MARGIN, HEIGHT - FOOT + 4, WIDTH - 2 * MARGIN);
    }
    const top = topOf(this.#content);
    const lowest = Math.min(...boxes.filter(({ is }) => is !== 'tab').map(({ y }) => y), HEIGHT - MARGIN) - 24;
    const below = words(context, lines, top, lowest);
    if (picture) show(context, picture, { x: MARGIN, y: below, width: WIDTH - 2 * MARGIN, height: lowest - below });
    for (const box of boxes) {
      const isHovered = box.id === this.#hovered;
      fill(context, box, box.is === 'tab' ? 14 : 22, colourOf(box, isHovered));
      centred(context, box.is !== 'tab' && box.pressed ? `✓ ${box.label}` : box.label, box, box.is === 'tab' ? 30 : 34, box.is === 'tab' ? 1 : 2);
      if (box.is === 'tab' && box.pressed) fill(context, { x: box.x + 14, y: box.y + box.height - 12, width: box.width - 28, height: 5 }, 2, '#ffffff');
    }
    this.#texture.needsUpdate = true;
  }
}

function colourOf({ is, pressed }: Box, isHovered: boolean): string {
  if (isHovered) return '#0b4f55';
  if (pressed) return '#0b6a72';
  return is === 'tab' ? '#5b727c' : is === 'always' ? '#3d535d' : '#12838c';
}

/** Where the first line of a page begins. */
function topOf({ sign, tabs }: PanelContent): number {
  return (sign === undefined ? SIGN.y : SIGN.y + SIGN.height + 14) + (tabs ? TAB.height + 52 : 40);
}

/** Where each button is, in pixels from above; pages keep their columns, so that nothing jumps. */
function boxesOf({ sign, tabs, buttons, always = [], foot }: PanelContent): Box[] {
  const bottom = HEIGHT - (foot === undefined ? MARGIN : FOOT + 40);
  const above = always.length > 0 ? bottom - BUTTON.height - 34 : bottom;
  const columns = always.length > 0 ? 3 : 4;
  const rows = Math.ceil(buttons.length / columns);
  const tabsAt = sign === undefined ? SIGN.y : SIGN.y + SIGN.height + 14;
  return [
    ...inRow(tabs ?? [], { y: tabsAt, height: TAB.height, gap: TAB.gap, columns: tabs?.length ?? 0 }, 'tab'),
    ...Array.from({ length: rows }, (_, row) => {
      const some = buttons.slice(row * columns, (row + 1) * columns);
      const y = above - (rows - row) * BUTTON.height - (rows - row - 1) * BUTTON.gap;
      return inRow(some, { y, ...BUTTON, columns: always.length > 0 ? columns : some.length }, 'button');
    }).flat(),
    ...inRow(always, { y: bottom - BUTTON.height, ...BUTTON, columns: always.length }, 'always'),
  ];
}

function inRow(buttons: readonly PanelButton[], { y, height, gap, columns }: { y: number; height: number; gap: number; columns: number }, is: Box['is']): Box[] {
  const width = (WIDTH - 2 * MARGIN - (columns - 1) * gap) / columns;
  return buttons.map((button, at) => ({ ...button, x: MARGIN + at * (width + gap), y, width, height, is }));
}

type Place = Pick<Box, 'x' | 'y' | 'width' | 'height'>;

function fill(context: CanvasRenderingContext2D, { x, y, width, height }: Place, radius: number, colour: string): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fillStyle = colour;
  context.fill();
}

/** Smaller than this nobody reads it. */
const SMALLEST = 18;

/** The rows of a text, at the largest size at which all of it fits; sets the font. */
function fitted(context: CanvasRenderingContext2D, text: string, weight: number, largest: number, { room, most, height }: { room: number; most: number; height: number }): string[] {
  let rows: string[] = [];
  for (let size = largest; size >= SMALLEST; size -= 2) {
    context.font = `${weight} ${size}px ${FONT}`;
    rows = wrapped(context, text, room);
    if (rows.length <= most && rows.every((row) => context.measureText(row).width <= room) && rows.length * size * ROW <= height) return rows;
  }
  return rows.slice(0, most).map((row, at) => (at === most - 1 ? `${row.slice(0, -1)}…` : row));
}

/** How large the letters are that are written now. */
function sizeOf({ font }: CanvasRenderingContext2D): number {
  return parseInt(/(\d+)px/.exec(font)?.[1] ?? '', 10);
}

/** White words in the middle of a place, smaller where they are long. */
function centred(context: CanvasRenderingContext2D, text: string, { x, y, width, height }: Place, largest: number, most: number): void {
  const room = width - 2 * AIR.x;
  const rows = fitted(context, text, 600, largest, { room, most, height: height - 2 * AIR.y });
  const size = sizeOf(context);
  context.fillStyle = '#ffffff';
  context.textAlign = 'center';
  const first = y + height / 2 + size * 0.36 - ((rows.length - 1) * size * ROW) / 2;
  rows.forEach((row, at) => context.fillText(row, x + width / 2, first + at * size * ROW, room));
  context.textAlign = 'left';
}

/** Writes lines from a height on, as many as there is room for; what is left out is said by its sign. Answers where they end. */
function words(context: CanvasRenderingContext2D, lines: readonly string[], top: number, lowest: number): number {
  context.font = `500 34px ${FONT}`;
  context.fillStyle = '#2a3f49';
  const rows = lines.flatMap((line) => wrapped(context, line, WIDTH - 2 * MARGIN));
  const fits = Math.max(0, Math.floor((lowest - top) / LINE) + 1);
  rows.slice(0, fits).forEach((row, at) => {
    context.fillText(at === fits - 1 && rows.length > fits ? `${row} …` : row, MARGIN, top + at * LINE, WIDTH - 2 * MARGIN);
  });
  return top + (Math.min(rows.length, fits) - 1) * LINE + 24;
}

/** A picture as large as its place lets it be. */
function show(context: CanvasRenderingContext2D, picture: HTMLImageElement, { x, y, width, height }: Place): void {
  const [w, h] = [picture.naturalWidth, picture.naturalHeight];
  const scale = Math.min(width / w, height / h);
  if (!(scale > 0)) return;
  context.drawImage(picture, x + (width - w * scale) / 2, y + (height - h * scale) / 2, w * scale, h * scale);
}

/** Words with the space behind them; else one character each, with what opens before it and what ends after it. */
const PIECES = /[ -~‘-”]+?(?:\s|$)|[(（《“‘]*[^ -~‘-”][，。、；：？！）》)”’]*|[ -~‘-”]+?(?=[(（《“‘]*[^ -~‘-”]|$)/gu;

/** Breaks at spaces, and between characters where a script has none, but never before a mark that ends something. */
function wrapped(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const piece of text.match(PIECES) ?? []) {
    if (row !== '' && context.measureText((row + piece).trimEnd()).width > width) {
      rows.push(row.trim());
      row = '';
    }
    row += piece;
  }
  return row === '' ? rows : [...rows, row.trim()];
}
