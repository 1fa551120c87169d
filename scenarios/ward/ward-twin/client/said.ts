/** What is said of a ward: one model, from which tables, the screens in 3D and the panel in a headset all take their words. */
import type { Dispatch, Forecast, OfferState, Reading } from '../../../../contract/alarms';
import type { CardInput, ScoreFound } from '../../../../contract/knowledge';
import { momentOf } from '../../../../client/core/dates';
import type { DiskRoom } from '../../../../client/core/disk-room';
import { asideIn, clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { isNobodys, tieWord } from './at-bed';
import { paceOf } from './pace';
import type { Pace } from './pace';
import { rateOf, shown, unitOf, vitalOf, worst } from './ward';
import type { AlarmView, BedView, EnteredView, OldView, Point, Priority, StaffView, Text, VitalNow, WardView } from './ward';
import { roleIn } from './words';
import type { Say, Word } from './words';

/** Where nothing is known, this stands. */
export const NOTHING = '–';

/** A value in words, and whether it is of now. None was measured: no text. */
export interface Value {
  readonly text: string | undefined;
  readonly fresh: boolean;
}

/** One vital sign of a row: a pair has two values. */
export interface Cell {
  readonly word: Word;
  readonly values: readonly Value[];
  readonly unit: string;
  readonly line: readonly Point[];
}

export interface BedSaid {
  readonly id: string;
  readonly name: string;
  readonly occupied: boolean;
  readonly who: { readonly name: string; readonly age: string | undefined; readonly isKnown: boolean };
  readonly news2: { readonly value: string | undefined; readonly word: string; readonly band: string; readonly missing: readonly { readonly input: string; readonly why: Text }[] };
  readonly vitals: readonly Cell[];
  /** What is measured besides what has a column, and is not of the room. */
  readonly others: readonly { readonly name: string; readonly value: Value; readonly unit: string }[];
  /** How heart and lungs move. */
  readonly pace: Pace;
  readonly alarm: { readonly priority: Priority; readonly word: string; readonly calls: boolean } | undefined;
  readonly devices: readonly { readonly name: string; readonly state: string; readonly online: boolean }[];
}

export interface RoomSaid {
  readonly id: string;
  readonly name: string;
  /** None: nothing was measured in this room. */
  readonly air: readonly { readonly name: string; readonly value: Value; readonly unit: string }[];
}

export interface StaffSaid {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly where: string;
  readonly doing: string;
}

export interface WardSaid {
  readonly beds: readonly BedSaid[];
  readonly rooms: readonly RoomSaid[];
  readonly staff: readonly StaffSaid[];
  readonly say: Say;
}

/** Somebody was sent to a bed, with an alarm or without one. */
export interface Errand {
  readonly bed_name: string;
  readonly sent: readonly Dispatch[];
}

const ROOM_WORDS = ['room-temperature', 'room-humidity', 'room-co2', 'room-noise', 'room-light'] as const satisfies readonly Word[];
const GOES: ReadonlySet<OfferState> = new Set(['accepted', 'arrived']);

export function wardSaid(ward: WardView, errands: readonly Errand[], say: Say): WardSaid {
  return {
    beds: ward.beds.map((bed) => bedSaid(bed, ward, say)),
    rooms: Object.entries(ward.rooms).map(([id, name]) => ({ id, name, air: airOf(ward, id, say) })),
    staff: ward.staff.map((one) => staffSaid(one, [...ward.alarms, ...errands], say)),
    say,
  };
}

/** Of when what is shown of the beds of an edge is, where that is not now. */
export function oldSaid({ edge, is_silent, alarms_as_of, values_as_of }: OldView, say: Say): string {
  const language = say('language') as Language;
  const at = (moment: string | null): string => (moment === null ? say('oldNow') : momentOf(moment, language));
  if (is_silent && alarms_as_of === null) return say('oldUnknown', { edge });
  const word = is_silent ? 'oldSilent' : alarms_as_of === null ? 'oldValues' : 'oldAlarms';
  return say(word, { edge, alarms: at(alarms_as_of), values: at(values_as_of) });
}

/** That values are not kept, or soon will not be; nothing where there is room. */
export function diskSaid(room: DiskRoom, say: Say): string | undefined {
  if (room === 'full') return say('diskFull');
  return room === 'little' ? say('diskLittle') : undefined;
}

export function bedSaid(bed: BedView, ward: WardView, say: Say): BedSaid {
  const language = say('language') as Language;
  const alarm = worst(ward.alarms, bed.id);
  const age = bed.patient?.age ?? undefined;
  return {
    id: bed.id,
    name: bed.name,
    occupied: bed.occupied,
    who: {
      name: bed.patient?.name ?? say(bed.occupied ? 'hidden' : 'empty'),
      age: age === undefined ? undefined : say('years', { n: age }),
      isKnown: bed.patient !== null,
    },
    news2: news2Of(bed, say),
    vitals: vitalsOf(bed),
    others: othersOf(bed, language),
    pace: paceOf(bed),
    alarm: alarm && {
      priority: alarm.alarm.priority,
      word: inLanguage(ward.escalation[alarm.alarm.priority].signalling.word, language),
      calls: alarm.calls,
    },
    devices: bed.devices.map((device) => ({ name: device.name, online: device.online, state: say(isNobodys(device) ? tieWord(device.tie) : device.online ? 'online' : 'offline') })),
  };
}

export function valueOf(vital: VitalNow | undefined): Value {
  return { text: shown(vital), fresh: vital?.fresh ?? false };
}

function cell(bed: BedView, word: Word, ...vitals: readonly (VitalNow | undefined)[]): Cell {
  const [first] = vitals;
  return {
    word,
    values: vitals.map(valueOf),
    unit: unitOf(first?.unit ?? '1'),
    // The line belongs to the value that it stands beside.
    line: first ? (bed.lines[first.signal] ?? []) : [],
  };
}

function vitalsOf(bed: BedView): Cell[] {
  const of = (signal: string): VitalNow | undefined => vitalOf(bed, signal);
  const diastolic = of('diastolic');
  return [
    cell(bed, 'hr', rateOf(bed)),
    cell(bed, 'spo2', of('spo2')),
    cell(bed, 'rr', of('respiratory-rate')),
    cell(bed, 'bp', of('systolic'), ...(diastolic ? [diastolic] : [])),
    cell(bed, 'temp', of('temperature')),
  ];
}

const IN_COLUMNS: ReadonlySet<string> = new Set(['heart-rate', 'spo2', 'respiratory-rate', 'systolic', 'diastolic', 'temperature']);

function othersOf(bed: BedView, language: Language): BedSaid['others'] {
  return bed.vitals
    .filter(({ signal }) => !IN_COLUMNS.has(signal) && !signal.startsWith('room-'))
    .map((vital) => ({ name: inLanguage(vital.label, language), value: valueOf(vital), unit: unitOf(vital.unit) }));
}

type Result = NonNullable<BedView['news2']>['result'];

export function missingOf(result: Result): BedSaid['news2']['missing'] {
  return result.state === 'assessed' ? [] : result.missing;
}

/** NEWS2 with its band in words; where something is missing, what it comes to at least and how much is missing. */
function news2Of({ news2 }: BedView, say: Say): BedSaid['news2'] {
  if (news2 === null) return { value: undefined, word: NOTHING, band: 'none', missing: [] };
  const { result } = news2;
  const missing = missingOf(result);
  if (result.state !== 'assessed') {
    const least = news2.at_least;
    const band = least?.band?.id;
    return {
      value: least && say('atLeast', { n: least.points }),
      word: [band && say(`band-${band}` as Word), say('missing', { n: missing.length })].filter(Boolean).join(' · '),
      band: band ?? 'none',
      missing,
    };
  }
  const band = news2.band?.id ?? 'low';
  return { value: String(result.value), word: say(`band-${band}` as Word), band, missing: [] };
}

/** How a room is, as the first of its beds hears it; what is not measured there says so by name. */
function airOf(ward: WardView, room: string, say: Say): RoomSaid['air'] {
  const bed = ward.beds.find((one) => one.room === room && one.vitals.some(({ signal }) => signal.startsWith('room-')));
  if (!bed) return [];
  return ROOM_WORDS.map((word) => {
    const vital = vitalOf(bed, word);
    return { name: say(word), value: valueOf(vital), unit: unitOf(vital?.unit ?? '1') };
  });
}

function staffSaid(one: StaffView, errands: readonly Errand[], say: Say): StaffSaid {
  const goes = errands.flatMap(({ bed_name, sent }) =>
    sent
      .flatMap(({ offers }) => offers)
      .filter(({ to, state }) => to === one.id && GOES.has(state))
      .map(({ state }) => `${say('errand')}${colonIn(say('language') as Language)}${bed_name}${asideIn(say(state), say('language') as Language)}`),
  );
  const doing = [...(one.holds > 0 ? [say('holds', { n: one.holds })] : []), ...goes];
  return {
    id: one.id,
    name: one.name || one.id,
    role: roleIn(say, one.role),
    where: one.places.join(', '),
    doing: doing.join(' · ') || NOTHING,
  };
}

/** A value as plain text, with the word for what is too old. */
export function valueText({ text, fresh }: Value, say: Say): string {
  if (text === undefined) return NOTHING;
  return fresh ? text : `${text} ${say('old')}`;
}

export const cellText = (one: Cell, say: Say): string => one.values.map((value) => valueText(value, say)).join(' / ');

export const devicesText = ({ devices }: BedSaid, say: Say): string =>
  devices.length === 0 ? NOTHING : `${devices.filter(({ online }) => online).length} / ${devices.length} ${say('online')}`;

export const deviceText = ({ name, state }: BedSaid['devices'][number]): string => `${name} · ${state}`;

/** What the band of a score asks for, and how often to observe; none where it lies in no band. */
export function responseSaid(found: Pick<ScoreFound, 'band' | 'observe'> | undefined, language: Language): string | undefined {
  const { band, observe } = found ?? {};
  return band && [band.response, observe].flatMap((text) => (text ? [inLanguage(text, language)] : [])).join(' · ');
}

/** What is asked at the bedside, with its unit: a pressure is taken in more than one. */
export function askedSaid({ label, unit }: Pick<CardInput, 'label' | 'unit'>, language: Language): string {
  const shown = unitOf(unit ?? '1');
  return shown === '' ? inLanguage(label, language) : `${inLanguage(label, language)}${asideIn(shown, language)}`;
}

/** The row of a bed as plain text: each column's name, and what stands there. */
export function rowText(bed: BedSaid, say: Say): readonly (readonly [string, string])[] {
  const { news2, who, alarm } = bed;
  return [
    [say('bed'), bed.name],
    [say('patient'), spaced(who.name, who.age)],
    [say('news2'), spaced(news2.value, news2.word)],
    ...bed.vitals.map((one) => [say(one.word), cellText(one, say)] as const),
    [say('alarms'), alarm?.word ?? NOTHING],
    [say('devices'), spaced(devicesText(bed, say), ...bed.devices.map(deviceText))],
  ];
}

/** What an alarm read: how the signal is called, and the value with its unit. */
export function readingSaid({ signal, value }: Reading, { signals }: WardView, language: Language): { readonly name: string; readonly value: string } {
  const known = signals[signal];
  return { name: known ? inLanguage(known.label, language) : signal, value: spaced(String(value), known && unitOf(known.unit)) };
}

/** Which device at the bed an alarm is about, and what that says of itself or what is measured of it. */
export function deviceSaid({ alarm }: AlarmView, ward: WardView, language: Language): string | undefined {
  const { device, said, steps } = alarm;
  if (device === undefined) return undefined;
  const read = steps.flatMap((step) => (step.step === 'raised' || step.step === 'back' ? [step.read] : [])).at(-1) ?? [];
  const measured = read.filter(({ signal }) => ward.signals[signal]?.unit !== '1').map((one) => readingSaid(one, ward, language));
  const words = said.length > 0 ? said : measured.map(({ name, value }) => spaced(name, value));
  const name = ward.equipment[device] ?? device;
  return words.length === 0 ? name : `${name}${colonIn(language)}${clausesIn(words, language)}`;
}

/** What is filled in of what is asked at the bedside; what was left open is not said. */
export function filledIn(asked: readonly Pick<CardInput, 'name' | 'kind'>[], given: Pick<FormData, 'get'>): Readonly<Record<string, number | boolean | string>> {
  const said = asked.flatMap(({ name, kind }) => {
    const text = given.get(name);
    if (typeof text !== 'string' || text === '') return [];
    return [[name, kind === 'number' ? Number(text) : kind === 'yes-no' ? text === 'yes' : text] as const];
  });
  return Object.fromEntries(said);
}

/** What somebody wrote down, as plain text. */
export function enteredSaid({ said }: EnteredView, language: Language): string {
  return clausesIn(said.map(({ label, value, unit }) => `${inLanguage(label, language)}${colonIn(language)}${spaced(inLanguage(value, language), unitOf(unit))}`), language);
}

/** How a room is, as plain text. */
export function roomText({ name, air }: RoomSaid, say: Say): string {
  const values = air.map((one) => (one.value.text === undefined ? `${one.name} ${say('noValue')}` : spaced(one.name, one.value.text, one.unit, one.value.fresh ? undefined : say('old'))));
  return `${name}${colonIn(say('language') as Language)}${values.join(' · ') || say('noValue')}`;
}

/** Who is on duty, as plain text: name, duty, place, and what this one is doing. */
export const staffText = ({ name, role, where, doing }: StaffSaid): string => [name, role, where, doing].filter(Boolean).join(' · ');

function spaced(...words: readonly (string | undefined)[]): string {
  return words.filter(Boolean).join(' ');
}

/** How a forecast is made, and how much better that was on recordings than that the last value stays. */
function methodSaid({ method, measured }: Forecast, say: Say): string {
  const name = say(`method-${method}`);
  if (measured === undefined) return name;
  const better = Math.round((1 - measured.error / measured.stays) * 100);
  return `${name}${method === 'persistence' ? say('method-no-better', { n: measured.forecasts }) : say('method-better', { n: measured.forecasts, better })}`;
}

/**
 * What is said of the minutes to come: an interval, or why there is none, since such ones did not hold on recordings or at
 * this bed; nothing where too little is known to judge.
 */
export function forecastSaid(forecast: Forecast, decimals: number, say: Say): string | undefined {
  const { ahead, band, held, measured } = forecast;
  if (measured === undefined) return undefined;
  const recorded = { ahead, recorded: measured.held, of_recorded: measured.shown };
  if (!forecast.is_believed) return say('forecast-none', recorded);
  const method = methodSaid(forecast, say);
  if (band === undefined) return held.of === 0 ? undefined : `${say('forecast-unsure', { ahead, ...held })} ${method}`;
  const own = held.of === 0 ? '' : say('forecast-own', { ...held });
  return `${say('forecast', { ...recorded, low: band.low.toFixed(decimals), high: band.high.toFixed(decimals) })}${own} ${method}`;
}
