import { BackSide, CustomBlending, DepthTexture, FrontSide, GLSL3, LinearFilter, Mesh, NearestFilter, OneFactor, OneMinusSrcAlphaFactor, type PerspectiveCamera, Scene, ShaderMaterial, UnsignedIntType, Vector2, Vector3, WebGLRenderTarget, type Vector4, type WebGLRenderer } from 'three';
import { unitCube, type VolumePicture } from './volume-picture';
import { compositeFragment, compositeVertex } from './volume-shader';

/** The layer on which solid things inside the hologram lie, for the depth picture that ends the rays. */
export const SOLID_LAYER = 4;

/** The layer of the mesh that rays are cast through; the room's camera does not see it. */
export const VOLUME_LAYER = 3;

/** How long all must be still before the fine picture is begun. */
const STILL_MS = 140;
const STRIPS = 14;
const COARSE_STEP_MM = 2.4;
const FINE_STEP_MM = 1.0;

/**
 * Casts the volume into pictures of its own: a coarse one while something moves, a fine one, strip by strip,
 * once all is still. The room is drawn at full sharpness all the time, and avatars move without casting anew.
 */
export class Compositor {
  /** Drawn in the room's scene: the box of the volume, showing the picture. */
  readonly overlay: Mesh;
  readonly #picture: VolumePicture;
  readonly #scene = new Scene();
  readonly #coarse = target();
  readonly #solid = target(true);
  #front = target();
  #back = target();
  #fineShown = false;
  #strip = 0;
  #key = '';
  #viewKey = '';
  #changedAt = 0;
  #scale = 0.36;
  #lastFrame = 0;
  #slow = 0;

