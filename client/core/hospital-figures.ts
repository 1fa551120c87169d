/** How wards and follow-up at home run, in figures that name nobody: on a page, and as a file that is the same. Pure. */
import type { App } from './app';
import { csvOf } from './csv';
import { dayOfMoment } from './dates';
import { nameIn } from './language';
import type { Language } from './language';
import { WORDS } from '../words/words';
import type { Key } from '../words/words';

/** What is told here of a week of a ward. */
export interface WeekFigures {
  readonly from: number;
  readonly alarms: number;
  readonly bed_days: number;
  readonly alarms_per_bed_day: number | null;
  readonly seconds_to_take: number | null;
  readonly closed: number;
  readonly false_or_technical: number;
}

export interface WardFigures {
  readonly id: string;
  readonly name: string;
  /** Of which edges what is counted is old. */
  readonly old: readonly unknown[];
  readonly weeks: readonly WeekFigures[];
}

export interface AtHome {
  /** For so many days what was raised or referred is counted. */
  readonly days: number;
  readonly figures: readonly HomeFigure[];
}

export interface HomeFigure {
  readonly of: string;
  readonly name: string;
  readonly value: number | null;
}

/** The figures of a week: what each is called, how it is read, and to how many places. */
export const OF_WEEK: readonly (readonly [Key, (week: WeekFigures) => number | null, number])[] = [
  ['quality.week.alarms', ({ alarms }) => alarms, 0],
  ['quality.week.bedDays', ({ bed_days }) => bed_days, 1],
  ['quality.week.perBedDay', ({ alarms_per_bed_day }) => alarms_per_bed_day, 2],
  ['quality.week.toTake', ({ seconds_to_take }) => seconds_to_take, 0],
  ['quality.week.closed', ({ closed }) => closed, 0],
  ['quality.week.false', ({ false_or_technical }) => false_or_technical, 0],
];

/** The week that begins then. */
export const weekShown = (from_ms: number, language: Language): string => dayOfMoment(new Date(from_ms).toISOString(), language);

/** A number to so many places; nothing where it is not known. */
export const placesOf = (value: number | null, places: number): string => value?.toFixed(places) ?? '';

/** A figure of follow-up at home: a count has no places, all others one; nothing where it is not known. */
export const homeShown = (value: number | null): string => (value === null ? '' : String(Number(value.toFixed(1))));

/** What a figure of follow-up at home is called. */
export function homeWords({ of, name }: Pick<HomeFigure, 'of' | 'name'>, t: App['t']): string {
  const key = `functions.${of}.${name}`;
  return key in WORDS.en ? t(key as Key) : name;
}

/** A line for each figure that is shown: of what, of which week, what it is called, and its value. */
export function figuresFile(wards: readonly WardFigures[], home: AtHome | undefined, t: App['t'], language: Language): string {
  const ofWards = wards.flatMap(({ name, weeks }) =>
    weeks.flatMap((week) =>
      OF_WEEK.map(([word, read, places]) => [nameIn(name, language), weekShown(week.from, language), t(word), placesOf(read(week), places)]),
    ),
  );
  const ofHome = (home?.figures ?? []).map((one) => [t('quality.home'), '', homeWords(one, t), homeShown(one.value)]);
  const heading = [t('quality.of'), t('quality.week'), t('functions.figure'), t('functions.value')];
  return csvOf([heading, ...ofWards, ...ofHome]);
}
