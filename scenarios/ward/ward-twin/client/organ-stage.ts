/** Heart and lungs on a canvas of their own: drawn only while they move and somebody can see them. */
import { DirectionalLight, HemisphereLight, PerspectiveCamera, Scene } from 'three';
import type { WebGLRenderer } from 'three';
import { createRenderer } from '../../../../client/stage/renderer';
import type { Graphics } from '../../../../client/stage/renderer';
import { Organs } from './organs';
import { NO_PACE, moves } from './pace';
import type { Pace } from './pace';

/** Frames a second; by software each is dear. */
const FRAMES = { software: 15, card: 30 } as const;
const FOV_deg = 30;

export class OrganStage {
  readonly #canvas: HTMLCanvasElement;
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(FOV_deg, 1, 0.1, 10);
  readonly #organs = new Organs();
  readonly #stop = new AbortController();
  readonly #size: ResizeObserver;
  readonly #sight: IntersectionObserver;
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #every_ms: number;
  #pace: Pace = NO_PACE;
  #isSeen = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #last = 0;

  constructor(canvas: HTMLCanvasElement, card: Graphics) {
    this.#canvas = canvas;
    this.#every_ms = 1000 / (card.software ? FRAMES.software : FRAMES.card);
    this.#renderer = createRenderer(canvas, card);
    this.#camera.position.set(0.15, 0.1, 0.78);
    this.#camera.lookAt(0, 0.03, -0.02);
    const lamp = new DirectionalLight('#fff2df', 2.2);
    lamp.position.set(1, 2, 3);
    this.#scene.add(this.#organs.group, new HemisphereLight('#ffffff', '#50484a', 1.5), lamp);
    this.#organs.onChange = () => this.#again();
    const { signal } = this.#stop;
    document.addEventListener('visibilitychange', () => this.#again(), { signal });
    this.#calm.addEventListener('change', () => this.#again(), { signal });
    this.#size = new ResizeObserver(() => this.#again());
    this.#size.observe(canvas);
    this.#sight = new IntersectionObserver((seen) => {
      this.#isSeen = seen.at(-1)?.isIntersecting ?? true;
      this.#again();
    });
    this.#sight.observe(canvas);
  }

  show(pace: Pace): void {
    this.#pace = pace;
    this.#organs.set(pace, 1);
    this.#again();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#asked);
    this.#stop.abort();
    this.#size.disconnect();
    this.#sight.disconnect();
    this.#organs.dispose();
    this.#renderer.dispose();
  }

  /** Draws once soon; while something moves the next frame follows. */
  #again(): void {
    this.#asked ||= requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now: number): void {
    this.#asked = 0;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!this.#isSeen || document.hidden || width === 0 || height === 0) return;
    const isMoving = moves(this.#pace) && !this.#calm.matches;
    // After a pause it goes on where it was.
    if (isMoving) this.#organs.update(Math.min(0.2, (now - this.#last) / 1000));
    this.#last = now;
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    this.#renderer.info.reset();
    this.#renderer.render(this.#scene, this.#camera);
    clearTimeout(this.#timer);
    if (isMoving && this.#organs.group.visible) this.#timer = setTimeout(() => this.#again(), this.#every_ms);
  }
}
