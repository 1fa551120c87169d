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
  /** Where it is done; none where that is shut to who asks. */
  readonly path: string | null;
  /** None where nobody can know it yet. */
  readonly figures: readonly { readonly name: string; readonly value: number | null }[];
}

export interface HospitalFunctions {
  readonly now: string;
  readonly functions: readonly HospitalFunction[];
}
