/** What `/api/security/counts` answers: no account, device or patient is named. */
export interface SecurityCounts {
  readonly now: string;
  readonly days: number;
  /** Only the newest events are counted. */
  readonly is_cut: boolean;
  readonly granted: number;
  readonly refused: number;
  readonly sign_ins: number;
  readonly failed_sign_ins: number;
  readonly actions: readonly ActionCount[];
  /** Of those in service. */
  readonly devices_without_credential: number;
  readonly tokens_ending: number;
  /** Within so many days they end. */
  readonly ending_days: number;
  readonly ledger_size: number;
}

/** How often something was done, and refused. */
export interface ActionCount {
  readonly action: string;
  readonly granted: number;
  readonly refused: number;
}

/** What was refused most first, then what was done most. */
export function mostRefused(counts: readonly ActionCount[]): readonly ActionCount[] {
  return counts.toSorted((a, b) => b.refused - a.refused || b.granted - a.granted);
}
