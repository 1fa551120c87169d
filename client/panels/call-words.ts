/** Calls in words. */
import type { App } from '../core/app';
import type { Call } from '../core/reach';

const KINDS = ['alarm', 'errand', 'follow-up', 'test'] as const;
const REASONS = ['late', 'unreachable'] as const;

export function kindWords(app: App, kind: string): string {
  return app.t(`reach.kind.${KINDS.find((one) => one === kind) ?? 'follow-up'}`);
}

/** How far a call has come, and why it has not come further. */
export function stateWords(app: App, call: Call): string {
  const state = app.t(`reach.is.${call.state}`);
  if (call.why === '') return state;
  const known = REASONS.find((one) => one === call.why);
  const why = known === undefined ? call.why : app.t(`reach.why.${known}`);
  return `${state}${app.t('reach.tries', { why, n: call.tries })}`;
}
