/** Who and what was sent, and how each stands: asked, coming, there. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { asideIn, colonIn, inLanguage } from '../../../../client/core/language';
import type { Dispatch, OfferState } from '../../../../contract/alarms';
import { clock } from './ward';
import type { Say } from './words';

interface SentProps {
  readonly sent: readonly Dispatch[];
  readonly busy: boolean;
  readonly say: Say;
  readonly me: string | undefined;
  roleOf(role: string): string;
  nameOf(id: string): string;
  isThing(role: string): boolean;
  /** The caller, or a thing, is there; none: only to look at. */
  readonly onArrived: ((who: string | null) => void) | undefined;
}

export function Sent(props: SentProps): JSX.Element {
  const app = useApp();
  return (
    <ul class="sent">
      <For each={props.sent}>
        {(dispatch) => (
          <li data-sent={dispatch.role}>
            {props.roleOf(dispatch.role)}
            {colonIn(app.language())}
            <For each={dispatch.offers} fallback={props.say('nobody')}>
              {(offer) => (
                <span>
                  {/* Who runs the hospital sees that somebody was asked, not who. */}
                  <Show when={offer.to !== ''}>
                    {props.nameOf(offer.to)}{asideIn(inLanguage(offer.why, app.language()), app.language())}{' '}
                  </Show>
                  <strong data-state={offer.state}>{props.say(offer.state satisfies OfferState)}</strong>{' '}
                  <Show when={offer.arrived_at}>{(at) => <span class="soft small">{clock(at(), app.language())} </span>}</Show>
                  <Show when={props.onArrived && offer.state === 'accepted' && (props.isThing(dispatch.role) || offer.to === props.me)}>
                    <button
                      type="button"
                      class="button small"
                      disabled={props.busy}
                      onClick={() => props.onArrived?.(props.isThing(dispatch.role) ? offer.to : null)}
                    >
                      {props.isThing(dispatch.role) ? props.say('thereIt', { what: props.nameOf(offer.to) }) : props.say('thereI')}
                    </button>
                  </Show>
                </span>
              )}
            </For>
          </li>
        )}
      </For>
    </ul>
  );
}
