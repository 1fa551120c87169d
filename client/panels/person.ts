/** A person's particulars in words. */
import type { Participant } from '../../contract/room';
import type { App } from '../core/app';
import { dayOf } from '../core/dates';
import { isVisitor } from '../core/figures';
import type { PatientTwin, TwinAnswer } from '../core/hospital';

const SEXES: Readonly<Record<string, 'male' | 'female' | 'other'>> = {
  m: 'male',
  male: 'male',
  f: 'female',
  female: 'female',
  o: 'other',
  other: 'other',
};

/** The name, or that there is none: who comes unconscious has none at first. */
export function nameWords(app: App, name: string | null | undefined): string {
  return name ?? app.t('patient.unnamed');
}

/** What somebody is and whether their licence for virtual rooms holds, as their name plate has it; who is no staff has none. */
export function badgeWords(app: App, { role, licence }: Pick<Participant, 'role' | 'licence'>): string {
  return isVisitor(role) ? roleWords(app, role) : [roleWords(app, role), app.t(`licence.${licence}`)].filter(Boolean).join(' · ');
}

/** The sex as recorded; what is not recorded is said, not guessed. */
export function sexWords(app: App, sex: string | null | undefined): string {
  return app.t(`sex.${SEXES[(sex ?? '').toLowerCase()] ?? 'unknown'}`);
}

/** The age in whole years. */
export function ageWords(app: App, years: number | null | undefined): string {
  return typeof years === 'number' ? app.t('patient.years', { n: Math.floor(years) }) : app.t('patient.notKnown');
}

/** How the server says that an age is that on the day of a scan: models count with it, not with today's. */
const AGE_AT_CT = 'age on the day of the newest CT';
const AGE_TODAY = 'age today';

/** The words for an age, which say on which day it holds; `undefined` for what is no age. */
export function ageLabel(
  app: Pick<App, 't' | 'language'>,
  twin: Pick<PatientTwin, 'studies'>,
  { source }: Pick<Extract<TwinAnswer, { state: 'known' }>, 'source'>,
): string | undefined {
  if (source.how === AGE_TODAY) return app.t('patient.ageToday');
  if (source.how !== AGE_AT_CT) return undefined;
  const days = twin.studies.flatMap(({ modality, date }) => (modality.includes('CT') ? [date.replaceAll('-', '')] : []));
  return app.t('patient.ageAtCt', { day: dayOf(days.sort().at(-1) ?? '', app.language()) });
}

/** The models count no years since quitting for those who never smoked or smoke now; people read that otherwise. */
export function sinceQuitting(app: Pick<App, 't'>, name: string, { answers }: Pick<PatientTwin, 'answers'>): string | undefined {
  const [years, smoked] = [answers['years_since_quit'], answers['ever_smoker']];
  if (name !== 'years_since_quit' || years?.state !== 'known' || years.value !== 0 || smoked?.state !== 'known') return undefined;
  return app.t(smoked.value === true ? 'patient.smokesNow' : 'patient.neverSmoked');
}

const ROLES = ['expert', 'terminal-doctor', 'nurse', 'patient', 'related-person', 'manager', 'researcher', 'trainee', 'technician', 'admin'] as const;

/** A role in words; one that is not known here is left out. */
export function roleWords(app: Pick<App, 't'>, role: string): string {
  const known = ROLES.find((one) => one === role);
  return known ? app.t(`role.${known}`) : '';
}
