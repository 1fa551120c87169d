/** What people wrote down at a bed, the newest first; what was wrong is taken back, in two steps. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { createDoing } from '../../../../client/core/doing';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { enteredSaid } from './said';
import type { EnteredView, WardView } from './ward';
import { sayIn } from './words';

export interface EnteredProps {
  readonly ward: WardView;
  readonly bed: string;
  /** How often something was written down here meanwhile. */
  readonly times: number;
  reload(): void;
}

export function Entered(props: EnteredProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [asked, setAsked] = createSignal<string>();
  const { busy, run } = createDoing(app);
  // The ward is read anew every few seconds, and the question stays the same.
  const path = createMemo(() => `/api/wards/${encodeURIComponent(props.ward.id)}/beds/${encodeURIComponent(props.bed)}/seen`);
  const entered = createQuery<EnteredView[]>(() => {
    const [of] = [path(), props.times];
    return (signal) => app.api.get(of, { signal });
  });
  createEffect(on(() => props.ward, () => !entered.loading() && entered.reload(), { defer: true }));
  const nameOf = (id: string): string => props.ward.staff.find((one) => one.id === id)?.name || id;

  const takeBack = (id: string): Promise<void> =>
    run(async () => {
      await app.api.delete(`${path()}/${encodeURIComponent(id)}`);
      app.toast(() => say('takenBack'));
      setAsked(undefined);
      entered.reload();
      props.reload();
    });

  return (
    <section aria-label={say('entered')} data-entered>
      <h4>{say('entered')}</h4>
      <Answer of={entered}>
        {(all) => (
          <ul class="small entered">
            {/* Rows are kept by their ids, or focus would be lost. */}
            <For each={all().map(({ id }) => id)} fallback={<li class="soft">{say('enteredNone')}</li>}>
              {(id) => (
                <Show when={all().find((one) => one.id === id)}>
                  {(one) => (
                    <li>
                      {enteredSaid(one(), app.language())}{' '}
                      <span class="soft">
                        {momentOf(one().at, app.language())} · {nameOf(one().by)}
                      </span>{' '}
                      <Show when={!one().at_edge} fallback={<span class="soft">{say('enteredAtEdge')}</span>}>
                        <Show
                          when={asked() === id}
                          fallback={
                            <button type="button" class="button quiet small" aria-label={say('takeBackThis', { what: enteredSaid(one(), app.language()) })} onClick={() => setAsked(id)}>
                              {say('takeBack')}
                            </button>
                          }
                        >
                          <span role="group" aria-label={say('takeBackThis', { what: enteredSaid(one(), app.language()) })}>
                            {say('takeBackWhy')}{' '}
                            <button type="button" class="button" disabled={busy()} onClick={() => void takeBack(id)}>
                              {say('takeBackSure')}
                            </button>{' '}
                            <button type="button" class="button quiet" ref={(button) => queueMicrotask(() => button.focus())} onClick={() => setAsked(undefined)}>
                              {app.t('app.cancel')}
                            </button>
                          </span>
                        </Show>
                      </Show>
                    </li>
                  )}
                </Show>
              )}
            </For>
          </ul>
        )}
      </Answer>
    </section>
  );
}
