/** What `/api/security` answers. */
import type { DiskRoom } from './disk-room';

export interface Security {
  readonly now: string;
  readonly days: number;
  readonly is_cut: boolean;
  readonly accounts: Readonly<
    Record<
      string,
      {
        readonly granted: number;
        readonly refused: number;
        readonly patients: number;
        readonly actions: Readonly<Record<string, number>>;
        readonly sign_ins: number;
        readonly failed_sign_ins: number;
      }
    >
  >;
  readonly refusals: readonly { readonly at: string; readonly who: string; readonly what: string }[];
  readonly devices_without_credential: readonly { readonly id: string; readonly name: string }[];
  readonly tokens_ending: readonly { readonly account: string; readonly at: string }[];
  readonly ending_days: number;
  readonly ledger: { readonly size: number; readonly root: string };
  /** How much room the machine has for readings and images. */
  readonly room: DiskRoom;
}
