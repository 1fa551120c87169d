import { Color, Scene, type WebGLRenderer } from 'three';
import { Emitter } from '../core/emitter';
import type { VolumeStore } from '../core/volume/store';
import { CameraRig } from './camera-rig';
import { HologramView } from './hologram';
import { createRenderer, hasWebGl2 } from './renderer';
import { RoomScene } from './room-scene';
import type { EntityId, Hologram, RoomView } from './room-view';

export interface StageEvents {
  'no-webgl2': { reason: string };
}

export interface StageOptions {
  readonly room: RoomView;
  readonly store: VolumeStore;
}

export class Stage {
  readonly events = new Emitter<StageEvents>();
  readonly scene = new Scene();
  readonly rig = new CameraRig();
  readonly renderer: WebGLRenderer;
  readonly hologram: HologramView;
  readonly #room: RoomView;
  readonly #roomScene = new RoomScene();
  readonly #canvas: HTMLCanvasElement;
  #dirty = true;
  #last = 0;

  constructor(canvas: HTMLCanvasElement, options: StageOptions) {
    this.#canvas = canvas;
    this.#room = options.room;
    this.renderer = createRenderer(canvas);
    this.hologram = new HologramView(options.store);
    this.scene.background = new Color(0x0a0d12);
    this.scene.add(this.#roomScene.group, this.rig.rig, this.hologram.root);
    this.hologram.surfaces.onChange = () => (this.#dirty = true);
    this.#room.onChange(() => (this.#dirty = true));
    this.resize();
    this.renderer.setAnimationLoop((now) => this.#frame(now));
  }

  resize(): void {
    const { clientWidth: w, clientHeight: h } = this.#canvas;
    this.renderer.setSize(Math.max(1, w), Math.max(1, h), false);
    this.rig.resize(w, h);
    this.#dirty = true;
  }

  #hologramEntity(): [EntityId, Hologram] | undefined {
    for (const [id, placed] of this.#room.entities()) if (placed.entity.type === 'hologram') return [id, placed.entity];
    return undefined;
  }

  #frame(now: number): void {
    const seconds = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    const entity = this.#hologramEntity();
    if (entity) this.hologram.set(entity[1]);
    this.hologram.root.visible = entity !== undefined;
    let changed = this.#dirty;
    this.#dirty = false;
    if (this.rig.update(seconds)) changed = true;
    if (this.hologram.picture.upload(this.renderer)) changed = true;
    this.scene.updateMatrixWorld();
    if (this.hologram.picture.ready && this.hologram.compositor.overlay.visible) {
      const solids = this.hologram.surfaces.solid ? this.scene : null;
      if (this.hologram.compositor.update(this.renderer, this.rig.camera, solids, now)) changed = true;
    }
    if (!changed) return;
    this.renderer.setClearColor(0x0a0d12, 1);
    this.renderer.render(this.scene, this.rig.camera);
  }
}

export function createStage(canvas: HTMLCanvasElement, options: StageOptions): Stage {
  if (!hasWebGl2()) throw new Error('no webgl2');
  return new Stage(canvas, options);
}
