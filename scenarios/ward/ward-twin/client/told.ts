/** What the panel in a headset says: the ward, or the bed at which somebody stands, with what one can do there. */
import { clausesIn, colonIn, inLanguage, listIn } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { PanelContent } from '../../../../client/xr/panel';
import { paceText } from './pace';
import { cellText, deviceSaid, deviceText, diskSaid, oldSaid, roomText, rowText, staffText, valueText } from './said';
import type { BedSaid, Cell, Value, WardSaid } from './said';
import { SIGN } from './screen';
import { clock, mayPause } from './ward';
import type { AlarmView, WardView } from './ward';
import type { Say } from './words';

/** Beds that the ward's panel offers to go to: those that call come first. */
const OFFERED = 6;
const VITALS_A_LINE = 2;

export interface Told {
  readonly ward: WardView;
  readonly said: WardSaid;
  readonly say: Say;
  readonly language: Language;
  /** Who reads it. */
  readonly me: string | undefined;
  /** Looked back to: nothing can be done. */
  readonly isPast: boolean;
  readonly night: boolean;
}

/** The ward as a whole: alarms in words, and ways to beds. */
export function wardPanel(told: Told): PanelContent {
  const { ward, said, say, language } = told;
  const untaken = ward.alarms.filter(({ alarm }) => alarm.taken === undefined).length;
  const calling = new Set(ward.alarms.map(({ alarm }) => alarm.bed));
  const beds = [...ward.beds].sort((a, b) => Number(calling.has(b.id)) - Number(calling.has(a.id))).slice(0, OFFERED);
  return {
    title: ward.name,
    lines: [
      ...ward.old.map((one) => oldSaid(one, say)),
      ...[diskSaid(ward.room, say) ?? []].flat(),
      say('bedsOf', { n: ward.beds.length, m: ward.beds.filter(({ occupied }) => occupied).length }),
      ward.alarms.length === 0 ? say('noAlarms') : say('alarmsOpen', { n: ward.alarms.length, m: untaken }),
      ...ward.alarms.slice(0, 3).map((one) => `${alarmWord(one, say, ward)} · ${one.bed_name} · ${inLanguage(one.alarm.title, language)}`),
      say('walkHint'),
      // The boards beside the door say the rest.
      ...(said.staff.length === 0 ? [say('noStaff')] : said.staff.map(staffText)),
      ...said.rooms.map((one) => roomText(one, say)),
    ],
    buttons: [...beds.map(({ id, name }) => ({ id: `go:${id}`, label: say('goTo', { bed: name }) })), ...always(told)],
  };
}

/** One bed: who lies there, its alarm with what to do about it, and all that its screen says. */
export function bedPanel(bed: BedSaid, told: Told): PanelContent {
  const { ward, said, say, language, me, isPast } = told;
  const alarms = ward.alarms.filter(({ alarm }) => alarm.bed === bed.id);
  const [first] = alarms;
  const [, [, who], news2] = rowText(bed, say) as [unknown, readonly [string, string], readonly [string, string]];
  const room = said.rooms.find(({ id }) => id === ward.beds.find((one) => one.id === bed.id)?.room);
  const taken = first?.alarm.taken;
  return {
    title: `${bed.name} · ${who}`,
    lines: [
      // What calls comes first: what has no room on the panel is cut off below.
      ...(first ? [`${alarmWord(first, say, ward)} · ${inLanguage(first.alarm.title, language)}`, ...[deviceSaid(first, ward, language) ?? []].flat(), state(first, told)] : []),
      ...(alarms.length > 1 ? [say('moreAlarms', { n: alarms.length - 1 })] : []),
      news2.join(' '),
      ...lines([...bed.vitals.map((one) => cellWords(one, say)), ...bed.others.map((one) => otherWords(one, say))]),
      ...(bed.occupied ? [`${say('heart')} ${paceText(bed.pace.heart, say)} · ${say('lungs')} ${paceText(bed.pace.lungs, say)}`] : []),
      `${say('devices')}${colonIn(language)}${clausesIn(bed.devices.map(deviceText), language) || say('noValue')}`,
      ...(room ? [roomText(room, say)] : []),
      say('notDevice'),
    ],
    buttons: [
      ...(first && !isPast && taken?.by !== me ? [{ id: `take:${first.id}`, label: say('take') }] : []),
      ...(first && !isPast && taken?.by === me ? [{ id: `give-back:${first.id}`, label: say('giveBack') }] : []),
      ...(first && !isPast && mayPause(first.alarm) ? [{ id: `pause:${first.id}`, label: say('pauseShort') }] : []),
      { id: 'door', label: say('toDoor') },
      ...always(told),
    ],
  };
}

/** How urgent an alarm is, by shape and word. */
function alarmWord({ alarm }: AlarmView, say: Say, ward: WardView): string {
  const { word } = ward.escalation[alarm.priority].signalling;
  return `${SIGN[alarm.priority]} ${say('language') === 'zh' ? word.zh : word.en}`;
}

function always({ say, night }: Told): PanelContent['buttons'] {
  return [
    { id: 'night', label: say(night ? 'dayMode' : 'night') },
    { id: 'leave', label: say('leaveXr') },
  ];
}

/** A value of the bed's row, with its unit beside its name. */
function cellWords(one: Cell, say: Say): string {
  return `${named(say(one.word), one.unit)} ${cellText(one, say)}`;
}

function otherWords({ name, unit, value }: { readonly name: string; readonly unit: string; readonly value: Value }, say: Say): string {
  return `${named(name, unit)} ${valueText(value, say)}`;
}

const named = (name: string, unit: string): string => (unit === '' ? name : `${name} (${unit})`);

/** A few values side by side. */
function lines(words: readonly string[]): string[] {
  return words.flatMap((_, i) => (i % VITALS_A_LINE === 0 ? [words.slice(i, i + VITALS_A_LINE).join('   ')] : []));
}

function state({ alarm, mine, called }: AlarmView, { ward, say, language }: Told): string {
  const since = say('since', { at: clock(alarm.raised_at, language) });
  if (alarm.taken) {
    const { by } = alarm.taken;
    return `${since} · ${say('takenBy', { who: ward.staff.find(({ id }) => id === by)?.name ?? by })}`;
  }
  return `${since} · ${mine ? say('callsYou') : say('calls', { who: listIn(called.map(({ name }) => name), language) })}`;
}
