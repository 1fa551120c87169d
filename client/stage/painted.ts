/** A flat thing in a room that is painted on a canvas: a board, a page. */
import { CanvasTexture, DoubleSide, Group, LinearFilter, Mesh, MeshBasicMaterial, PlaneGeometry, Raycaster, SRGBColorSpace, type Vector2, type Vector3 } from 'three';
import type { Transform } from '../core/frames';
import type { EntityId, Placed } from './room-view';

interface PaintedPlane {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly context: CanvasRenderingContext2D;
  readonly texture: CanvasTexture;
}

/** Nothing, where the browser paints on no canvas. */
function paintedPlane(name: string, shape: PlaneGeometry, size_px: { readonly width: number; readonly height: number }): PaintedPlane | undefined {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [size_px.width, size_px.height];
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.minFilter = LinearFilter;
  texture.generateMipmaps = false;
  const mesh = new Mesh(shape, new MeshBasicMaterial({ map: texture, side: DoubleSide }));
  mesh.name = name;
  return { mesh, context, texture };
}

/** One of those that stand in a room, and what was painted on it last. */
export interface Standing<Shown> extends PaintedPlane {
  shown: Shown | undefined;
}

export interface PlaneSize {
  readonly width: number;
  readonly height: number;
  readonly width_m: number;
  readonly height_m: number;
}

/** All of one kind that stand in a room, each by the number of what it shows. */
export class PaintedPlanes<Shown> {
  readonly group = new Group();
  readonly #name: string;
  readonly #size: PlaneSize;
  readonly #standing = new Map<EntityId, Standing<Shown>>();
  readonly #shape: PlaneGeometry;

  constructor(name: string, size: PlaneSize) {
    [this.#name, this.#size] = [name, size];
    this.#shape = new PlaneGeometry(size.width_m, size.height_m);
  }

  /** Where it is to stand; made where there is none yet. */
  put(id: EntityId, { position_m, rotation, scale }: Transform): Standing<Shown> | undefined {
    const one = this.#standing.get(id) ?? this.#made(id);
    one?.mesh.position.set(...position_m);
    one?.mesh.quaternion.set(...rotation).normalize();
    one?.mesh.scale.setScalar(scale);
    return one;
  }

  /** Takes away what is no longer there. */
  keepOnly(entities: ReadonlyMap<EntityId, Placed>): void {
    for (const [id, one] of this.#standing) {
      if (entities.has(id)) continue;
      drop(one);
      this.#standing.delete(id);
    }
  }

  /** The one that a ray meets first, where on it from its lower left corner, and how far away. */
  hit(origin: Vector3, direction: Vector3): { readonly id: EntityId; readonly uv: Vector2; readonly distance: number } | undefined {
    const caster = new Raycaster(origin, direction.clone().normalize());
    const [found] = caster.intersectObjects([...this.#standing.values()].map(({ mesh }) => mesh), false);
    const id = [...this.#standing].find(([, { mesh }]) => mesh === found?.object)?.[0];
    return found?.uv && id !== undefined ? { id, uv: found.uv, distance: found.distance } : undefined;
  }

  /** One that a hand is at. */
  near(hand: Vector3, reach_m: number): EntityId | undefined {
    for (const [id, { mesh }] of this.#standing) if (distanceTo(mesh, this.#size, hand) < reach_m) return id;
    return undefined;
  }

  dispose(): void {
    for (const one of this.#standing.values()) drop(one);
    this.#standing.clear();
    this.#shape.dispose();
    this.group.removeFromParent();
  }

  #made(id: EntityId): Standing<Shown> | undefined {
    const made = paintedPlane(this.#name, this.#shape, this.#size);
    if (!made) return undefined;
    const one: Standing<Shown> = { ...made, shown: undefined };
    this.#standing.set(id, one);
    this.group.add(made.mesh);
    return one;
  }
}

/** How far a point is from a flat thing, in metres. */
function distanceTo(mesh: Mesh, { width_m, height_m }: PlaneSize, point: Vector3): number {
  const { x, y, z } = mesh.worldToLocal(point.clone());
  const beside = (at: number, size: number): number => Math.max(0, Math.abs(at) - size / 2);
  return Math.hypot(beside(x, width_m), beside(y, height_m), z) * mesh.scale.x;
}

function drop({ mesh, texture }: PaintedPlane): void {
  mesh.removeFromParent();
  mesh.material.dispose();
  texture.dispose();
}
