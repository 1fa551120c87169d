/** The facts of the programme, each checked in this browser against the ledger when somebody looks. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { ProofBadge } from '../../../../client/panels/ProofBadge';
import type { Part } from './course';

export function Proof(props: { part: Part }): JSX.Element {
  const [opened, setOpened] = createSignal(false);
  return (
    <details class="screen-more" data-proofs="" onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>{props.part.say('facts', { n: props.part.of.proof.length })}</summary>
      {/* Each proof asks the server: those that nobody looks at are not asked for. */}
      <Show when={opened() && !props.part.offline}>
        <ul class="screen-facts">
          <For each={props.part.of.proof}>
            {(fact) => (
              <li data-fact={fact.reference}>
                <a href={`/fhir/${fact.reference}`} target="_blank" rel="noopener">
                  {fact.reference.split('/')[0]}
                </a>
                <span class="soft small">#{fact.sequence}</span>
                <ProofBadge sequence={fact.sequence} />
              </li>
            )}
          </For>
        </ul>
      </Show>
    </details>
  );
}
