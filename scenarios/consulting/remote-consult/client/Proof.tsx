/** The facts of the decision, each checked in this browser against the ledger. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { Notice } from '../../../../client/panels/Notice';
import { ProofBadge } from '../../../../client/panels/ProofBadge';
import type { Fact, Part } from './case';
import type { Say } from './words';
import { wordOr } from './words';

/** What the decision consists of; the rest led to it. */
const DECISION: ReadonlySet<string> = new Set(['DiagnosticReport', 'CarePlan', 'Provenance']);

export function Proof(props: { part: Part; say: Say }): JSX.Element {
  const [all, setAll] = createSignal(false);
  const kindOf = (fact: Fact): string => fact.reference.split('/')[0] ?? '';
  const decision = (): Fact[] => props.part.of.proof.filter((fact) => DECISION.has(kindOf(fact)));
  const rest = (): Fact[] => props.part.of.proof.filter((fact) => !DECISION.has(kindOf(fact)));
  return (
    <Show when={props.part.of.step === 'signed'} fallback={<Notice>{props.say('proofLater')}</Notice>}>
      <div class="stack">
        <Notice kind="good">{props.say('done')}</Notice>
        <p class="soft small">{props.say('proofHint')}</p>
        <Facts facts={decision()} say={props.say} />
        {/* Each proof asks the server: those that nobody looks at are not asked for. */}
        <details onToggle={(event) => setAll(event.currentTarget.open)}>
          <summary>{props.say('moreFacts', { count: rest().length })}</summary>
          <Show when={all()}>
            <Facts facts={rest()} say={props.say} />
          </Show>
        </details>
      </div>
    </Show>
  );
}

function Facts(props: { facts: readonly Fact[]; say: Say }): JSX.Element {
  return (
    <ul class="consult-facts">
      <For each={props.facts}>
        {(fact) => (
          <li data-fact={fact.reference}>
            <a href={`/fhir/${fact.reference}`} target="_blank" rel="noopener">
              {wordOr(props.say, fact.reference.split('/')[0] ?? '')}
            </a>
            <span class="soft small">#{fact.sequence}</span>
            <ProofBadge sequence={fact.sequence} />
          </li>
        )}
      </For>
    </ul>
  );
}
