import { BackSide, BoxGeometry, Box3, CustomBlending, Data3DTexture, DataTexture, GLSL3, HalfFloatType, LinearFilter, Matrix4, Mesh, NearestFilter, NoBlending, OneFactor, OneMinusSrcAlphaFactor, RedFormat, RGBAFormat, ShaderMaterial, Vector2, Vector3, Vector4, type WebGLRenderer } from 'three';
import { extentMm, localFromUnit } from '../core/frames';
import { halvesFromHu } from '../core/volume/half';
import { RangeGrid } from '../core/volume/occupancy';
import { isReduced, reducedBlock, reductionTo, type Reduction } from '../core/volume/reduced';
import type { Block, VolumeStore } from '../core/volume/store';
import { CROP_SIDES } from './cuts';
import type { Window } from './room-view';
import { stepsAfter } from './ray-steps';
import { TABLE_FIRST_HU, TABLE_LENGTH, TABLE_STEP_HU, transferTable } from './transfer';
import { volumeFragment, volumeVertex } from './volume-shader';

/** A unit cube whose corner is the origin, as texture coordinates are. */
export function unitCube(): BoxGeometry {
  return new BoxGeometry(1, 1, 1).translate(0.5, 0.5, 0.5) as BoxGeometry;
}

/** The volume of one store as a mesh that rays are cast through. */
export class VolumePicture {
  readonly mesh: Mesh<BoxGeometry, ShaderMaterial>;
  /** Counts up when voxels, colours or visibility changed. */
  version = 0;
  /** How much coarser than the scan the picture is, where the graphics card takes no texture of its size. */
  readonly reduction: Reduction;
  readonly #store: VolumeStore;
  readonly #texture: Data3DTexture;
  readonly #cells: Data3DTexture;
  readonly #ranges: RangeGrid;
  readonly #ends: (() => void)[] = [];
  #table = new DataTexture(new Uint8Array(TABLE_LENGTH * 4), TABLE_LENGTH, 1, RGBAFormat);
  #waiting: Block[] = [];
  #baseWaiting: Block | undefined;
  #uploaded = false;
  /** The inside of a surface, to which the picture is confined. */
  #inside: Uint8Array | undefined;

