/** Shows what a question to the server has come to: waiting, refused, or the answer. */
import { Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { isClosed } from '../core/api';
import { useApp } from '../core/app';
import type { Query } from '../core/query';
import { Notice } from './Notice';
import { Skeleton } from './Skeleton';

interface AnswerProps<T> {
  readonly of: Query<T>;
  readonly lines?: number;
  /** What stands where there is none, or none that one may see; else the refusal does. */
  readonly closed?: JSX.Element;
  children(answer: () => T): JSX.Element;
}

export function Answer<T>(props: AnswerProps<T>): JSX.Element {
  const { t, explain } = useApp();
  return (
    <Switch fallback={<Skeleton lines={props.lines ?? 4} />}>
      {/* An old answer is better than none: it stays while a newer one fails. */}
      <Match when={props.of.data() !== undefined}>{props.children(() => props.of.data() as T)}</Match>
      <Match when={props.of.error()}>
        {(error) => (
          <Show
            when={isClosed(error()) && props.closed}
            fallback={
              <Notice kind="bad">
                <p>{explain(error())}</p>
                <button type="button" class="button small" onClick={() => props.of.reload()}>
                  {t('app.retry')}
                </button>
              </Notice>
            }
          >
            {props.closed}
          </Show>
        )}
      </Match>
    </Switch>
  );
}
