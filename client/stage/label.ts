import { CanvasTexture, LinearFilter, Sprite, SpriteMaterial, SRGBColorSpace, type Vector3 } from 'three';

export interface LabelStyle {
  readonly colour?: string;
  /** Height of a line at one metre's distance, metres; labels keep their size on the screen. */
  readonly height?: number;
  readonly background?: string;
  readonly bold?: boolean;
}

const FONT = "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const PIXELS = 34;
const MAX_WIDTH = 900;

/** Words in space: legible on any ground, always facing the reader, drawn over everything. */
export class Label {
  readonly sprite: Sprite;
  readonly #texture: CanvasTexture;
  readonly #canvas = document.createElement('canvas');
  readonly #style: LabelStyle;
  #text = '';
  #aspect = 1;

  constructor(text: string, style: LabelStyle = {}) {
    this.#style = style;
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.#texture.minFilter = LinearFilter;
    this.#texture.generateMipmaps = false;
    this.sprite = new Sprite(new SpriteMaterial({ map: this.#texture, depthTest: false, depthWrite: false, sizeAttenuation: false, transparent: true }));
    this.sprite.renderOrder = 40;
    this.text = text;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    if (text === this.#text) return;
    this.#text = text;
    this.#paint();
    const height = this.#style.height ?? 0.026;
    this.sprite.scale.set(height * this.#aspect, height, 1);
  }

  place(at: Vector3, anchor: readonly [number, number] = [0.5, 0.5]): void {
    this.sprite.position.copy(at);
    this.sprite.center.set(anchor[0], anchor[1]);
  }

  dispose(): void {
    this.sprite.removeFromParent();
    this.#texture.dispose();
    this.sprite.material.dispose();
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const font = `${this.#style.bold === false ? 500 : 600} ${PIXELS}px ${FONT}`;
    context.font = font;
    const shown = fit(context, this.#text);
    const [padX, padY] = [18, 11];
    this.#canvas.width = Math.ceil(context.measureText(shown).width) + padX * 2;
    this.#canvas.height = PIXELS + padY * 2;
    context.font = font;
    context.textBaseline = 'middle';
    context.fillStyle = this.#style.background ?? 'rgba(10, 15, 20, 0.82)';
    context.beginPath();
    context.roundRect(0, 0, this.#canvas.width, this.#canvas.height, 14);
    context.fill();
    context.fillStyle = this.#style.colour ?? '#eef6f8';
    context.fillText(shown, padX, this.#canvas.height / 2 + 1);
    this.#aspect = this.#canvas.width / this.#canvas.height;
    // A texture's storage keeps its first size; a new size needs a new one.
    this.#texture.dispose();
    this.#texture.needsUpdate = true;
  }
}

function fit(context: CanvasRenderingContext2D, text: string): string {
  if (context.measureText(text).width <= MAX_WIDTH) return text;
  let cut = text;
  while (cut.length > 1 && context.measureText(`${cut}…`).width > MAX_WIDTH) cut = cut.slice(0, -1);
  return `${cut}…`;
}
