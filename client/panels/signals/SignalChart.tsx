/** One series over a span that is zoomed and moved; the table beneath says the same, gaps included. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow, SignalSpan } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { Notice } from '../Notice';
import { SignalMarks } from './SignalMarks';
import { SignalPlot } from './SignalPlot';
import { SignalTable } from './SignalTable';
import { countOf, runsOf } from './marks';
import { HOUR_ms, followed, gapsOf, moved, newestIn, pieces, zoomed } from './span';
import type { Span } from './span';

/** Into how many points a span is rolled up: about one for each two units of the picture. */
const POINTS = 320;
const PRESETS = [
  ['signals.hour', HOUR_ms],
  ['signals.day', 24 * HOUR_ms],
  ['signals.week', 168 * HOUR_ms],
] as const;

const KEYS: ReadonlyMap<string, (span: Span) => Span> = new Map([
  ['+', (span) => zoomed(span, 0.5)],
  ['-', (span) => zoomed(span, 2)],
  ['ArrowLeft', (span) => moved(span, -0.25)],
  ['ArrowRight', (span) => moved(span, 0.25)],
]);

/** `address` is that of the series, without which one. */
export function SignalChart(props: { address: string; row: SignalRow }): JSX.Element {
  const app = useApp();
  const ending = (length_ms: number): Span => [props.row.last.at_ms - length_ms, props.row.last.at_ms];
  const [span, setSpan] = createSignal<Span>(ending(HOUR_ms));
  const series = createMemo(() => props.row.series);
  const newestShown = createMemo(() => newestIn(span(), props.row.last.at_ms));
  const answer = createQuery<SignalSpan>(() => {
    // What came since is asked for where it is within the span, and one of before is not asked for again.
    newestShown();
    const [from, to] = span().map((ms) => Math.round(ms));
    const address = `${props.address}/${series()}?from=${from}&to=${to}&points=${POINTS}`;
    return (signal) => app.api.get(address, { signal });
  });
  createEffect(
    on(
      () => props.row.last.at_ms,
      (newest, before) => {
        if (before !== undefined) setSpan((span) => followed(span, before, newest));
      },
    ),
  );
  // While another span is on its way the last one stays, and says itself of when it is.
  const last = createMemo<SignalSpan | undefined>((before) => answer.data() ?? (answer.error() ? undefined : before));
  const whole = (): Span => {
    const length = Math.max(1_000, props.row.last.at_ms - props.row.first_ms);
    return [props.row.last.at_ms - length, props.row.last.at_ms];
  };
  const onKey = (event: KeyboardEvent): void => {
    const turned = KEYS.get(event.key)?.(span());
    if (!turned) return;
    event.preventDefault();
    setSpan(turned);
  };
  return (
    <div class="signal-chart" data-series={props.row.series}>
      <div class="row" role="group" aria-label={app.t('signals.span')}>
        <For each={PRESETS}>
          {([word, length]) => (
            <button type="button" class="button small" onClick={() => setSpan(ending(length))}>
              {app.t(word)}
            </button>
          )}
        </For>
        <button type="button" class="button small" onClick={() => setSpan(whole())}>
          {app.t('signals.all')}
        </button>
        <span class="grow" />
        <button type="button" class="button small" aria-label={app.t('signals.earlier')} onClick={() => setSpan(moved(span(), -0.5))}>
          ◀
        </button>
        <button type="button" class="button small" aria-label={app.t('signals.out')} onClick={() => setSpan(zoomed(span(), 2))}>
          −
        </button>
        <button type="button" class="button small" aria-label={app.t('signals.in')} onClick={() => setSpan(zoomed(span(), 0.5))}>
          +
        </button>
        <button type="button" class="button small" aria-label={app.t('signals.later')} onClick={() => setSpan(moved(span(), 0.5))}>
          ▶
        </button>
      </div>
      <Answer of={{ ...answer, data: last }}>
        {(found) => <Found found={found()} onSpan={setSpan} onKey={onKey} />}
      </Answer>
    </div>
  );
}

interface FoundProps {
  readonly found: SignalSpan;
  onSpan(span: Span): void;
  onKey(event: KeyboardEvent): void;
}

function Found(props: FoundProps): JSX.Element {
  const app = useApp();
  const bucket_ms = (): number => props.found.bucket_ms ?? 1;
  const drawn = createMemo(() => pieces(props.found.buckets ?? [], bucket_ms()));
  const gaps = createMemo(() => gapsOf(drawn(), bucket_ms()));
  const runs = createMemo(() => runsOf(props.found.marked ?? [], props.found.buckets ?? []));
  return (
    <>
      <Show when={props.found.purged}>
        <Notice>{app.t('signals.purged')}</Notice>
      </Show>
      <SignalPlot
        span={[props.found.from_ms, props.found.to_ms]}
        pieces={drawn()}
        gaps={gaps()}
        runs={runs()}
        marked={countOf(props.found.marked ?? [])}
        bucket_ms={bucket_ms()}
        unit={props.found.row.unit}
        onSpan={props.onSpan}
        onKey={props.onKey}
      />
      <SignalMarks runs={runs()} span={[props.found.from_ms, props.found.to_ms]} far={props.found.marked === undefined} />
      <SignalTable
        buckets={props.found.buckets ?? []}
        gaps={gaps()}
        marked={props.found.marked ?? []}
        bucket_ms={bucket_ms()}
        unit={props.found.row.unit}
      />
    </>
  );
}
