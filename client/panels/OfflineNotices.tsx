/** What a person must know about the line, and about what waits on the device until it is sent. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { Notice } from './Notice';

interface OfflineNoticesProps {
  /** What a page keeps on the device. */
  readonly kept: {
    /** No line: what is shown was kept. */
    offline(): boolean;
    /** When what is shown was read. */
    asOf(): string | undefined;
    /** Whether this browser can keep anything. */
    keeps(): boolean;
    error(): unknown;
    load(): Promise<unknown>;
  };
  /** How much waits to be sent. */
  readonly unsent: number;
  readonly words: {
    offline(at: string): string;
    keepsNothing(): string;
    unsent(count: number): string;
    sendNow(): string;
  };
  /** What the hospital did not take. */
  readonly children?: JSX.Element;
}

export function OfflineNotices(props: OfflineNoticesProps): JSX.Element {
  const app = useApp();
  return (
    <div class="stack">
      <Show when={props.kept.offline()}>
        <Notice kind="warn">{props.words.offline(momentOf(props.kept.asOf() ?? new Date().toISOString(), app.language()))}</Notice>
      </Show>
      <Show when={!props.kept.keeps()}>
        <p class="soft small">{props.words.keepsNothing()}</p>
      </Show>
      <Show when={props.unsent > 0}>
        <Notice kind="warn">
          <p data-unsent-count={props.unsent}>{props.words.unsent(props.unsent)}</p>
          <button type="button" class="button small" onClick={() => void props.kept.load()}>
            {props.words.sendNow()}
          </button>
        </Notice>
      </Show>
      {props.children}
      <Show when={props.kept.error()}>
        {(error) => (
          <Notice kind="bad">
            <p>{app.explain(error())}</p>
            <button type="button" class="button small" onClick={() => void props.kept.load()}>
              {app.t('app.retry')}
            </button>
          </Notice>
        )}
      </Show>
    </div>
  );
}
