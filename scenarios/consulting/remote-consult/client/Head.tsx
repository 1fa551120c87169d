/** What is asked, who takes part, and the expert's way in. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import type { Part, Participant } from './case';
import type { Say } from './words';

interface HeadProps {
  readonly part: Part;
  readonly say: Say;
  readonly here: ScenarioPanelProps['participants'];
}

export function Head(props: HeadProps): JSX.Element {
  const now = (): Part['of'] => props.part.of;
  const expert = (): Participant | undefined => now().participants.find(({ part }) => part === 'expert');
  const asker = (): Participant | undefined => now().participants.find(({ part }) => part === 'asks');
  const isHere = (id: string): boolean => props.here.some((one) => one.id === id && one.here);
  return (
    <header class="consult-head">
      <p class="consult-reason">
        <span class="for-listeners">{props.say('reason')}: </span>
        {now().reason}
      </p>
      <ul class="row consult-people">
        <For each={now().participants}>
          {(person) => (
            <li class={`chip ${isHere(person.id) ? 'good' : ''}`} data-person={person.id}>
              {person.name} · {props.say(isHere(person.id) ? 'here' : 'away')}
            </li>
          )}
        </For>
      </ul>
      <Switch>
        <Match when={now().step === 'declined'}>
          <Notice kind="warn">{props.say('declined', { reason: now().declined_because ?? '' })}</Notice>
        </Match>
        <Match when={now().step === 'asked' && expert()?.id === props.part.me}>
          <Notice>{props.say('invited', { name: asker()?.name ?? '', patient: now().patient.name })}</Notice>
          <Invitation part={props.part} say={props.say} />
        </Match>
        <Match when={now().step === 'asked'}>
          <Notice>{props.say('waitExpert', { name: expert()?.name ?? '' })}</Notice>
        </Match>
      </Switch>
    </header>
  );
}

function Invitation(props: { part: Part; say: Say }): JSX.Element {
  const [declining, setDeclining] = createSignal(false);
  const [reason, setReason] = createSignal('');
  return (
    <div class="stack">
      <div class="row">
        <button
          type="button"
          class="button primary"
          disabled={props.part.busy}
          onClick={() => void props.part.act('post', 'accept')}
        >
          {props.say('accept')}
        </button>
        <button type="button" class="button" aria-expanded={declining()} onClick={() => setDeclining((now) => !now)}>
          {props.say('decline')}
        </button>
      </div>
      <Show when={declining()}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void props.part.act('post', 'decline', { reason: reason() });
          }}
        >
          <Field label={props.say('declineWhy')}>
            {(control) => (
              <textarea
                {...control}
                class="input"
                maxLength={1000}
                required
                value={reason()}
                onInput={(event) => setReason(event.currentTarget.value)}
              />
            )}
          </Field>
          <button type="submit" class="button" disabled={props.part.busy}>
            {props.say('decline')}
          </button>
        </form>
      </Show>
    </div>
  );
}
