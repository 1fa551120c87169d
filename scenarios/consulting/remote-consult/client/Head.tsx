/** What is asked, who takes part, and the expert's way in. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';
import { Notice } from '../../../../client/panels/Notice';
import { ReasonField } from '../../../../client/panels/ReasonField';
import { Invite, Release } from './Invite';
import { Setting } from './Setting';
import { Turn } from './Turn';
import type { Part, Participant } from './case';
import type { Say, Word } from './words';

interface HeadProps {
  readonly part: Part;
  readonly say: Say;
  readonly here: ScenarioPanelProps['participants'];
}

export function Head(props: HeadProps): JSX.Element {
  const now = (): Part['of'] => props.part.of;
  const expert = (): Participant | undefined => now().participants.find(({ part }) => part === 'expert');
  const asker = (): Participant | undefined => now().participants.find(({ part }) => part === 'asks');
  const mine = (): Participant | undefined => now().participants.find(({ id, standing }) => id === props.part.me && standing !== 'left');
  const isHere = (id: string): boolean => props.here.some((one) => one.id === id && one.here);
  const stateOf = (person: Participant): Word => {
    if (person.standing === 'left') return 'left';
    if (isHere(person.id)) return 'here';
    return person.standing === 'asked' ? 'askedIn' : 'away';
  };
  return (
    <header class="consult-head">
      <p class="consult-reason">
        <span class="for-listeners">{props.say('reason')}: </span>
        {now().reason}
      </p>
      <ul class="row consult-people">
        <For each={now().participants}>
          {(person) => (
            <li class={`chip ${isHere(person.id) ? 'good' : ''}`} data-person={person.id} data-standing={person.standing}>
              {person.name} · {props.say(stateOf(person))}
            </li>
          )}
        </For>
      </ul>
      <Turn part={props.part} say={props.say} />
      <Switch>
        <Match when={now().step === 'declined'}>
          <Notice kind="warn">{props.say('declined', { reason: now().ended_because ?? '' })}</Notice>
        </Match>
        <Match when={now().step === 'withdrawn'}>
          <Notice kind="warn">{props.say('withdrawn', { reason: now().ended_because ?? '' })}</Notice>
        </Match>
        <Match when={['voting', 'planning'].includes(now().step) && mine()?.standing === 'asked'}>
          <Notice>{props.say('invited', { name: asker()?.name ?? '', patient: now().patient.name })}</Notice>
          <Invitation part={props.part} say={props.say} />
        </Match>
        <Match when={now().step === 'asked' && expert()?.id === props.part.me}>
          <Notice>{props.say('invited', { name: asker()?.name ?? '', patient: now().patient.name })}</Notice>
          <Invitation part={props.part} say={props.say} />
        </Match>
        <Match when={now().step === 'asked'}>
          <Notice>{props.say('waitExpert', { name: expert()?.name ?? '' })}</Notice>
        </Match>
      </Switch>
      <Show when={now().step === 'asked' && now().settings.reply}>
        {(reply) => <Setting words={props.say('replyWithin', { n: reply().hours })} needsConfirmation={reply().needs_confirmation} say={props.say} />}
      </Show>
      <Show when={now().step === 'voting' && mine()?.standing === 'takes-part'}>
        <Invite part={props.part} say={props.say} />
        <Show when={asker()?.id === props.part.me}>
          <For each={now().participants.filter(({ part, standing, voted }) => part === 'invited' && standing !== 'left' && !voted)}>
            {(person) => (
              <div class="row">
                <span>{person.name}</span>
                <Release part={props.part} say={props.say} person={person.id} />
              </div>
            )}
          </For>
        </Show>
      </Show>
      <Show when={asker()?.id === props.part.me && ['asked', 'voting', 'planning'].includes(now().step)}>
        <Ending part={props.part} say={props.say} how="withdraw" />
      </Show>
    </header>
  );
}

function Invitation(props: { part: Part; say: Say }): JSX.Element {
  return (
    <Ending part={props.part} say={props.say} how="decline">
      <button
        type="button"
        class="button primary"
        disabled={props.part.busy}
        onClick={() => void props.part.act('post', 'accept')}
      >
        {props.say('accept')}
      </button>
    </Ending>
  );
}

interface EndingProps {
  readonly part: Part;
  readonly say: Say;
  /** The step, and the word on its button. */
  readonly how: 'decline' | 'withdraw';
  /** Buttons beside it. */
  readonly children?: JSX.Element;
}

/** Ends the consultation: a button that asks why, and only then does it. */
function Ending(props: EndingProps): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  const [reason, setReason] = createSignal('');
  return (
    <div class="stack">
      <div class="row">
        {props.children}
        <button type="button" class={props.how === 'withdraw' ? 'button small' : 'button'} aria-expanded={asking()} onClick={() => setAsking((now) => !now)}>
          {props.say(props.how)}
        </button>
      </div>
      <Show when={asking()}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void props.part.act('post', props.how, { reason: reason() });
          }}
        >
          <ReasonField label={props.say(`${props.how}Why`)} longest={1000} required value={reason()} onInput={setReason} />
          <button type="submit" class="button" disabled={props.part.busy}>
            {props.say(`${props.how}Confirm`)}
          </button>
        </form>
      </Show>
    </div>
  );
}
