/** The licence to practise in virtual rooms, as the server answers. */
import type { Text } from './language';

export interface LicenceStanding {
  readonly state: 'valid' | 'ended' | 'not-recorded';
  readonly until: string | null;
  readonly withdrawn: { readonly reason: string; readonly by: string; readonly at: string } | null;
}

export interface ExamQuestion {
  readonly id: string;
  readonly text: Text;
  readonly choices: readonly (Text & { readonly id: string })[];
}

export interface OwnLicence {
  readonly practises: boolean;
  readonly standing: LicenceStanding;
  readonly exam: { readonly version: string; readonly good_days: number; readonly questions: readonly ExamQuestion[] };
  readonly may_administer: boolean;
}

export interface Sat {
  readonly passed: boolean;
  readonly right: number;
  readonly of: number;
  readonly wrong: readonly { readonly id: string; readonly because: Text }[];
}

export interface Licensed {
  readonly account: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly standing: LicenceStanding;
}

/** Whether somebody needs a patient beside them in virtual rooms. */
export interface Companion {
  readonly needed: boolean;
  readonly reason: string | null;
  readonly may_change: boolean;
}
