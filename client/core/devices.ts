/** What the hospital answers about its devices: docs/contracts.md, "Devices". */
import type { SignalRow } from '../../contract/signals';
import type { DiskRoom } from './disk-room';
import { nameIn } from './language';
import type { Language, Text } from './language';

export interface DeviceRefusal {
  readonly at: string;
  readonly topic: string;
  readonly bytes: number;
  readonly code: string;
  readonly why: Text;
}

export interface DeviceQuality {
  readonly first_heard: string | null;
  readonly last_heard: string | null;
  /** The edge by which it sends; none where it sends here itself. */
  readonly edge?: string;
  readonly connected: boolean;
  readonly messages: number;
  readonly accepted: number;
  readonly duplicates: number;
  /** Values that the record had already. */
  readonly known: number;
  /** How often it was read more slowly, since it sent more than its kind may. */
  readonly slowed: number;
  readonly marks: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly latest: readonly DeviceRefusal[];
  readonly state: DeviceState | null;
  readonly state_at: string | null;
}

export interface DeviceState {
  readonly online?: boolean;
  readonly battery?: { readonly percent: number; readonly charging: boolean };
  readonly software?: string;
  readonly self_check?: { readonly passed: boolean; readonly reason?: string | null };
  readonly calibration_due?: string;
  /** Where it says that it is: the id of a location, if it is one. */
  readonly place?: string;
  readonly faults?: readonly string[];
}

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly profile: { readonly id: string; readonly title: Text; readonly version: number };
  readonly location: string | null;
  readonly location_name: string | null;
  /** What people call the place that it says; none where no location is called so. */
  readonly place_name: string | null;
  /** It measures nobody, and nobody and nothing carries it. */
  readonly nobodys: boolean;
  readonly serial: string | null;
  readonly active: boolean;
  readonly credentials: number;
  /** Until when it has a certificate that is good; none where it has none, or where that is not known here. */
  readonly certificate_until: string | null;
  readonly silent: boolean;
  /** Its patient does not lie in the bed at which it stands. */
  readonly left_behind: boolean;
  /** Only of patients whom one may see. */
  readonly patient?: string;
  readonly quality: DeviceQuality;
}

export interface TurnedAway {
  readonly at: string;
  readonly claimed: string | null;
  readonly from: string;
  readonly code: string;
  readonly why: Text;
  /** How often lately. */
  readonly times: number;
}

/** How an edge stands with its cloud. */
export interface EdgeState {
  readonly cloud: string;
  readonly last_sent: string | null;
  /** Why nothing goes out now. */
  readonly fault: string | null;
  readonly waiting: {
    readonly readings: number;
    /** Steps of alarms. */
    readonly alarms: number;
    /** What people wrote down at its beds. */
    readonly written: number;
    readonly oldest: string | null;
    readonly sent: number;
    /** Pieces that the cloud does not take. */
    readonly refused: number;
  };
  /** For which reasons the cloud does not take some of it, how often, and when last. */
  readonly not_taken: readonly NotTaken[];
  /** What the cloud hands down: when it was taken over last, and why it is not now. */
  readonly registry: { readonly at: string | null; readonly fault: string | null };
  /** Its clock: against the cloud's as far as it was compared; and whether it is earlier than what was written down here. */
  readonly clock: { readonly skew: Skew | null; readonly at: string | null; readonly is_behind: boolean };
  /** How much room it has for readings. */
  readonly room: DiskRoom;
  /** The package for devices that is fetched now. */
  readonly package: PackageUnderWay | null;
}

/** For which reason the cloud does not take some of what an edge sends, how often, and when last. */
export interface NotTaken {
  readonly why: string;
  readonly times: number;
  readonly at: string;
}

/** How far the clock of an edge is ahead of the cloud's, and what that may be off. */
export interface Skew {
  readonly ahead_ms: number;
  readonly doubt_ms: number;
  readonly is_wrong: boolean;
}

export interface PackageUnderWay {
  readonly package: string;
  readonly bytes: number;
  readonly of: number | null;
  readonly fault: string | null;
}

/** An edge of this hospital. */
export interface EdgeRow {
  readonly id: string;
  readonly locations: readonly string[];
  readonly last_heard: string | null;
  readonly skew: Skew | null;
  /** Until when its alarms are known here; none: until now. */
  readonly alarms_as_of: string | null;
  /** So what was measured and written down there. */
  readonly values_as_of: string | null;
  /** Why some of what it sent was not taken, since the hospital was started. */
  readonly not_taken: readonly NotTaken[];
}

