/** What `/api/wards` and `/api/alarms` answer. */
import type { Alarm, Change, Dispatch, Escalation, Forecast, Limit, Plan, PlanRun, Priority, Signalling, Stepped, VitalNow } from '../../../../contract/alarms';
import type { ScoreFound } from '../../../../contract/knowledge';
import type { DiskRoom } from '../../../../client/core/disk-room';

export type { Alarm, Plan, Priority, VitalNow };

export interface Text {
  readonly zh: string;
  readonly en: string;
}

export interface WardName {
  readonly id: string;
  readonly name: string;
  readonly beds: number;
}

/** How a device belongs to a bed: `of-another` stands there and is still another patient's, `elsewhere` is of who lies there and stands at another bed. */
export type Tie = 'connected' | 'of-bed' | 'of-another' | 'elsewhere' | 'beside';

export interface DeviceView {
  readonly id: string;
  readonly name: string;
  readonly tie: Tie;
  readonly online: boolean;
  readonly heard: string | null;
}

export interface SourceView {
  readonly device: string;
  readonly stream: string;
}

/** What people call a signal, and its UCUM unit. */
export interface SignalView {
  readonly label: Text;
  readonly unit: string;
}

/** Milliseconds since 1970, and the value. */
export type Point = readonly [number, number];

export interface BedView {
  readonly id: string;
  readonly name: string;
  readonly room: string | null;
  readonly occupied: boolean;
  readonly patient: { readonly id: string; readonly name: string; readonly age: number | null; readonly sex: string | null } | null;
  readonly vitals: readonly VitalNow[];
  readonly lines: Readonly<Record<string, readonly Point[]>>;
  readonly limits: Readonly<Record<string, readonly Limit[]>>;
  readonly forecasts: Readonly<Record<string, readonly Forecast[]>>;
  readonly news2: ScoreFound | null;
  readonly scores: readonly ScoreFound[];
  readonly sources: Readonly<Record<string, SourceView>>;
  /** What the patient measured at home: in no score of the ward. */
  readonly from_home: readonly { readonly signal: string; readonly label: Text; readonly unit: string; readonly decimals: number; readonly value: number; readonly at: string }[];
  readonly devices: readonly DeviceView[];
  readonly doubts: readonly { readonly title: Text; readonly change: Change }[];
  readonly late: number;
  /** The signals whose newest value is not kept, since there is no room. */
  readonly unkept: readonly string[];
}

/** What somebody wrote down at a bed. */
export interface EnteredView {
  /** The id of its `Observation`. */
  readonly id: string;
  readonly at: string;
  /** The account of who did. */
  readonly by: string;
  readonly said: readonly { readonly label: Text; readonly value: Text; readonly unit: string }[];
  /** It is corrected at the edge alone. */
  readonly at_edge: boolean;
}

export interface AlarmView {
  readonly id: string;
  readonly alarm: Alarm;
  readonly bed_name: string;
  readonly calls: boolean;
  readonly called: readonly { readonly id: string; readonly name: string }[];
  readonly mine: boolean;
  /** Since when nothing is heard of the edge that leads it: it goes on here, and may have been taken there. */
  readonly last_known: string | null;
  /** What happened to it here while nothing was heard of that edge before. */
  readonly here: readonly Stepped[];
  readonly sources: Readonly<Record<string, SourceView>>;
  readonly plan: Plan | null;
  readonly run: PlanRun | null;
  readonly overdue: readonly string[];
  readonly sent: readonly Dispatch[];
  readonly asked: boolean;
  readonly equipment: readonly { readonly id: string; readonly label: Text; readonly device: string | null; readonly place: string | null }[];
}

export interface StaffView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly places: readonly string[];
  readonly holds: number;
}

/** An edge of a ward of which not all is known here until now. */
export interface OldView {
  readonly edge: string;
  /** Nothing is heard of it; where it was not heard since the hospital was started, nobody knows since when. */
  readonly is_silent: boolean;
  readonly alarms_as_of: string | null;
  readonly values_as_of: string | null;
}

