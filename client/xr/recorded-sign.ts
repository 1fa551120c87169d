import { CanvasTexture, Mesh, MeshBasicMaterial, type Object3D, PlaneGeometry, SRGBColorSpace } from 'three';

const [WIDTH, HEIGHT] = [512, 96];
/** Low before the eyes: always seen, and in the way of nothing. */
const BEFORE = { x_m: 0, y_m: -0.42, z_m: -0.9, wide_m: 0.16 } as const;

/** The sign before the eyes of whoever is recorded: a panel in the room may hang behind them. */
export class RecordedSign {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly #canvas = document.createElement('canvas');
  readonly #texture: CanvasTexture;
  #words: string | undefined;

  constructor(before: Object3D) {
    [this.#canvas.width, this.#canvas.height] = [WIDTH, HEIGHT];
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    const material = new MeshBasicMaterial({ map: this.#texture, transparent: true, depthTest: false, depthWrite: false });
    this.mesh = new Mesh(new PlaneGeometry(BEFORE.wide_m, (BEFORE.wide_m * HEIGHT) / WIDTH), material);
    this.mesh.position.set(BEFORE.x_m, BEFORE.y_m, BEFORE.z_m);
    this.mesh.renderOrder = 90;
    this.mesh.name = 'recorded';
    this.mesh.visible = false;
    before.add(this.mesh);
  }

  show(words: string | undefined): void {
    this.mesh.visible = words !== undefined;
    if (words === undefined || words === this.#words) return;
    this.#words = words;
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = 'rgba(140, 20, 14, 0.9)';
    context.beginPath();
    context.roundRect(0, 0, WIDTH, HEIGHT, 40);
    context.fill();
    context.fillStyle = '#ffffff';
    context.font = "600 48px system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(`● ${words}`, WIDTH / 2, HEIGHT / 2 + 2, WIDTH - 48);
    this.#texture.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.#texture.dispose();
  }
}
