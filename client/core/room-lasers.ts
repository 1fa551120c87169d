/** Where people point at images with the laser: others, for whoever sees them in slices, and who points on slices, for the others. */
import type { EntityId, Hologram, RoomView } from '../stage/room-view';
import { lpsFromRoom, roomFromLps } from './frames';
import type { Transform, Vec3, VoxelGrid } from './frames';
import type { RoomControl } from './room-control';

export interface Laser {
  readonly at_lps_mm: Vec3;
  readonly colour: string;
  readonly name: string;
}

/** A hand that rests trembles: less than this is no movement. */
const PER_MM = 2;

interface Standing {
  readonly id: EntityId;
  readonly state: Hologram;
}

/** Where the images stand or are carried now. */
function whereIs(view: RoomView, { id, state }: Standing, nowMs: number): Transform {
  return view.held(id, nowMs)?.transform ?? state.transform;
}

/** Where parts are moved apart what is seen at a place of the room lies elsewhere in the patient: no laser goes from one to the other. */
function isApart({ state }: Standing): boolean {
  return (state.apart ?? 0) > 0;
}

/** Where one's own laser ends in the room that is pointed at a place in the patient, as on a slice. */
export function ownLaser(view: RoomView, hologram: Standing, grid: VoxelGrid, at_lps_mm: Vec3, nowMs: number): Vec3 | undefined {
  return isApart(hologram) ? undefined : roomFromLps(grid, whereIs(view, hologram, nowMs), at_lps_mm);
}

/** The ends of others' lasers in the patient's frame. */
export function lasersAt(view: RoomView, hologram: Standing, grid: VoxelGrid, nowMs: number): readonly Laser[] {
  if (isApart(hologram)) return [];
  const transform = whereIs(view, hologram, nowMs);
  return pointersIn(view, nowMs).map(({ at_m, ...whose }) => {
    const [x, y, z] = lpsFromRoom(grid, transform, at_m).map((mm) => Math.round(mm * PER_MM) / PER_MM);
    return { at_lps_mm: [x ?? 0, y ?? 0, z ?? 0], ...whose };
  });
}

/** Whether one points at a board by moving over it: who has no stage, and with images only with the laser in hand or while one draws. */
export function pointsOver({ isDrawn, hologram, tool }: Pick<RoomControl, 'isDrawn' | 'hologram' | 'tool'>, draws: boolean): boolean {
  return !isDrawn() && (draws || tool() === 'point' || hologram() === undefined);
}

/** The ends of others' lasers in the room. */
export function pointersIn(view: RoomView, nowMs: number): readonly { readonly at_m: Vec3; readonly colour: string; readonly name: string }[] {
  return [...view.participants()].flatMap(({ id, colour = '#7fe3dc', name }) => {
    const pointer = id === view.selfId ? undefined : view.poses(id, nowMs)?.pointer;
    return pointer?.on ? [{ at_m: pointer.hit_m, colour, name }] : [];
  });
}
