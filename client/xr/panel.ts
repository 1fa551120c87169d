import { CanvasTexture, LinearFilter, Mesh, MeshBasicMaterial, PlaneGeometry, Raycaster, SRGBColorSpace, type Vector3 } from 'three';

export interface PanelButton {
  readonly id: string;
  readonly label: string;
}

/** What the panel in the room says; lines and labels come translated. */
export interface PanelContent {
  readonly title: string;
  readonly lines: readonly string[];
  readonly buttons: readonly PanelButton[];
}

const WIDTH = 1024;
const HEIGHT = 1000;
const METRES = 0.62;
const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const MARGIN = 56;
const BUTTON = { height: 84, gap: 18, perRow: 4 };

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
    this.#content = content;
    this.#paint();
  }

  /** The button under a ray and how far away the panel is; undefined if the ray misses the panel. */
  hit(origin: Vector3, direction: Vector3): { readonly distance: number; readonly button: string | undefined; readonly point: Vector3 } | undefined {
    const [found] = new Raycaster(origin, direction).intersectObject(this.mesh, false);
    if (!found?.uv) return undefined;
    const [x, y] = [found.uv.x * WIDTH, (1 - found.uv.y) * HEIGHT];
    const button = this.#boxes().find((b) => x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + BUTTON.height);
    return { distance: found.distance, button: button?.id, point: found.point };
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

  #boxes(): { id: string; label: string; x: number; y: number; width: number }[] {
    const { buttons } = this.#content;
    const rows = Math.ceil(buttons.length / BUTTON.perRow);
    return buttons.map((b, i) => {
      const row = Math.floor(i / BUTTON.perRow);
      const inRow = Math.min(BUTTON.perRow, buttons.length - row * BUTTON.perRow);
      const width = (WIDTH - 2 * MARGIN - (inRow - 1) * BUTTON.gap) / inRow;
      const y = HEIGHT - MARGIN - (rows - row) * BUTTON.height - (rows - row - 1) * BUTTON.gap;
      return { ...b, x: MARGIN + (i % BUTTON.perRow) * (width + BUTTON.gap), y, width };
    });
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, WIDTH, HEIGHT);
    box(context, 0, 0, WIDTH, HEIGHT, 36, 'rgba(246, 249, 250, 0.97)');
    context.textBaseline = 'alphabetic';
    context.fillStyle = '#10222b';
    context.font = `700 52px ${FONT}`;
    context.fillText(this.#content.title, MARGIN, 104, WIDTH - 2 * MARGIN);
    context.font = `500 36px ${FONT}`;
    context.fillStyle = '#2a3f49';
    const lowest = Math.min(HEIGHT - MARGIN, ...this.#boxes().map((b) => b.y));
    let y = 168;
    for (const line of this.#content.lines) for (const row of wrapped(context, line, WIDTH - 2 * MARGIN)) {
      if (y > lowest - 30) break;
      context.fillText(row, MARGIN, y);
      y += 50;
    }
    for (const b of this.#boxes()) {
      box(context, b.x, b.y, b.width, BUTTON.height, 22, b.id === this.#hovered ? '#0b6a72' : '#12838c');
      context.fillStyle = '#ffffff';
      context.font = `600 34px ${FONT}`;
      context.textAlign = 'center';
      context.fillText(b.label, b.x + b.width / 2, b.y + BUTTON.height / 2 + 14, b.width - 24);
      context.textAlign = 'left';
    }
    this.#texture.needsUpdate = true;
  }
}

function box(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, radius: number, colour: string): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fillStyle = colour;
  context.fill();
}

/** Breaks at spaces, and between characters where a script has none. */
function wrapped(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const piece of text.match(/[ -~]+?(?:\s|$)|[^ -~]|[ -~]+/gu) ?? []) {
    if (row !== '' && context.measureText(row + piece).width > width) {
      rows.push(row.trimEnd());
      row = '';
    }
    row += piece;
  }
  return row === '' ? rows : [...rows, row];
}
