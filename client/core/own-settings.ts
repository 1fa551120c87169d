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
}

/** A plan as its file has it. */
export interface PlanFile {
  /** Its name in the folder. */
  readonly name: string;
  readonly text: string;
}
