/** What the hospital answers about quality: docs/contracts.md, "HTTP for the client". */
import type { Agreement, Calibration, Chart, Sum } from '../../contract/decision';
import type { Text } from './language';

export interface QualityRule {
  readonly id: string;
  readonly title: Text;
  readonly why: Text;
  readonly mend: Text;
  readonly needs_confirmation: boolean;
  readonly citation?: string | null;
}

export interface Deviation {
  readonly id: string;
  readonly rule: string;
  readonly state: 'open' | 'overridden' | 'mended';
  readonly mine: boolean;
  readonly doctor: string;
  readonly site?: Text | null;
  readonly opened_at: string;
  readonly closed_at?: string | null;
  /** Only of patients whom one may see. */
  readonly patient?: { readonly id: string; readonly name: string };
  readonly path?: string;
  readonly detail?: Text;
  readonly reason?: string | null;
  readonly reason_by?: string | null;
}

export interface SiteCharts {
  readonly id: string;
  readonly title: Text;
  readonly cases: number;
  readonly shares: Chart | null;
  readonly counts: Chart | null;
  readonly sums: readonly Sum[] | null;
  readonly target: number | null;
}

export interface Quality {
  readonly rules: readonly QualityRule[];
  readonly deviations: readonly Deviation[];
  readonly sites: readonly SiteCharts[];
  readonly allowance: number;
  readonly decision: number;
  /** Below so many periods limits are trial limits. */
  readonly whole: number;
}

export interface Figures {
  /** Below so many cases nothing is said of all of them together. */
  readonly least: number;
  /** The fewest and most months after which it is asked what came of a case. */
  readonly months: readonly [number, number];
  readonly settings_need_confirmation: boolean;
  readonly signed: number;
  readonly benign: number;
  readonly malignant: number;
  readonly unknown: number;
  readonly calibration: readonly ({ readonly source: string; readonly title: Text } & Calibration)[];
  readonly agreement: readonly { readonly between: readonly [Text, Text]; readonly agreement: Agreement | null }[];
  readonly outcomes: readonly { readonly title: Text; readonly counts: readonly (readonly [string, number, number])[] }[];
}

/** A share as per cent, to a whole number. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `12–45 %`. */
export function percents(low: number, high: number): string {
  return `${Math.round(low * 100)}–${Math.round(high * 100)} %`;
}
