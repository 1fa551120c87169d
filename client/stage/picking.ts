import { Raycaster, type Vector3 } from 'three';
import { dot, lpsFromLocal, subtract, type Vec3 } from '../core/frames';
import { holds } from '../core/volume/inside';
import { boxInterval, firstHit, type Ray } from '../core/volume/sample';
import type { VolumeStore } from '../core/volume/store';
import { inBox } from './cuts';
import type { HologramView } from './hologram';
import type { Plane, Window } from './room-view';
import { TABLE_FIRST_HU, TABLE_STEP_HU, transferTable } from './transfer';

/** Opacity, of 255, from which a voxel is taken for what one points at. */
const SOLID = 36;

/** The least HU that this window shows clearly. */
export function visibleFrom(window: Window): number {
  const table = transferTable(window);
  for (let i = 0; i * 4 < table.length; i++) if ((table[i * 4 + 3] ?? 0) >= SOLID) return TABLE_FIRST_HU + i * TABLE_STEP_HU;
  return Infinity;
}

/** Whether a point is on the side of the plane that is drawn. */
export function kept(plane: Plane | null, point_lps_mm: Vec3): boolean {
  return !plane || dot(plane.normal_lps, point_lps_mm) <= plane.offset_mm;
}

/** Whether the body, without skin and couch, holds this point; true while that is not known. */
export function inBody(store: VolumeStore, point_lps_mm: Vec3): boolean {
  return holds(store, store.body, point_lps_mm);
}

export interface Hit {
  /** In the patient; of what is moved apart, where it is in the body. */
  readonly lps_mm: Vec3;
  /** Where it is seen. */
  readonly room: Vector3;
}

/** What one sees of the hologram along a ray of the room. */
export function pick(view: HologramView, origin: Vector3, direction: Vector3, surfaces = true): Hit | undefined {
  const state = view.state;
  if (!state) return undefined;
  const ray: Ray = { origin_lps_mm: view.lpsFromRoom(origin), direction_lps: view.lpsDirection(direction) };
  if (!boxInterval(view.store.manifest, ray)) return undefined;
  const hits: Hit[] = [];
  if (state.mode !== 'surfaces' && view.volumeVisible) {
    const skin = state.layers['skin']?.visible ?? false;
    const hit = firstHit(view.store.hu, view.store.manifest, ray, {
      threshold_hu: visibleFrom(state.window),
      keep: (p) => kept(state.clip, p) && inBox(state.crop, p) && (view.inside ? holds(view.store, view.inside, p) : skin || inBody(view.store, p)),
    });
    if (hit) hits.push({ lps_mm: hit, room: view.roomFromLps(hit) });
  }
  if (surfaces && state.mode !== 'volume') hits.push(...surfaceHits(view, origin, direction));
  hits.sort((a, b) => a.room.distanceTo(origin) - b.room.distanceTo(origin));
  return hits[0];
}

/** Whether a ray meets the hologram's box at all. */
export function meets(view: HologramView, origin: Vector3, direction: Vector3): boolean {
  if (!view.state) return false;
  const ray: Ray = { origin_lps_mm: view.lpsFromRoom(origin), direction_lps: view.lpsDirection(direction) };
  return boxInterval(view.store.manifest, ray) !== undefined;
}

function surfaceHits(view: HologramView, origin: Vector3, direction: Vector3): Hit[] {
  const caster = new Raycaster(origin, direction.clone().normalize());
  return caster
    .intersectObjects(view.surfaces.meshes, false)
    .map(({ point, object }) => ({ room: point, seen: view.lpsFromRoom(point), moved: lpsFromLocal(object.position.toArray()) }))
    .filter(({ seen }) => kept(view.state?.clip ?? null, seen) && inBox(view.state?.crop, seen))
    .map(({ room, seen, moved }) => ({ room, lps_mm: subtract(seen, moved) }))
    .slice(0, 1);
}
