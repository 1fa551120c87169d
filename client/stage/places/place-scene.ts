import { type BufferGeometry, type CanvasTexture, DoubleSide, Group, Mesh, MeshBasicMaterial } from 'three';
import type { Vec3 } from '../../core/frames';
import { Corners } from './corners';
import type { Extent, PlaceDesign, PropName } from './design';
import { Light } from './light';
import { addLamp, addPiece, extentOf } from './pieces';
import { pictureSheet } from './pictures';
import { loadProp } from './props';
import { shellOf } from './shell';

/** Higher than this nobody bumps into it; lower one steps over. */
const [HEAD_m, STEP_m] = [1.9, 0.12];
/** Directions from the middle by which furniture is gathered. */
const SECTORS = 8;
/** A person needs this much beside a thing or a wall. */
const SHOULDER_m = 0.22;

/**
 * A place as it is drawn: some twenty draw calls, whatever stands in it, and no light to work out while it is drawn.
 * Walls and what stands in one direction from the table are each one mesh, so that what lies behind one's back is
 * not drawn. What is made of boxes stands there at once; models join it when they have come, and where they cannot be
 * had the place goes on without them.
 */
export class PlaceScene {
  readonly group = new Group();
  /** Called when more has come. */
  onChange: () => void = () => undefined;
  readonly #design: PlaceDesign;
  readonly #light: Light;
  readonly #furniture = new Group();
  readonly #models = new Map<PropName, BufferGeometry>();
  readonly #materials = {
    solid: new MeshBasicMaterial({ vertexColors: true, dithering: true }),
    clear: new MeshBasicMaterial({ vertexColors: true, transparent: true, depthWrite: false, side: DoubleSide }),
    screens: new MeshBasicMaterial({ vertexColors: true }),
  };
  #sheet: CanvasTexture | undefined;
  readonly #extents: readonly Extent[];
  #gone = false;
  #furnished = false;

  constructor(design: PlaceDesign) {
    this.#design = design;
    this.#extents = design.pieces.map(extentOf);
    this.#light = new Light(design.lamps, design.ambient, this.#extents);
    for (const face of shellOf(design, this.#light)) this.#show(face, this.#materials.solid, this.group);
    this.group.add(this.#furniture);
    this.#build();
    void this.#furnish();
  }

  /** Whether the models have come, or cannot be had. */
  get furnished(): boolean {
    return this.#furnished;
  }

  /** Where things are, for feet and for tests. */
  get extents(): readonly Extent[] {
    return this.#extents;
  }

  /** Whether somebody can stand there: inside the walls, and in nothing. */
  free(x: number, z: number): boolean {
    const [width, , depth] = this.#design.size_m;
    const [cx, cz] = this.#design.middle_m ?? [0, 0];
    if (Math.abs(x - cx) > width / 2 - SHOULDER_m || Math.abs(z - cz) > depth / 2 - SHOULDER_m) return false;
    return !this.#extents.some(({ min, max }) => max[1] > STEP_m && min[1] < HEAD_m && x > min[0] - SHOULDER_m && x < max[0] + SHOULDER_m && z > min[2] - SHOULDER_m && z < max[2] + SHOULDER_m);
  }

  dispose(): void {
    this.#gone = true;
    this.#clear();
    for (const part of this.group.children) (part as Partial<Mesh>).geometry?.dispose();
    for (const material of Object.values(this.#materials)) material.dispose();
    this.#sheet?.dispose();
    this.group.removeFromParent();
  }

  async #furnish(): Promise<void> {
    const names = new Set(this.#design.pieces.flatMap((piece) => (piece.kind === 'prop' ? [piece.name] : [])));
    await Promise.allSettled([...names].map(async (name) => this.#models.set(name, await loadProp(name))));
    this.#furnished = true;
    if (this.#gone || this.#models.size === 0) return;
    this.#build();
    this.onChange();
  }

  #clear(): void {
    for (const mesh of this.#furniture.children) (mesh as Mesh).geometry.dispose();
    this.#furniture.clear();
  }

  #build(): void {
    const { lamps, pieces } = this.#design;
    const solids = Array.from({ length: SECTORS }, () => new Corners());
    const [clear, screens] = [new Corners(), new Corners()];
    const towards = ([x, , z]: Vec3): Corners => solids[Math.floor((Math.atan2(x, z) / (2 * Math.PI) + 1) * SECTORS) % SECTORS] ?? clear;
    for (const lamp of lamps) addLamp(lamp, towards(lamp.at));
    for (const piece of pieces) addPiece(piece, this.#models, this.#light, { solid: towards(piece.at), clear, screens });
    this.#clear();
    for (const part of solids) this.#show(part, this.#materials.solid, this.#furniture);
    if (screens.count > 0) this.#materials.screens.map = this.#sheet ??= pictureSheet();
    this.#show(screens, this.#materials.screens, this.#furniture);
    this.#show(clear, this.#materials.clear, this.#furniture);
  }

  #show(corners: Corners, material: MeshBasicMaterial, on: Group): void {
    if (corners.count === 0) return;
    const mesh = new Mesh(corners.geometry(), material);
    mesh.matrixAutoUpdate = false;
    on.add(mesh);
  }
}
