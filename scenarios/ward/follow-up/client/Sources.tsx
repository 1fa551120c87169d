/** Where a plan comes from, and what in it the hospital has yet to confirm. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { clausesIn, inLanguage } from '../../../../client/core/language';
import type { Text } from '../../../../client/core/language';
import type { PlanSource } from './course';
import type { Say } from './words';

interface From {
  sources: readonly PlanSource[];
  dangers: readonly Text[];
  own: string | null;
  silentDays: number;
  say: Say;
}

export function Sources(props: From): JSX.Element {
  const app = useApp();
  return (
    <div class="small">
      <Show when={props.dangers.length > 0}>
        <p data-dangers>
          {props.say(props.own === null ? 'dangers' : 'ownDangers', {
            list: clausesIn(props.dangers.map((one) => inLanguage(one, app.language())), app.language()),
          })}{' '}
          <Show when={props.own === null}>
            <span class="chip warn">{props.say('confirm')}</span>
          </Show>
        </p>
      </Show>
      <Show when={props.own}>{(file) => <p data-own-plan>{props.say('ownPlan', { file: file() })}</p>}</Show>
      <Show when={props.sources.length > 0} fallback={<p class="soft">{props.say(props.own === null ? 'noSources' : 'ownNoSources')}</p>}>
        <ul class="follow-sources">
          <For each={props.sources}>
            {(source) => (
              <li>
                {source.citation}{' '}
                <Show when={source.needs_confirmation}>
                  <span class="chip warn">{props.say('confirm')}</span>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <p data-silent-days>{props.say('silentAfter', { n: props.silentDays })}</p>
      <p class="soft">
        {props.say('settings')} <span class="chip warn">{props.say('confirm')}</span>
      </p>
    </div>
  );
}
