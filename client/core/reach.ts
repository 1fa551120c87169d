/** The way to people who have no page open: what `/api/me/reach`, `/api/calls` and `/api/gateway` answer. */
import type { Language } from './language';

/** How far a call has come: `new` while a page of theirs has a moment to show it. */
export type CallState = 'new' | 'shown' | 'no-address' | 'waiting' | 'handed' | 'refused' | 'over';

/** What became of a call to somebody. */
export interface Call {
  readonly id: string;
  /** `alarm`, `errand`, `test`, or the scenario. */
  readonly kind: string;
  readonly about: string;
  readonly to: string;
  readonly priority: string;
  readonly since: string;
  /** When this person was called. */
  readonly called: string;
  /** When it came to its state. */
  readonly at: string;
  readonly state: CallState;
  /** How often the gateway did not take it. */
  readonly tries: number;
  /** Why it did not: `late`, `unreachable`, or the status of its answer; empty where it did. */
  readonly why: string;
}

export interface NamedCall extends Call {
  readonly name: string;
}

/** What calls the caller now. */
export interface MyCall {
  readonly id: string;
  readonly kind: string;
  readonly priority: string;
  readonly since: string;
  readonly path: string;
}

export interface Reach {
  readonly address: string;
  readonly on: boolean;
  readonly language: Language;
}

export interface ReachView {
  /** Whether the hospital has a message gateway. */
  readonly configured: boolean;
  readonly reach: Reach | null;
  /** The last message that somebody sent to themselves. */
  readonly test: Call | null;
}

/** How the gateway stands; figures of the last 24 hours where it is not said otherwise. */
export interface GatewayView {
  readonly configured: boolean;
  /** Now, and since when the oldest of them waits. */
  readonly waiting?: number;
  readonly oldest?: string | null;
  readonly handed?: number;
  readonly refused?: number;
  readonly no_address?: number;
  /** The last calls that did not go as they should. */
  readonly troubles?: readonly NamedCall[];
}