  constructor(picture: VolumePicture) {
    this.#picture = picture;
    this.#scene.matrixWorldAutoUpdate = false;
    this.#solid.depthTexture = depthTexture();
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: compositeVertex,
      fragmentShader: compositeFragment,
      uniforms: { uPicture: { value: null }, uScreen: { value: new Vector2() } },
      transparent: true,
      depthWrite: false,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
    });
    this.overlay = new Mesh(unitCube(), material);
    this.overlay.matrixAutoUpdate = false;
    this.overlay.frustumCulled = false;
    this.overlay.renderOrder = 10;
    this.overlay.matrix.copy(picture.mesh.matrix);
  }

  /** True while the picture on show is not yet the best one. */
  get refining(): boolean {
    return this.#strip < STRIPS;
  }

  /** Brings the picture up to date; `solids` are roots whose solid-layer meshes end the rays. Returns true if it changed. */
  update(renderer: WebGLRenderer, camera: PerspectiveCamera, solids: Scene | null, now: number): boolean {
    const screen = renderer.getDrawingBufferSize(new Vector2());
    const viewKey = [...camera.matrixWorld.elements, ...camera.projectionMatrix.elements, ...this.#picture.mesh.matrixWorld.elements, screen.x, screen.y]
      .map((n) => Math.round(n * 2e4))
      .join();
    const key = `${viewKey}|${this.#picture.version}|${this.#clipKey()}`;
    const moved = viewKey !== this.#viewKey;
    this.#face(camera);
    if (key !== this.#key) {
      // A volume that is still coming in sharpens in place; everything else starts from the coarse picture.
      const quiet = !moved && this.#fineShown && now - this.#changedAt < 400;
      if (quiet) return false;
      this.#adapt(now, moved);
      this.#key = key;
      this.#viewKey = viewKey;
      this.#changedAt = now;
      this.#strip = 0;
      this.#resize(screen);
      this.#castCoarse(renderer, camera, solids);
      this.#fineShown = false;
      this.#show(this.#coarse, screen);
      return true;
    }
    if (this.#strip >= STRIPS || now - this.#changedAt < STILL_MS) return false;
    this.#castStrip(renderer, camera, solids);
    if (this.#strip < STRIPS) return false;
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#fineShown = true;
    this.#show(this.#front, screen);
    return true;
  }

  /** Forgets the pictures, as after a lost context. */
  reset(): void {
    this.#key = '';
    this.#fineShown = false;
  }

  dispose(): void {
    for (const each of [this.#coarse, this.#solid, this.#front, this.#back]) {
      each.depthTexture?.dispose();
      each.dispose();
    }
    this.overlay.geometry.dispose();
    (this.overlay.material as ShaderMaterial).dispose();
  }

  #clipKey(): string {
    const planes = [this.#picture.uniform<Vector4>('uClip'), ...this.#picture.uniform<Vector4[]>('uCrop')];
    return planes.flatMap((plane) => plane.toArray()).map((n) => n.toFixed(4)).join();
  }

  /** Seen from within, only the far faces of the box are there to draw on. */
  #face(camera: PerspectiveCamera): void {
    const inside = this.overlay.worldToLocal(camera.getWorldPosition(new Vector3()));
    const within = [inside.x, inside.y, inside.z].every((c) => c > -0.08 && c < 1.08);
    const material = this.overlay.material as ShaderMaterial;
    material.side = within ? BackSide : FrontSide;
    material.depthTest = !within;
  }

  /** Finds the resolution at which moving is smooth on this machine. */
  #adapt(now: number, moved: boolean): void {
    const gap = now - this.#lastFrame;
    this.#lastFrame = now;
    if (!moved || gap > 600) return;
    this.#slow = this.#slow * 0.7 + gap * 0.3;
    if (this.#slow > 45) this.#scale = Math.max(0.14, this.#scale * 0.9);
    else if (this.#slow < 22) this.#scale = Math.min(0.75, this.#scale * 1.06);
  }

  #resize(screen: Vector2): void {
    const coarse = screen.clone().multiplyScalar(this.#scale).ceil();
    this.#coarse.setSize(coarse.x, coarse.y);
    for (const each of [this.#front, this.#back]) if (each.width !== screen.x || each.height !== screen.y) each.setSize(screen.x, screen.y);
  }

  #castCoarse(renderer: WebGLRenderer, camera: PerspectiveCamera, solids: Scene | null): void {
    this.#drawSolids(renderer, camera, solids, this.#coarse);
    this.#cast(renderer, camera, this.#coarse, COARSE_STEP_MM);
  }

  #castStrip(renderer: WebGLRenderer, camera: PerspectiveCamera, solids: Scene | null): void {
    const { height, width } = this.#back;
    if (this.#strip === 0) this.#drawSolids(renderer, camera, solids, this.#back);
    const rows = Math.ceil(height / STRIPS);
    this.#back.scissorTest = true;
    this.#back.scissor.set(0, this.#strip * rows, width, rows);
    this.#cast(renderer, camera, this.#back, FINE_STEP_MM);
    this.#back.scissorTest = false;
    this.#strip += 1;
  }

  /** Draws the depth of solid things inside the hologram, at the size of the picture to come. */
  #drawSolids(renderer: WebGLRenderer, camera: PerspectiveCamera, solids: Scene | null, into: WebGLRenderTarget): void {
    const uniform = this.#picture.mesh.material.uniforms['uDepth'];
    if (uniform) uniform.value = solids ? this.#solid.depthTexture : null;
    this.#picture.uniform<Vector2>('uPixels').set(solids ? into.width : 0, into.height);
    if (!solids) return;
    this.#solid.setSize(into.width, into.height);
    const { background } = solids;
    solids.background = null;
    this.#draw(renderer, solids, camera, this.#solid, SOLID_LAYER);
    solids.background = background;
  }

  #cast(renderer: WebGLRenderer, camera: PerspectiveCamera, into: WebGLRenderTarget, step: number): void {
    this.#picture.setNumber('uStepMm', step);
    this.#scene.children = [this.#picture.mesh];
    this.#draw(renderer, this.#scene, camera, into, VOLUME_LAYER);
  }

  #draw(renderer: WebGLRenderer, scene: Scene, camera: PerspectiveCamera, into: WebGLRenderTarget, layer: number): void {
    const { mask } = camera.layers;
    const target = renderer.getRenderTarget();
    camera.layers.set(layer);
    renderer.setClearColor(0x000000, 0);
    renderer.setRenderTarget(into);
    renderer.render(scene, camera);
    renderer.setRenderTarget(target);
    camera.layers.mask = mask;
  }

  #show(from: WebGLRenderTarget, screen: Vector2): void {
    const { uPicture, uScreen } = (this.overlay.material as ShaderMaterial).uniforms;
    if (uPicture) uPicture.value = from.texture;
    if (uScreen) uScreen.value = screen.clone();
  }
}

function target(depthBuffer = false): WebGLRenderTarget {
  return new WebGLRenderTarget(1, 1, { magFilter: LinearFilter, minFilter: LinearFilter, depthBuffer });
}

function depthTexture(): DepthTexture {
  const texture = new DepthTexture(1, 1, UnsignedIntType);
  texture.minFilter = texture.magFilter = NearestFilter;
  return texture;
}
