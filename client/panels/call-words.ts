/** Calls in words. */
import type { App } from '../core/app';
import { momentOf } from '../core/dates';
import type { Call, MyCall } from '../core/reach';

const KINDS = ['alarm', 'errand', 'follow-up', 'remote-consult', 'test'] as const;
const REASONS = ['late', 'unreachable'] as const;

const known = (kind: string): (typeof KINDS)[number] => KINDS.find((one) => one === kind) ?? 'follow-up';

/** What calls whoever reads it. */
export function kindWords(app: Pick<App, 't'>, kind: string): string {
  return app.t(`reach.kind.${known(kind)}`);
}

/** What calls whoever reads it, and since when, by which several are told apart. */
export function callWords(app: Pick<App, 't' | 'language'>, { kind, since }: MyCall): string {
  return app.t('reach.since', { what: kindWords(app, kind), at: momentOf(since, app.language()) });
}

/** What kind of call went to somebody. */
export function ofKind(app: App, kind: string): string {
  return app.t(`gateway.kind.${known(kind)}`);
}

/** How far a call has come, and why it has not come further. */
export function stateWords(app: App, call: Call): string {
  const state = app.t(`reach.is.${call.state}`);
  if (call.why === '') return state;
  const reason = REASONS.find((one) => one === call.why);
  const why = reason === undefined ? call.why : app.t(`reach.why.${reason}`);
  return `${state}${app.t('reach.tries', { why, n: call.tries })}`;
}
