/** A person's particulars in words. */
import type { App } from '../core/app';

const SEXES: Readonly<Record<string, 'male' | 'female' | 'other'>> = {
  m: 'male',
  male: 'male',
  f: 'female',
  female: 'female',
  o: 'other',
  other: 'other',
};

/** The sex as recorded; what is not recorded is said, not guessed. */
export function sexWords(app: App, sex: string | null | undefined): string {
  return app.t(`sex.${SEXES[(sex ?? '').toLowerCase()] ?? 'unknown'}`);
}

/** The age in whole years. */
export function ageWords(app: App, years: number | null | undefined): string {
  return typeof years === 'number' ? app.t('patient.years', { n: Math.floor(years) }) : app.t('patient.notKnown');
}

const ROLES = ['expert', 'terminal-doctor', 'nurse', 'patient', 'manager', 'researcher', 'trainee', 'admin'] as const;

/** A role in words; one that is not known here is left out. */
export function roleWords(app: App, role: string): string {
  const known = ROLES.find((one) => one === role);
  return known ? app.t(`role.${known}`) : '';
}