export interface Devices {
  readonly devices: readonly Device[];
  readonly turned_away: readonly TurnedAway[];
  /** Files of which nobody knows what device wrote them; none for patients. */
  readonly files: Pick<DeviceQuality, 'refusals' | 'latest'> | null;
  readonly may_administer: boolean;
  /** Whether one may upgrade devices and ask them how they are. */
  readonly may_maintain: boolean;
  /** Only at an edge, for who administers. */
  readonly edge: EdgeState | null;
  /** For who maintains devices. */
  readonly edges: readonly EdgeRow[];
  /** How much room there is for readings; none for patients. */
  readonly room: DiskRoom | null;
  readonly now: string;
}

/** A kind of device that can be registered. */
export interface DeviceKind {
  readonly id: string;
  readonly title: Text;
}

/** A bed at which a device is, or could be connected, without who lies there. */
export interface BedFor {
  readonly ward: string;
  readonly ward_name: string;
  readonly bed: string;
  readonly name: string;
  readonly tie: 'connected' | 'of-bed' | 'of-another' | 'elsewhere' | null;
  readonly may_connect: boolean;
}

/** A ward, room or bed where a device may stand. */
export interface PlaceFor {
  readonly id: string;
  readonly name: string;
  /** The ward that it is, or lies in. */
  readonly ward_name: string | null;
  readonly kind: 'ward' | 'room' | 'bed';
}

/** What a place is called beside others. */
export function placeName({ name, ward_name, kind }: PlaceFor, language: Language): string {
  const within = kind === 'ward' || ward_name === null ? [] : [ward_name];
  return [...within, name].map((one) => nameIn(one, language)).join(' · ');
}

export type BedAct = 'connect' | 'disconnect';

/** What may be done with a device at a bed. */
export function bedActs({ tie, may_connect }: BedFor): readonly BedAct[] {
  return [...(may_connect ? (['connect'] as const) : []), ...(tie === null ? [] : (['disconnect'] as const))];
}

export const devicePath = (id: string, part?: string): string => ['/api/devices', encodeURIComponent(id), ...(part === undefined ? [] : [part])].join('/');

export const bedPath = ({ ward, bed }: BedFor, device: string): string =>
  ['/api/wards', encodeURIComponent(ward), 'beds', encodeURIComponent(bed), 'devices', encodeURIComponent(device)].join('/');

/** Why a new device cannot be called so; what is not typed yet is no fault. */
export function deviceIdFault(id: string, known: readonly Pick<Device, 'id' | 'active'>[]): 'form' | 'taken' | 'retired' | undefined {
  if (id === '') return undefined;
  if (!/^[\dA-Za-z.-]{1,31}$/.test(id)) return 'form';
  const has = known.find((device) => device.id === id);
  return has && (has.active ? 'taken' : 'retired');
}

/** What a device was asked to do, and what it answered. */
export interface DeviceCommand {
  readonly id: string;
  readonly command: string;
  readonly by: string;
  readonly at: string;
  readonly state: 'waiting' | 'accepted' | 'done' | 'refused' | 'failed' | 'withdrawn';
  readonly reason: string | null;
  readonly detail: unknown;
}

/** What a device sent along: how its self-check went, lines of its log as lines, anything else as it came. */
export function detailOf({ detail, reason }: Pick<DeviceCommand, 'detail' | 'reason'>, t: (key: 'devices.selfCheck.passed' | 'devices.selfCheck.failed') => string): string {
  if (detail === null || detail === undefined) return reason ?? '–';
  const { lines, passed, reason: why, ...more }: { lines?: unknown; passed?: unknown; reason?: unknown } = Object(detail);
  if (Array.isArray(lines)) return lines.join('\n');
  if (typeof passed !== 'boolean' || Object.keys(more).length > 0) return JSON.stringify(detail);
  return [t(passed ? 'devices.selfCheck.passed' : 'devices.selfCheck.failed'), why].filter((one) => typeof one === 'string').join(' · ');
}

/** A clock that is off in seconds, ahead with a plus. */
export function skewIn({ ahead_ms, doubt_ms }: Skew): { off: string; doubt: string } {
  const off_s = (Math.abs(ahead_ms) / 1000).toFixed(1);
  return { off: `${ahead_ms < 0 ? '−' : '+'}${off_s}`, doubt: (doubt_ms / 1000).toFixed(1) };
}

