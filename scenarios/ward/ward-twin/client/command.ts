/** What `/api/wards/{ward}/command`, `/api/tags`, `/api/plans` and `/api/ward-figures/weeks` answer. */
import type { Dispatch, Escalation, Plan, PlanRun, Priority, Rule, SwitchedOff } from '../../../../contract/alarms';
import type { OldView, Text } from './ward';
import type { Say } from './words';

export interface Position {
  /** Of a place that was said by its name the middle; none where that is not drawn. */
  readonly floor_m: readonly [number, number] | null;
  /** The location, where it was said by its name. */
  readonly place: string | null;
  readonly at: string;
  readonly uncertainty_m: number | null;
}

/** Why somebody or something cannot be sent now, and about which bed that is, where it is told. */
export interface Keeps {
  readonly why: 'alarm' | 'errand' | 'patient' | 'fault' | 'retired';
  readonly place: string | null;
}

export interface Placed {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly room: string | null;
  readonly position: Position | null;
  /** The tag whose trace the reader may see. */
  readonly tag: string | null;
  readonly free: boolean;
  readonly keeps: Keeps | null;
  /** The tag is outside of the ward's outline. */
  readonly outside: boolean;
  /** The most urgent open alarm about a thing. */
  readonly alarm: Priority | null;
}

export interface Drawn {
  readonly id: string;
  readonly name: string;
  readonly kind: 'ward' | 'room' | 'bed';
  readonly floor_m: readonly (readonly [number, number])[] | null;
  readonly alarm: Priority | null;
}

export interface MissionView {
  readonly id: string;
  readonly ward: string;
  readonly bed: string;
  readonly bed_name: string;
  readonly by: string;
  readonly at: string;
  readonly run: PlanRun | null;
  readonly sent: readonly Dispatch[];
  readonly asked: boolean;
  readonly comes: boolean;
  /** Nobody comes for some of it, though the time to answer is over. */
  readonly late: boolean;
  readonly overdue: readonly string[];
}

export interface CommandView {
  readonly now: string;
  readonly id: string;
  readonly name: string;
  /** Of which edges what is shown is old. */
  readonly old: readonly OldView[];
  readonly drawn: readonly Drawn[];
  /** Where besides beds somebody can be sent, by id. */
  readonly places: Readonly<Record<string, string>>;
  readonly people: readonly Placed[];
  readonly equipment: readonly Placed[];
  readonly patients: readonly Placed[];
  readonly missions: readonly MissionView[];
  readonly roles: readonly string[];
  /** What the hospital calls duties of its own. */
  readonly role_names: Readonly<Record<string, string>>;
  readonly kinds: Readonly<Record<string, Text>>;
  readonly names: Readonly<Record<string, string>>;
}

/** Milliseconds since 1970, then metres. */
export type TracePoint = readonly [number, number, number];

/** A place that was said by its name. */
export interface TracePlace {
  readonly at: number;
  readonly id: string;
  readonly name: string;
  readonly floor_m: readonly [number, number] | null;
}

export interface Trace {
  readonly tag: string;
  readonly points: readonly TracePoint[];
  readonly places: readonly TracePlace[];
  /** Where to ask on; none where this is all. */
  readonly next: string | null;
}

/** A while in which two were together: in a room, or only near. */
export interface Stretch {
  readonly place: string | null;
  readonly from: string;
  readonly to: string;
  /** How near they came, where both were measured. */
  readonly least_m: number | null;
}

