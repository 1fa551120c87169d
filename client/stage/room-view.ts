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
}

export interface Measure {
  readonly type: 'measure';
  readonly hologram: EntityId;
  readonly kind: 'length' | 'hu';
  readonly points_lps_mm: readonly Vec3[];
  readonly value: { readonly state: 'assessed'; readonly value: number } | { readonly state: 'not-assessable' };
  readonly unit: string;
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

export type Entity = Hologram | Measure | Annotation | NoduleSeed;

export interface Placed {
  readonly by: string;
  readonly entity: Entity;
}

export interface Pose {
  readonly position_m: Vec3;
  readonly rotation: Quat;
}

export interface Pointer {
  readonly origin_m: Vec3;
  readonly hit_m: Vec3;
  readonly on: boolean;
}

/** Where a participant is and points; hands only where a device tracks them. */
export interface Poses {
  readonly head: Pose;
  readonly left?: Pose | null;
  readonly right?: Pose | null;
  readonly pointer?: Pointer | null;
}

export interface Participant {
  readonly id: string;
  readonly name: string;
  /** The account, by which they look the same everywhere; the seat's number where there is none. */
  readonly account?: string;
  /** Their line is broken: they are shown faintly where they were. */
  readonly away?: boolean;
  /** Patients wear no medical dress. */
  readonly dress?: 'medical' | 'plain';
  /** A CSS colour that tells people apart, beside the name. */
  readonly colour?: string;
  /** Whether they speak now. */
  readonly speaking?: boolean;
}

/** Fields to change of a hologram; those left out stay as they are. */
export type HologramPatch = { readonly type: 'hologram' } & Partial<Omit<Hologram, 'type' | 'series'>>;

export type Act =
  | { readonly act: 'add'; readonly entity: Omit<Measure, 'value' | 'unit'> | Annotation | NoduleSeed | Hologram }
  | { readonly act: 'set'; readonly id: EntityId; readonly patch: HologramPatch }
  | { readonly act: 'remove'; readonly id: EntityId }
  | { readonly act: 'grab'; readonly id: EntityId }
  | { readonly act: 'release'; readonly id: EntityId; readonly transform?: Transform }
  | { readonly act: 'undo' };

export interface RoomView {
  /** One only looks on: nothing that is done here changes the room, and one goes where one likes. */
  readonly watching?: boolean;
  readonly selfId: string;
  entities(): ReadonlyMap<EntityId, Placed>;
  /** Everybody who is here, self included. */
  participants(): Iterable<Participant>;
  /** A participant's poses now, smoothed between packets; undefined before the first. */
  poses(participant: string, nowMs: number): Poses | undefined;
  /** Where somebody who holds this hologram has it now; undefined while nobody does. */
  held(hologram: EntityId, nowMs: number): { readonly by: string; readonly transform: Transform } | undefined;
  /** How loud somebody is heard now, from 0 to 1; the lips follow it. */
  loudness?(participant: string): number;
  /** Calls back when entities or participants changed; the returned function ends it. */
  onChange(listener: () => void): () => void;
  act(act: Act): void;
  /** Own poses, and the transform of the hologram in hand; called as often as wanted, sent at the room's pace. */
  pose(poses: Poses, held?: { readonly hologram: EntityId; readonly transform: Transform }): void;
}
