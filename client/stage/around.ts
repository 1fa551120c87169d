import { Mesh, MeshBasicMaterial, PerspectiveCamera, Scene, SphereGeometry, SRGBColorSpace, VideoTexture, type Vector3 } from 'three';
import { AHEAD, dragged, keyed, looked, type Look } from './around-look';
import { createRenderer, graphics } from './renderer';

/** The inside of a ball, onto which an equirectangular picture is laid: its middle is ahead (−Z), its right quarter to
 * the right (+X). */
export function aroundShape(radius_m: number): SphereGeometry {
  const shape = new SphereGeometry(radius_m, 64, 32);
  shape.scale(-1, 1, 1);
  shape.rotateY(-Math.PI / 2);
  return shape;
}

/** A picture of all around as a ball about whoever looks. It has no distance, and so goes wherever they go. */
export class AroundBall {
  readonly mesh: Mesh<SphereGeometry, MeshBasicMaterial>;
  readonly #texture: VideoTexture;

  constructor(video: HTMLVideoElement) {
    this.#texture = new VideoTexture(video);
    this.#texture.colorSpace = SRGBColorSpace;
    // Behind everything, however near the ball is.
    const material = new MeshBasicMaterial({ map: this.#texture, depthTest: false, depthWrite: false, toneMapped: false });
    this.mesh = new Mesh(aroundShape(8), material);
    this.mesh.renderOrder = -1000;
    this.mesh.frustumCulled = false;
  }

  about(eye: Vector3): void {
    this.mesh.position.copy(eye);
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.#texture.dispose();
  }
}

/** Looking round in such a picture on a screen: by mouse, finger, wheel and keys. */
export class AroundView {
  /** Called when one looks elsewhere. */
  onLook: (look: Look) => void = () => undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(AHEAD.fov_deg, 1, 0.1, 20);
  readonly #ball: AroundBall;
  readonly #renderer: ReturnType<typeof createRenderer>;
  readonly #stop = new AbortController();
  #look = AHEAD;
  #drag: { readonly pointer: number; x: number; y: number } | undefined;

  private constructor(canvas: HTMLCanvasElement, video: HTMLVideoElement, device: NonNullable<ReturnType<typeof graphics>>) {
    this.#canvas = canvas;
    this.#ball = new AroundBall(video);
    this.#renderer = createRenderer(canvas, device);
    this.#camera.rotation.order = 'YXZ';
    this.#scene.add(this.#ball.mesh);
    this.#listen();
    this.#resize();
    this.#renderer.setAnimationLoop(() => this.#renderer.render(this.#scene, this.#camera));
  }

  /** Undefined where the device has no WebGL 2: the picture is then seen flat. */
  static open(canvas: HTMLCanvasElement, video: HTMLVideoElement): AroundView | undefined {
    const device = graphics();
    return device && new AroundView(canvas, video, device);
  }

  get look(): Look {
    return this.#look;
  }

  set look(look: Look) {
    this.#look = look;
    this.#camera.rotation.set(look.pitch, -look.yaw, 0);
    if (this.#camera.fov !== look.fov_deg) {
      this.#camera.fov = look.fov_deg;
      this.#camera.updateProjectionMatrix();
    }
    this.onLook(look);
  }

  dispose(): void {
    this.#stop.abort();
    this.#renderer.setAnimationLoop(null);
    this.#ball.dispose();
    this.#renderer.dispose();
  }

  #resize(): void {
    const { clientWidth: w, clientHeight: h } = this.#canvas;
    if (w === 0 || h === 0) return;
    this.#renderer.setSize(w, h, false);
    this.#camera.aspect = w / h;
    this.#camera.updateProjectionMatrix();
  }

  #listen(): void {
    const canvas = this.#canvas;
    const { signal } = this.#stop;
    const sizes = new ResizeObserver(() => this.#resize());
    sizes.observe(canvas);
    signal.addEventListener('abort', () => sizes.disconnect());
    canvas.addEventListener('pointerdown', (event) => {
      if (this.#drag) return;
      canvas.setPointerCapture(event.pointerId);
      this.#drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
    }, { signal });
    canvas.addEventListener('pointermove', (event) => {
      const from = this.#drag;
      if (from?.pointer !== event.pointerId) return;
      this.look = dragged(this.#look, event.clientX - from.x, event.clientY - from.y, canvas.clientHeight);
      [from.x, from.y] = [event.clientX, event.clientY];
    }, { signal });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, (event) => {
        if (this.#drag?.pointer === event.pointerId) this.#drag = undefined;
      }, { signal });
    }
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.look = looked(this.#look, { zoom: Math.exp(-event.deltaY / 800) });
    }, { signal, passive: false });
    canvas.addEventListener('keydown', (event) => {
      const next = event.ctrlKey || event.metaKey || event.altKey ? undefined : keyed(this.#look, event.key);
      if (!next) return;
      event.preventDefault();
      event.stopPropagation();
      this.look = next;
    }, { signal });
  }
}
