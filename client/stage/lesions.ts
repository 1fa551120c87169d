import { CanvasTexture, Group, SRGBColorSpace, Sprite, SpriteMaterial } from 'three';
import { LESIONS, layerOf } from '../core/hologram-layers';
import type { Lesion } from '../core/volume/manifest';
import type { Language } from '../core/language';
import type { HologramView } from './hologram';
import { Label } from './label';
import { lesionWords } from './measure-words';

/** Marks every lesion by a broken ring and its name: by shape and words, not by colour alone. */
export class LesionMarks {
  readonly group = new Group();
  readonly #view: HologramView;
  #marks: { lesion: Lesion; ring: Sprite; label: Label }[] = [];
  #end: () => void = () => undefined;
  readonly #texture = new CanvasTexture(ringPicture());
  #language: Language = 'zh';

  constructor(view: HologramView) {
    this.#view = view;
    this.#texture.colorSpace = SRGBColorSpace;
    this.follow();
  }

  /** Marks the lesions of the scan that is shown now, and those that are found in it later. */
  follow(): void {
    this.#end();
    this.#place();
    this.#end = this.#view.scan?.events.on('structures', () => this.#place()) ?? (() => undefined);
  }

  /** A mark for each lesion that is known now. */
  #place(): void {
    for (const { ring, label } of this.#marks) {
      this.group.remove(ring, label.sprite);
      ring.material.dispose();
      label.dispose();
    }
    this.#marks = [];
    for (const lesion of this.#view.scan?.manifest.lesions ?? []) {
      const ring = new Sprite(new SpriteMaterial({ map: this.#texture, depthTest: false, depthWrite: false, transparent: true, sizeAttenuation: false }));
      ring.renderOrder = 30;
      const label = new Label(this.#words(lesion), { colour: '#ffd48a' });
      this.#marks.push({ lesion, ring, label });
      this.group.add(ring, label.sprite);
    }
  }

  set language(language: Language) {
    this.#language = language;
    for (const { lesion, label } of this.#marks) label.text = this.#words(lesion);
  }

  /** Keeps marks on their lesions; `pixelsPerMetre` is at one metre's distance. */
  update(distanceTo: (point: { x: number; y: number; z: number }) => number): void {
    const { state } = this.#view;
    this.group.visible = state !== undefined && (layerOf(state, LESIONS).visible);
    for (const { lesion, ring, label } of this.#marks) {
      const at = this.#view.roomFromLps(lesion.centre_lps_mm);
      const radius = Math.max(0.006, lesion.long_axis_mm * 0.0005 * this.#view.root.scale.x);
      const size = Math.max(0.045, ((radius * 2 + 0.02) * 1.5) / Math.max(0.2, distanceTo(at)));
      ring.position.copy(at);
      ring.scale.set(size, size, 1);
      label.place(at, [-(size * 0.62) / label.sprite.scale.x, 0.5]);
    }
  }

  dispose(): void {
    this.#end();
    for (const { ring, label } of this.#marks) {
      ring.material.dispose();
      label.dispose();
    }
    this.#texture.dispose();
    this.group.removeFromParent();
  }

  #words(lesion: Lesion): string {
    return lesionWords(lesion, this.#language);
  }
}

function ringPicture(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 256;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const stroke = (colour: string, width: number): void => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (let quarter = 0; quarter < 4; quarter++) {
      context.beginPath();
      context.arc(128, 128, 108, (quarter + 0.13) * (Math.PI / 2), (quarter + 0.87) * (Math.PI / 2));
      context.stroke();
    }
  };
  context.lineCap = 'round';
  stroke('rgba(6, 9, 12, 0.75)', 20);
  stroke('#ffc35c', 10);
  return canvas;
}