export interface WardView {
  readonly now: string;
  readonly id: string;
  readonly name: string;
  readonly rooms: Readonly<Record<string, string>>;
  /** Of which edges what is shown is old. */
  readonly old: readonly OldView[];
  /** How much room there is for readings. */
  readonly room: DiskRoom;
  readonly beds: readonly BedView[];
  readonly alarms: readonly AlarmView[];
  readonly staff: readonly StaffView[];
  readonly escalation: Escalation;
  readonly plans: readonly Plan[];
  /** What rules look at. */
  readonly signals: Readonly<Record<string, SignalView>>;
  /** What people call the things that can be sent for. */
  readonly equipment: Readonly<Record<string, string>>;
}

export interface WardFigures {
  readonly id: string;
  readonly name: string;
  /** Of which edges what is counted is old. */
  readonly old: readonly OldView[];
  readonly beds: number;
  readonly occupied: number;
  readonly open: Readonly<Partial<Record<Priority, number>>>;
  readonly untaken: number;
  readonly alarms: number;
  readonly alarms_per_bed_day: number | null;
  readonly seconds_to_take: number | null;
  readonly false_or_technical: number;
  readonly closed: number;
  readonly news2: Readonly<Record<string, number>>;
  readonly devices: number;
  readonly devices_silent: number;
}

export const PRIORITIES: readonly Priority[] = ['high', 'medium', 'low'];

/** A value as it is shown. */
export function shown(vital: VitalNow | undefined): string | undefined {
  return vital?.value === undefined ? undefined : vital.value.toFixed(vital.decimals);
}

/** A UCUM unit as people write it; none for what has none. */
export function unitOf(unit: string): string {
  return unit === '1' ? '' : unit === 'Cel' ? '°C' : unit.replaceAll(/[[\]]/g, '');
}

export function vitalOf(bed: BedView, signal: string): VitalNow | undefined {
  return bed.vitals.find((vital) => vital.signal === signal);
}

/** The heart rate, or the oximeter's pulse where no electrode measures. */
export function rateOf(bed: BedView): VitalNow | undefined {
  const heart = vitalOf(bed, 'heart-rate');
  return heart?.fresh ? heart : (vitalOf(bed, 'pulse') ?? heart);
}

/** The most urgent open alarm of a bed. */
export function worst(alarms: readonly AlarmView[], bed: string): AlarmView | undefined {
  return alarms.find(({ alarm }) => alarm.bed === bed);
}

/** So many alarms of elsewhere are named; the rest is counted. */
const NAMED = 3;

/** How many open alarms do not stand at a bed, and the first of them as they come: the most urgent first. */
export function elsewhereOf(alarms: readonly AlarmView[], bed: string | undefined): { readonly count: number; readonly first: readonly AlarmView[] } {
  const found = alarms.filter(({ alarm }) => alarm.bed !== bed);
  return { count: found.length, first: found.slice(0, NAMED) };
}

const ALARM = 'alarm-';
const ALARMS = 'ward-alarms';

/** The address of an alarm's card, and of the list of all. */
export const placeOfAlarm = (ward: string, alarm: string): string => `/scenarios/ward-twin/${encodeURIComponent(ward)}#${ALARM}${alarm}`;
export const placeOfAlarms = (ward: string): string => `/scenarios/ward-twin/${encodeURIComponent(ward)}#${ALARMS}`;

/** Which bed stays open when a part of the page is gone to: none where that is an alarm of elsewhere, or the list of all. */
export function bedFor(part: string, opened: string | undefined, alarms: readonly AlarmView[]): string | undefined {
  const stands = alarms.some(({ id, alarm }) => part === `${ALARM}${id}` && alarm.bed === opened);
  return stands || !(part === ALARMS || part.startsWith(ALARM)) ? opened : undefined;
}

/** Whether its sound may be paused: once, until the next person is told. */
export function mayPause({ paused_until, steps }: Alarm): boolean {
  const told = steps.findLastIndex(({ step }) => step === 'told' || step === 'given-back');
  return paused_until === undefined && !steps.slice(told + 1).some(({ step }) => step === 'paused');
}

/** How often a sign that calls flashes, as a style; one of 0 hertz is steady. */
export function flashed({ flash_hz }: Pick<Signalling, 'flash_hz'>): { '--flash-every'?: string } {
  return flash_hz > 0 ? { '--flash-every': `${1 / flash_hz}s` } : {};
}

/** Hours and minutes of a moment, as this device has them. */
export function clock(moment: string | number, language: string): string {
  return new Date(moment).toLocaleTimeString(language === 'zh' ? 'zh-CN' : 'en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
