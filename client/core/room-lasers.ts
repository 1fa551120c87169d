/** Where others point at images with the laser, for whoever sees them in slices. */
import type { EntityId, Hologram, RoomView } from '../stage/room-view';
import { lpsFromRoom } from './frames';
import type { Vec3, VoxelGrid } from './frames';

export interface Laser {
  readonly at_lps_mm: Vec3;
  readonly colour: string;
  readonly name: string;
}

/** A hand that rests trembles: less than this is no movement. */
const PER_MM = 2;

/** The ends of others' lasers in the patient's frame, by where the images stand or are carried now. */
export function lasersAt(view: RoomView, { id, state }: { readonly id: EntityId; readonly state: Hologram }, grid: VoxelGrid, nowMs: number): readonly Laser[] {
  const transform = view.held(id, nowMs)?.transform ?? state.transform;
  return [...view.participants()].flatMap((one): Laser[] => {
    const pointer = one.id === view.selfId ? undefined : view.poses(one.id, nowMs)?.pointer;
    if (!pointer?.on) return [];
    const [x, y, z] = lpsFromRoom(grid, transform, pointer.hit_m).map((mm) => Math.round(mm * PER_MM) / PER_MM);
    return [{ at_lps_mm: [x ?? 0, y ?? 0, z ?? 0], colour: one.colour ?? '#7fe3dc', name: one.name }];
  });
}
