import type { Text } from './language';

/** What `/api/settings` answers. */
export interface OwnSettingsView {
  /** Whether a folder of own settings is named at all. */
  readonly folder: boolean;
  readonly version: string;
  /** What the hospital adds, replaces and switches off, a line each. */
  readonly own: readonly string[];
  /** The plans in force. */
  readonly plans: readonly { readonly id: string; readonly title: Text }[];
  /** When, and by which account, its files were last read again. */
  readonly taken: string | null;
  readonly by: string | null;
  /** Why nothing of the files was taken in. */
  readonly faults: readonly string[];
  /** As the configuration has it. */
  readonly kept_days: KeptDays;
}

/** For how many days what is kept; none: for ever. */
export interface KeptDays {
  /** So long nobody can delete them. */
  readonly images: number | null;
  /** From their deletion on. */
  readonly deleted_images: number | null;
  readonly readings: number | null;
  readonly waveforms: number | null;
  /** Readings of nobody. */
  readonly environment: number | null;
  readonly rollups: number | null;
  readonly recordings: number | null;
}

/** In the order in which they are shown. */
export const KEPT = ['images', 'deleted_images', 'readings', 'waveforms', 'environment', 'rollups', 'recordings'] as const satisfies readonly (keyof KeptDays)[];

/** A plan as its file has it. */
export interface PlanFile {
  /** Its name in the folder. */
  readonly name: string;
  readonly text: string;
}
