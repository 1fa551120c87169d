/** What the hospital answers about upgrades of devices: docs/contracts.md, "Devices". */
import { ApiError } from './api';
import type { Text } from './language';

export interface DeviceManifest {
  readonly contents: 'software' | 'profile';
  /** For which kind of device. */
  readonly profile: string;
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly made: string;
  readonly news: Text;
}

export interface DevicePackage extends DeviceManifest {
  readonly id: string;
  readonly title: Text | null;
  readonly publisher: string;
  readonly by: string;
  readonly at: string;
}

export interface RefusedPackage {
  readonly at: string;
  readonly by: string;
  readonly sha256: string;
  readonly why: Text;
}

export interface Packages {
  readonly packages: readonly DevicePackage[];
  readonly refused: readonly RefusedPackage[];
  /** Verifier keys; the hospital's own comes first. */
  readonly publishers: readonly string[];
  readonly may_maintain: boolean;
}

export type RolloutStage = { readonly devices: number } | { readonly percent: number };

export interface RolloutPlan {
  readonly stages: readonly RolloutStage[];
  readonly answer_within_s: number;
  readonly watch_s: number;
  readonly most_failed: number;
}

export type RolloutStanding = 'running' | 'halted' | 'done' | 'rolling-back' | 'rolled-back';

export type MemberStanding =
  | 'waiting'
  | 'asked'
  | 'watched'
  | 'healthy'
  | 'failed'
  | 'leaving'
  | 'back'
  | 'stuck'
  | 'left-out';

export interface RolloutMember {
  readonly device: string;
  readonly name: string | null;
  readonly stage: number;
  readonly before: string | null;
  readonly standing: MemberStanding;
  readonly since: string;
  readonly why: Text | null;
  readonly orders: number;
}

export interface RolloutStep {
  readonly at: string;
  readonly what: 'began' | 'next-stage' | 'halted' | 'went-on' | 'done' | 'rolls-back' | 'rolled-back';
  /** Nobody where it happened by itself. */
  readonly by: string | null;
  readonly why: Text | null;
}

export interface Rollout {
  readonly id: string;
  readonly package: string;
  readonly manifest: DeviceManifest;
  readonly plan: RolloutPlan;
  readonly standing: RolloutStanding;
  readonly stage: number;
  readonly stages: number;
  readonly members: readonly RolloutMember[];
  readonly steps: readonly RolloutStep[];
  /** So many that failed somebody has seen and let it go on. */
  readonly forgiven: number;
}

export interface Rollouts {
  readonly rollouts: readonly Rollout[];
  readonly may_maintain: boolean;
  readonly now: string;
}

/** What can be done about a roll-out now. */
export type RolloutAct = 'halt' | 'go-on' | 'roll-back';

export function actsOf(rollout: Rollout): readonly RolloutAct[] {
  switch (rollout.standing) {
    case 'running':
      return ['halt', 'roll-back'];
    case 'halted':
      return ['go-on', 'roll-back'];
    case 'done':
      return ['roll-back'];
    default:
      return [];
  }
}

/** How many devices of a roll-out are settled: healthy, failed or left out while it goes out; back while it is taken back. */
export function settledOf(rollout: Rollout): number {
  const back = rollout.standing === 'rolling-back' || rollout.standing === 'rolled-back';
  const settled: readonly MemberStanding[] = back ? ['back', 'stuck', 'left-out'] : ['healthy', 'failed', 'left-out'];
  return rollout.members.filter(({ standing }) => settled.includes(standing)).length;
}

/** Why something cannot be done now: what the hospital says where it says so, else the words for such a refusal. */
export function refusalOf(error: unknown, explain: (error: unknown) => string): string {
  return error instanceof ApiError && error.kind === 'conflict' && error.detail !== '' ? error.detail : explain(error);
}

/** Why it halted last, while it is halted. */
export function whyHalted(rollout: Rollout): RolloutStep | undefined {
  return rollout.standing === 'halted' ? rollout.steps.findLast(({ what }) => what === 'halted') : undefined;
}