  /** `longest` is the longest edge that a 3D texture of this graphics card may have. */
  constructor(store: VolumeStore, longest: number) {
    this.#store = store;
    const { size, spacing_mm } = store.manifest;
    this.#ranges = new RangeGrid(size);
    this.reduction = reductionTo(longest, size);
    const { factor, size: texels } = this.reduction;
    this.#texture = texture3d(null, texels, LinearFilter);
    this.#texture.type = HalfFloatType;
    this.#cells = texture3d(new Uint8Array(this.#ranges.min.length), this.#ranges.size, NearestFilter);
    this.#table.magFilter = this.#table.minFilter = LinearFilter;
    const none = texture3d(new Uint8Array([255]), [1, 1, 1], LinearFilter);
    none.needsUpdate = true;
    const reach = ([0, 1, 2] as const).map((i) => Math.max(spacing_mm[i] * factor[i] * 0.75, 1.1) / (size[i] * spacing_mm[i]));
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: volumeVertex,
      fragmentShader: volumeFragment,
      side: BackSide,
      depthTest: false,
      depthWrite: false,
      blending: NoBlending,
      uniforms: {
        uVolume: { value: this.#texture },
        // The last texel of an axis may reach beyond the scan.
        uVolumeScale: { value: new Vector3(...([0, 1, 2] as const).map((i) => size[i] / (texels[i] * factor[i]))) },
        uCells: { value: this.#cells },
        uBody: { value: none },
        uBodyScale: { value: new Vector3(1, 1, 1) },
        uTable: { value: this.#table },
        uDepth: { value: null },
        uVoxels: { value: new Vector3(...size) },
        uCellCount: { value: new Vector3(...this.#ranges.size) },
        uExtentMm: { value: new Vector3(...extentMm(store.manifest)) },
        uGradientStep: { value: new Vector3(...reach) },
        uStepMm: { value: 2 },
        uSkin: { value: 0 },
        uDensity: { value: 1 },
        uClip: { value: new Vector4() },
        uCrop: { value: Array.from({ length: CROP_SIDES }, () => new Vector4()) },
        uWindow: { value: new Vector2(-1350, 1500) },
        uDepthRange: { value: new Vector2(0.1, 50) },
        uPixels: { value: new Vector2() },
        uTime: { value: 0 },
        unitFromView: { value: new Matrix4() },
      },
    });
    this.mesh = new Mesh(unitCube(), material);
    this.mesh.matrixAutoUpdate = false;
    this.mesh.matrix.fromArray(localFromUnit(store.manifest));
    this.mesh.frustumCulled = false;
    this.mesh.onBeforeRender = (_renderer, _scene, camera) => {
      this.uniform<Matrix4>('unitFromView').multiplyMatrices(camera.matrixWorldInverse, this.mesh.matrixWorld).invert();
      const lens = camera as unknown as { near: number; far: number };
      this.uniform<Vector2>('uDepthRange').set(lens.near, lens.far);
      material.uniformsNeedUpdate = true;
    };
    if (store.hasBase) this.#fromStore();
    this.#ends.push(
      store.events.on('base', (block) => this.#base(block)),
      store.events.on('brick', (block) => this.#waiting.push(block)),
    );
  }

  get ready(): boolean {
    return this.#uploaded;
  }

  /** Hands over what has come since to the GPU; true if anything has. */
  upload(renderer: WebGLRenderer): boolean {
    if (!this.#baseWaiting && this.#waiting.length === 0) return false;
    if (this.#baseWaiting) {
      this.#copy(renderer, this.#baseWaiting);
      this.#ranges.update(this.#store.hu, [0, 0, 0], this.#store.manifest.size);
      this.#baseWaiting = undefined;
      this.#uploaded = true;
    }
    for (const block of this.#waiting.splice(0)) {
      this.#copy(renderer, block);
      this.#ranges.update(this.#store.hu, block.origin, block.size);
    }
    this.#refreshCells();
    return true;
  }

  setWindow(window: Window): void {
    (this.#table.image.data as Uint8Array).set(transferTable(window));
    this.#table.needsUpdate = true;
    this.uniform<Vector2>('uWindow').set(window.centre_hu - window.width_hu / 2, Math.max(1, window.width_hu));
    this.#refreshCells();
  }

  uniform<T>(name: string): T {
    return this.mesh.material.uniforms[name]?.value as T;
  }

  setNumber(name: 'uStepMm' | 'uSkin' | 'uDensity', value: number): void {
    const uniform = this.mesh.material.uniforms[name];
    if (!uniform || uniform.value === value) return;
    uniform.value = value;
    if (name !== 'uStepMm') this.version += 1;
  }

  /** Draws only what lies inside; `undefined` draws the body again. */
  setInside(inside: Uint8Array | undefined): void {
    if (inside === this.#inside) return;
    this.#inside = inside;
    this.#mask();
    this.version += 1;
  }

  /** After a lost context: everything once more, from the copy that the CPU keeps. */
  restore(): void {
    this.#waiting = [];
    if (this.#store.hasBase) this.#fromStore();
  }

  /** Headsets: blended into the scene, ending at what lies before its far side; the steps as fine as their pace bears. */
  castInScene(visible: boolean, seconds: number, framesASecond: number): void {
    const { material } = this.mesh;
    this.mesh.visible = visible;
    this.mesh.renderOrder = 10;
    material.blending = CustomBlending;
    material.blendSrc = OneFactor;
    material.blendDst = OneMinusSrcAlphaFactor;
    material.transparent = true;
    material.depthTest = true;
    this.uniform<Vector2>('uPixels').set(0, 0);
    this.setNumber('uStepMm', stepsAfter(this.uniform<number>('uStepMm'), seconds, framesASecond));
  }

  castApart(): void {
    const { material } = this.mesh;
    this.mesh.visible = true;
    material.blending = NoBlending;
    material.transparent = false;
    material.depthTest = false;
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    for (const texture of [this.#texture, this.#cells, this.#table, this.uniform<Data3DTexture>('uBody')]) texture.dispose();
  }

  #fromStore(): void {
    const { hu, manifest } = this.#store;
    this.#base({ origin: [0, 0, 0], size: manifest.size, hu, halves: halvesFromHu(hu) });
  }

  #base(block: Block): void {
    this.#baseWaiting = block;
    this.#mask();
  }

  /** The body without skin and couch, or the inside of a surface. */
  #mask(): void {
    const { body, preview } = this.#store;
    if (!body || !preview) return;
    this.uniform<Data3DTexture>('uBody').dispose();
    const mask = texture3d(this.#inside ?? body, preview.size, LinearFilter);
    mask.needsUpdate = true;
    const { size, preview: { factor } } = this.#store.manifest;
    this.uniform<Vector3>('uBodyScale').set(size[0] / (preview.size[0] * factor[0]), size[1] / (preview.size[1] * factor[1]), size[2] / (preview.size[2] * factor[2]));
    const uniform = this.mesh.material.uniforms['uBody'];
    if (uniform) uniform.value = mask;
  }

  #copy(renderer: WebGLRenderer, block: Block): void {
    const { origin, size, halves } = isReduced(this.reduction) ? this.#smaller(block) : block;
    const source = texture3d(halves, size, LinearFilter);
    source.type = HalfFloatType;
    const box = new Box3(new Vector3(), new Vector3(...size));
    renderer.copyTextureToTexture(source, this.#texture, box, new Vector3(...origin));
  }

  /** The texels that a block touches; what lies around it is in the CPU's copy. */
  #smaller(block: Block): Pick<Block, 'origin' | 'size' | 'halves'> {
    const { origin, size, hu } = reducedBlock(this.#store.hu, this.#store.manifest.size, this.reduction, block);
    return { origin, size, halves: halvesFromHu(hu) };
  }

  #refreshCells(): void {
    const table = this.#table.image.data as Uint8Array;
    const opacities = Array.from({ length: TABLE_LENGTH }, (_, i) => table[i * 4 + 3] ?? 0);
    (this.#cells.image.data as Uint8Array).set(this.#ranges.occupied(opacities, TABLE_FIRST_HU, TABLE_STEP_HU));
    this.#cells.needsUpdate = true;
    this.version += 1;
  }
}

function texture3d(data: Uint8Array | Uint16Array | null, size: readonly number[], filter: typeof LinearFilter | typeof NearestFilter): Data3DTexture {
  const texture = new Data3DTexture(data as Uint8Array<ArrayBuffer> | null, size[0] ?? 1, size[1] ?? 1, size[2] ?? 1);
  texture.format = RedFormat;
  texture.minFilter = texture.magFilter = filter;
  texture.unpackAlignment = 1;
  // Only the storage is wanted; blocks are copied in as they come.
  if (data === null) {
    texture.needsUpdate = true;
    texture.source.dataReady = false;
  }
  return texture;
}
