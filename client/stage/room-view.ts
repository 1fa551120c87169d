import type { Quat, Transform, Vec3 } from '../core/frames';

/** The part of a room that the stage shows and acts on; `client/room` keeps it. Shapes are those of crate `room`. */
export type EntityId = number;

export interface Window {
  readonly centre_hu: number;
  readonly width_hu: number;
}

export type Mode = 'volume' | 'surfaces' | 'both';

export interface Layer {
  readonly visible: boolean;
  readonly opacity: number;
}

/** What lies beyond the points `normal_lps · p = offset_mm` is not drawn. */
export interface Plane {
  readonly normal_lps: Vec3;
  readonly offset_mm: number;
}

export interface Hologram {
  readonly type: 'hologram';
  readonly series: string;
  /** Places the centre of the scan. */
  readonly transform: Transform;
  readonly window: Window;
  readonly mode: Mode;
  readonly layers: Readonly<Record<string, Layer>>;
  readonly clip: Plane | null;
  readonly cursor_lps_mm: Vec3;
  /** Nothing is drawn outside of it. */
  readonly crop?: CropBox | null;
  /** The surface whose inside alone is drawn. */
  readonly within?: string | null;
  /** The one surface that is drawn. */
  readonly only?: string | null;
  /** How far the surfaces are moved apart from their middle, 0 to 1. */
  readonly apart?: number;
  /** It lies on the shelf, and is not drawn. */
  readonly shelved?: boolean;
}

/** A box along the patient's axes. */
export interface CropBox {
  readonly min_lps_mm: Vec3;
  readonly max_lps_mm: Vec3;
}

export interface Measure {
  readonly type: 'measure';
  readonly hologram: EntityId;
  readonly kind: 'length' | 'hu' | 'angle' | 'volume';
  readonly points_lps_mm: readonly Vec3[];
  readonly value: { readonly state: 'assessed'; readonly value: number } | { readonly state: 'not-assessable' };
  readonly unit: string;
  /** For a volume: the surface whose inside was measured. */
  readonly layer?: string;
}

export interface Annotation {
  readonly type: 'annotation';
  readonly hologram: EntityId;
  readonly at_lps_mm: Vec3;
  readonly text: string;
}

/** A place where somebody asks for the nodule: everyone is shown what the hospital finds there. */
export interface NoduleSeed {
  readonly type: 'nodule';
  readonly hologram: EntityId;
  readonly at_lps_mm: Vec3;
}

/** A place that has a name. */
export interface Landmark {
  readonly type: 'landmark';
  readonly hologram: EntityId;
  readonly at_lps_mm: Vec3;
  readonly name: string;
}

/** A line that somebody drew with the pen in the air, in metres of the room. */
export interface AirLine {
  readonly type: 'line';
  readonly points_m: readonly Vec3[];
}

/** A line that somebody drew with the pen. */
export interface Stroke {
  readonly type: 'stroke';
  readonly hologram: EntityId;
  readonly points_lps_mm: readonly Vec3[];
}

/** A board on which people write and draw; its front looks along its own z axis. */
export interface Board {
  readonly type: 'board';
  readonly transform: Transform;
  readonly title: string;
}

/** A page of the client that stands in the room; its front looks along its own z axis. */
export interface Page {
  readonly type: 'page';
  readonly transform: Transform;
  /** Its path in this hospital, with a query and the name of a part where it has them. */
  readonly path: string;
  /** What whoever put it there says of it; may be empty. */
  readonly title: string;
}

/** `[across, down]`, from 0 to 1 of the board. */
export type BoardPoint = readonly [number, number];

/** A line on a board. */
export interface Ink {
  readonly type: 'ink';
  readonly board: EntityId;
  readonly points: readonly BoardPoint[];
}

/** Words on a board. */
export interface BoardNote {
  readonly type: 'board-note';
  readonly board: EntityId;
  readonly at: BoardPoint;
  readonly text: string;
}

export type OnBoard = Ink | BoardNote;
export type Entity = Hologram | Measure | Annotation | NoduleSeed | Landmark | Stroke | AirLine | Board | OnBoard | Page;

/** A lock on a hologram, board or page. */
export interface Locked {
  readonly by: string;
  /** The name of who locked it. */
  readonly name: string;
  /** Whether its marks stay as they are too. */
  readonly marks: boolean;
}

export interface Placed {
  readonly by: string;
  /** The name of who placed it; older rooms have none. */
  readonly name?: string;
  readonly entity: Entity;
  /** Nobody moves it. */
  readonly locked?: Locked;
}

export interface Pose {
  readonly position_m: Vec3;
  readonly rotation: Quat;
}

/** How far the fingers are bent, thumb first, and spread: 0 is straight and beside one another, 1 a fist or far apart. */
export interface Fingers {
  readonly curls: readonly [number, number, number, number, number];
  readonly spread: number;
}