/** How far what is fetched is, in megabytes. */
export function megabytesOf({ bytes, of }: PackageUnderWay): { bytes: string; of: string } {
  const megabytes = (count: number): string => (count / 1e6).toFixed(1);
  return { bytes: megabytes(bytes), of: of === null ? '?' : megabytes(of) };
}

/** All of a list of counts. */
export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What is worth a look of what a device sends, with how often: marks, what came twice, how often it was slowed. */
export function markedOf({ marks, duplicates, known, slowed }: DeviceQuality): readonly (readonly [string, number])[] {
  const counts = Object.entries(marks).toSorted(([, one], [, other]) => other - one);
  return [...counts, ['twice', duplicates + known] as const, ['slowed', slowed] as const].filter(([, count]) => count > 0);
}

/** A device's certificate was turned away: whoever showed it claimed to be that device. */
export function certificateOf(device: Device, turnedAway: readonly TurnedAway[]): TurnedAway | undefined {
  return turnedAway.find(({ claimed, code }) => claimed === device.id && code.startsWith('certificate-'));
}

/** What somebody should do about a device. */
export type Care =
  | 'left-behind'
  | 'fault'
  | 'self-check'
  | 'certificate-over'
  | 'calibration-over'
  | 'battery'
  | 'silent'
  | 'certificate-soon'
  | 'calibration-soon';

const BATTERY_LOW_percent = 20;
const SOON_ms = 30 * 86_400_000;

/** What a device needs, the most urgent first; nothing of one that is out of service. */
export function careOf(device: Device, now_ms: number): readonly Care[] {
  if (!device.active) return [];
  const { state } = device.quality;
  const due_ms = Date.parse(state?.calibration_due ?? '');
  const ends_ms = Date.parse(device.certificate_until ?? '');
  const battery = state?.battery;
  const isSoon = (at_ms: number): boolean => at_ms > now_ms && at_ms - now_ms <= SOON_ms;
  const needs: readonly (readonly [Care, boolean])[] = [
    ['left-behind', device.left_behind],
    ['fault', (state?.faults ?? []).length > 0],
    ['self-check', state?.self_check?.passed === false],
    ['certificate-over', ends_ms <= now_ms],
    ['calibration-over', due_ms <= now_ms],
    ['battery', battery !== undefined && battery.percent < BATTERY_LOW_percent && !battery.charging],
    ['silent', device.silent],
    ['certificate-soon', isSoon(ends_ms)],
    ['calibration-soon', isSoon(due_ms)],
  ];
  return needs.filter(([, needed]) => needed).map(([care]) => care);
}

/** How a device stands, the worst first. */
export type Standing = 'retired' | 'never' | 'silent' | 'away' | 'here';

export function standingOf(device: Device): Standing {
  if (!device.active) return 'retired';
  if (device.quality.last_heard === null) return 'never';
  if (device.silent) return 'silent';
  return device.quality.connected ? 'here' : 'away';
}

/** Where a device is: as it says itself, else as it is registered. A place that names no location is given as it came. */
export function placeOf(device: Device): { readonly name: string; readonly said: string | null; readonly isKnown: boolean } | undefined {
  const said = device.quality.state?.place;
  if (said !== undefined) return { name: device.place_name ?? said, said: device.quality.state_at, isKnown: device.place_name !== null };
  if (device.location === null) return undefined;
  return { name: device.location_name ?? device.location, said: null, isKnown: true };
}

/** What the cloud lacks to take something of an edge, by how its reason begins: what can be done about it. */
const LACKS = [
  ['find the device', 'devices.edge.lacks.device'],
  ['find the stream', 'devices.edge.lacks.stream'],
  ['use another code or unit', 'devices.edge.lacks.stream'],
  ['believe a value', 'devices.edge.lacks.range'],
  ['find the patient', 'devices.edge.lacks.patient'],
  ['find the location', 'devices.edge.lacks.place'],
  ['find the bed', 'devices.edge.lacks.place'],
  ['take this of an edge', 'devices.edge.lacks.edge'],
  ['change ', 'devices.edge.lacks.anothers'],
  ['be read by the cloud', 'devices.edge.lacks.readable'],
] as const;

/** Why something of an edge is not taken, as a word; none for a reason that is not known here. */
export function lackOf({ why }: Pick<NotTaken, 'why'>): (typeof LACKS)[number][1] | undefined {
  return LACKS.find(([begins]) => why.startsWith(begins))?.[1];
}

/** Series that are about nobody: what is about somebody stands on that patient's page. */
export function ofNobody(rows: readonly SignalRow[]): readonly SignalRow[] {
  return rows.filter(({ patient }) => patient === null);
}