export interface Contact {
  readonly kind: 'patient' | 'person' | 'thing';
  readonly id: string;
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

/** Who and what was with the carrier of a tag. */
export interface Contacts {
  readonly from: string;
  readonly to: string;
  /** For how many seconds it is known where the carrier was. */
  readonly located_s: number;
  readonly contacts: readonly Contact[];
  /** How many patients were there too whom one may not see. */
  readonly hidden: number;
  readonly next: string | null;
}

export interface HeldRun {
  readonly run: PlanRun;
  readonly ward: string | null;
  readonly bed: string;
  readonly ended: string | null;
  readonly steps: number;
  readonly done: number;
  readonly late: number;
}

export interface PlansView {
  readonly plans: readonly Plan[];
  /** The rules in force, and those that the hospital switched off. */
  readonly rules: readonly Rule[];
  readonly off: readonly SwitchedOff[];
  readonly version: string;
  readonly escalation: Escalation;
  readonly held: readonly HeldRun[];
}

export interface Week {
  readonly from: number;
  readonly to: number;
  readonly by_priority: Readonly<Partial<Record<Priority, number>>>;
  readonly by_rule: Readonly<Record<string, number>>;
  readonly alarms: number;
  readonly bed_days: number;
  readonly alarms_per_bed_day: number | null;
  readonly seconds_to_take: number | null;
  readonly closed: number;
  readonly false_or_technical: number;
}

export interface WardWeeks {
  readonly id: string;
  readonly name: string;
  /** Of which edges what is counted is old. */
  readonly old: readonly OldView[];
  readonly weeks: readonly Week[];
  readonly rules: Readonly<Record<string, Text>>;
}

/** Whether somebody or something can be sent, and why not. */
export function doingOf({ keeps }: Pick<Placed, 'keeps'>, say: Say): string {
  if (keeps === null) return say('free');
  const why = say(`busy-${keeps.why}`);
  return say('busyWhy', { why: keeps.place === null ? why : `${why}, ${keeps.place}` });
}

/** Everybody and everything as it is drawn: what says the same place stands there side by side. */
export function drawnMarks(view: CommandView): readonly { readonly one: Placed; readonly kind: 'person' | 'thing' | 'patient'; readonly at_m: readonly [number, number] }[] {
  const all = [
    ...view.equipment.map((one) => ({ one, kind: 'thing' as const })),
    ...view.patients.map((one) => ({ one, kind: 'patient' as const })),
    ...view.people.map((one) => ({ one, kind: 'person' as const })),
  ];
  const here = (place: string): readonly Placed[] => all.filter(({ one }) => one.position?.place === place).map(({ one }) => one);
  return all.flatMap((mark) => {
    const { position } = mark.one;
    if (!position?.floor_m) return [];
    const [x, y] = position.floor_m;
    if (position.place === null) return [{ ...mark, at_m: [x, y] as const }];
    const beside = here(position.place);
    const step = beside.indexOf(mark.one) - (beside.length - 1) / 2;
    return [{ ...mark, at_m: [x + step * BESIDE_m, y] as const }];
  });
}

/** What is said of one who is in no room that is drawn: a place that was measured is known. */
export function noRoomWord({ outside, position }: Placed): 'outsideWard' | 'inNoRoom' | 'unknownPlace' {
  if (outside) return 'outsideWard';
  return position?.floor_m && position.place === null ? 'inNoRoom' : 'unknownPlace';
}

const BESIDE_m = 0.9;
/** From the middle of a mark to its edge. */
export const MARK_m = 0.35;

/** In metres: left, top, width, height. */
export type Box = readonly [number, number, number, number];

/** The box around everything that is drawn, with a margin. */
export function boxOf(points: readonly (readonly [number, number])[]): Box | undefined {
  if (points.length === 0) return undefined;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs) - 1, Math.min(...ys) - 1];
  return [left, top, Math.max(...xs) + 1 - left, Math.max(...ys) + 1 - top];
}

/** Which way a name below a mark runs, and from where: near an edge inwards, so that it stays within the box. */
export function anchorOf(x: number, [left, , width]: Box): { readonly anchor: 'start' | 'middle' | 'end'; readonly by_m: number } {
  const share = (x - left) / width;
  if (share < EDGE) return { anchor: 'start', by_m: -MARK_m };
  return share > 1 - EDGE ? { anchor: 'end', by_m: MARK_m } : { anchor: 'middle', by_m: 0 };
}

const EDGE = 0.2;

/** Time until a step should be done, or since it should have been, as minutes and seconds; negative: it is over. */
export function leftOf(started: string, within_s: number, now_ms: number): { readonly isOver: boolean; readonly time: string } {
  const left_s = Math.round((new Date(started).getTime() - now_ms) / 1000) + within_s;
  const [minutes, seconds] = [Math.floor(Math.abs(left_s) / 60), Math.abs(left_s) % 60];
  return { isOver: left_s < 0, time: `${minutes}:${String(seconds).padStart(2, '0')}` };
}