/** A hand; its fingers rest where they are left out. */
export interface Hand extends Pose {
  readonly fingers?: Fingers | null;
}

export interface Pointer {
  readonly origin_m: Vec3;
  readonly hit_m: Vec3;
  readonly on: boolean;
}

/** Where a participant is and points; hands only where a device tracks them. */
export interface Poses {
  readonly head: Pose;
  readonly left?: Hand | null;
  readonly right?: Hand | null;
  readonly pointer?: Pointer | null;
  /** How far the mouth is open, from 0 to 1, where a camera sees it. */
  readonly mouth?: number | null;
}

export interface Participant {
  readonly id: string;
  readonly name: string;
  /** The account, by which they look the same everywhere; the seat's number where there is none. */
  readonly account?: string;
  /** The figure that they chose to look like, from 1; the account says it where they chose none. */
  readonly figure?: number;
  /** Their line is broken: they are shown faintly where they were. */
  readonly away?: boolean;
  /** Patients wear no medical dress. */
  readonly dress?: 'medical' | 'plain';
  /** Role and licence in words, for the name plate. */
  readonly badge?: string;
  /** A CSS colour that tells people apart, beside the name. */
  readonly colour?: string;
  /** Which place at the table is theirs, as the room gives them out; 0 is the nearest. */
  readonly place?: number;
  /** Whether they speak now. */
  readonly speaking?: boolean;
}

/** Fields to change of a hologram; those left out stay as they are. */
export type HologramPatch = { readonly type: 'hologram' } & Partial<Omit<Hologram, 'type' | 'series'>>;

/** Fields to change of a board. */
export type BoardPatch = { readonly type: 'board' } & Partial<Omit<Board, 'type'>>;

/** Fields to change of a page. */
export type PagePatch = { readonly type: 'page' } & Partial<Omit<Page, 'type'>>;

export type Act =
  | { readonly act: 'add'; readonly entity: Omit<Measure, 'value' | 'unit'> | Annotation | NoduleSeed | Landmark | Stroke | AirLine | Board | OnBoard | Page | Hologram }
  | { readonly act: 'set'; readonly id: EntityId; readonly patch: HologramPatch | BoardPatch | PagePatch }
  | { readonly act: 'remove'; readonly id: EntityId }
  | { readonly act: 'grab'; readonly id: EntityId }
  | { readonly act: 'release'; readonly id: EntityId; readonly transform?: Transform }
  | { readonly act: 'lock'; readonly id: EntityId; readonly marks: boolean }
  | { readonly act: 'unlock'; readonly id: EntityId }
  | { readonly act: 'undo' }
  | { readonly act: 'take'; readonly series: string };

/** The act by which a board or page comes to stand somewhere else. */
export function standAt(id: EntityId, { type }: Entity, transform: Transform): Act {
  return { act: 'set', id, patch: type === 'board' ? { type, transform } : { type: 'page', transform } };
}

/** In whose colour a line is drawn; who has left is remembered in the tools' own. */
export function colourOf(room: Pick<RoomView, 'participants'>, by: string): string {
  for (const one of room.participants()) if (one.account === by && one.colour) return one.colour;
  return '#7fe3dc';
}

/** A mark on images, with the colour of whose it is. */
export interface ImageMark {
  readonly entity: Measure | Annotation | Landmark | Stroke;
  readonly colour: string;
}

/** The marks on a hologram: those on others stay with them. */
export function marksOn(room: Pick<RoomView, 'entities' | 'participants'>, hologram: EntityId): readonly ImageMark[] {
  const all = [...room.entities().values()];
  return all.flatMap(({ by, entity }) => ('hologram' in entity && entity.type !== 'nodule' && entity.hologram === hologram ? [{ entity, colour: colourOf(room, by) }] : []));
}

export interface RoomView {
  /** One only looks on: nothing that is done here changes the room, and one goes where one likes. */
  readonly watching?: boolean;
  readonly selfId: string;
  entities(): ReadonlyMap<EntityId, Placed>;
  /** Everybody who is here, self included. */
  participants(): Iterable<Participant>;
  /** A participant's poses now, smoothed between packets; undefined before the first. */
  poses(participant: string, nowMs: number): Poses | undefined;
  /** Where somebody who holds this hologram, board or page has it now; undefined while nobody does. */
  held(id: EntityId, nowMs: number): { readonly by: string; readonly transform: Transform } | undefined;
  /** How loud somebody is heard now, from 0 to 1; the lips follow it. */
  loudness?(participant: string): number;
  /** Calls back when entities or participants changed; the returned function ends it. */
  onChange(listener: () => void): () => void;
  act(act: Act): void;
  /** Own poses, and where something is that is in hand; called as often as wanted, sent at the room's pace. */
  pose(poses: Poses, held?: { readonly id: EntityId; readonly transform: Transform }): void;
}
