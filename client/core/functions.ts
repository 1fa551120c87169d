/** What the hospital answers about its ten functions: docs/contracts.md. */

export const FUNCTIONS = [
  'monitoring',
  'tracing',
  'alarms',
  'dispatch',
  'plans',
  'security',
  'maintenance',
  'upgrades',
  'desktop',
  'decision',
] as const;

export type FunctionId = (typeof FUNCTIONS)[number];

export interface HospitalFunction {
  readonly id: FunctionId;
  /** Where it is done, or is shown to who asks. */
  readonly path: string;
  /** None where nobody can know it yet. */
  readonly figures: readonly { readonly name: string; readonly value: number | null }[];
}

export interface HospitalFunctions {
  readonly now: string;
  readonly functions: readonly HospitalFunction[];
}

/** Those for whom the policies have figures. */
export function seesFigures(roles: readonly string[] | undefined): boolean {
  return ['manager', 'expert', 'terminal-doctor'].some((role) => roles?.includes(role));
}
