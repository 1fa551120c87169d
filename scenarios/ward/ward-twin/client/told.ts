/** What the panel in a headset says: the ward, or the bed at which somebody stands, with what one can do there. */
import { inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { PanelContent } from '../../../../client/xr/panel';
import { alarmWord, screenLines } from './screen';
import { clock, shown } from './ward';
import type { AlarmView, BedView, VitalNow, WardView } from './ward';
import type { Say } from './words';

/** Beds that the ward's panel offers to go to: those that call come first. */
const OFFERED = 6;
const VITALS_A_LINE = 2;

export interface Told {
  readonly ward: WardView;
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
  const { ward, say, language } = told;
  const untaken = ward.alarms.filter(({ alarm }) => alarm.taken === undefined).length;
  const calling = new Set(ward.alarms.map(({ alarm }) => alarm.bed));
  const beds = [...ward.beds].sort((a, b) => Number(calling.has(b.id)) - Number(calling.has(a.id))).slice(0, OFFERED);
  return {
    title: ward.name,
    lines: [
      say('bedsOf', { n: ward.beds.length, m: ward.beds.filter(({ occupied }) => occupied).length }),
      ward.alarms.length === 0 ? say('noAlarms') : say('alarmsOpen', { n: ward.alarms.length, m: untaken }),
      ...ward.alarms.slice(0, 3).map((one) => `${alarmWord(one, say, ward)} · ${one.bed_name} · ${inLanguage(one.alarm.title, language)}`),
      say('walkHint'),
    ],
    buttons: [...beds.map(({ id, name }) => ({ id: `go:${id}`, label: say('goTo', { bed: name }) })), ...always(told)],
  };
}

/** One bed: who lies there, NEWS2, each value with its unit, and its most urgent alarm with what to do about it. */
export function bedPanel(bed: BedView, told: Told): PanelContent {
  const { ward, say, language, me, isPast } = told;
  const alarms = ward.alarms.filter(({ alarm }) => alarm.bed === bed.id);
  const [first] = alarms;
  const [news2] = screenLines(bed, say);
  const vitals = bed.vitals.map((vital) => vitalWords(vital, language, say));
  const taken = first?.alarm.taken;
  return {
    title: `${bed.name} · ${bed.patient?.name ?? say(bed.occupied ? 'hidden' : 'empty')}`,
    lines: [
      // What calls comes first: what has no room on the panel is cut off below.
      ...(first ? [`${alarmWord(first, say, ward)} · ${inLanguage(first.alarm.title, language)}`, state(first, told)] : []),
      ...(alarms.length > 1 ? [say('moreAlarms', { n: alarms.length - 1 })] : []),
      ...(bed.occupied && news2 ? [news2.join(' ')] : []),
      ...lines(vitals.length === 0 && bed.occupied ? [say('noValue')] : vitals),
      say('notDevice'),
    ],
    buttons: [
      ...(first && !isPast && taken?.by !== me ? [{ id: `take:${first.id}`, label: say('take') }] : []),
      ...(first && !isPast && taken?.by === me ? [{ id: `give-back:${first.id}`, label: say('giveBack') }] : []),
      ...(first && !isPast && !first.alarm.paused_until ? [{ id: `pause:${first.id}`, label: say('pauseShort') }] : []),
      { id: 'door', label: say('toDoor') },
      ...always(told),
    ],
  };
}

function always({ say, night }: Told): PanelContent['buttons'] {
  return [
    { id: 'night', label: say(night ? 'dayMode' : 'night') },
    { id: 'leave', label: say('leaveXr') },
  ];
}

function vitalWords(vital: VitalNow, language: Language, say: Say): string {
  const unit = vital.unit === '1' ? '' : ` ${vital.unit}`;
  const value = shown(vital);
  if (value === undefined) return `${inLanguage(vital.label, language)} –`;
  return `${inLanguage(vital.label, language)} ${value}${unit}${vital.fresh ? '' : ` (${say('old')})`}`;
}

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
  return `${since} · ${mine ? say('callsYou') : say('calls', { who: called.map(({ name }) => name).join(', ') })}`;
}
