/** The blind vote, and all votes once they are open. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { DataTable } from '../../../../client/panels/DataTable';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import { MANAGEMENTS, OPINIONS, votersOf } from './case';
import type { Management, Opinion, Part, Vote as Cast } from './case';
import type { Say } from './words';

export function Vote(props: { part: Part; say: Say }): JSX.Element {
  const now = (): Part['of'] => props.part.of;
  return (
    <div class="stack">
      <Switch>
        <Match when={now().votes}>
          {(votes) => (
            <DataTable
              caption={props.say('allVotes')}
              rows={votes()}
              columns={[
                { heading: props.say('person'), cell: ({ name }) => <strong>{name}</strong> },
                { heading: props.say('opinion'), cell: ({ vote }) => props.say(vote.opinion) },
                { heading: props.say('management'), cell: ({ vote }) => props.say(vote.management) },
                { heading: '%', numeric: true, cell: ({ vote }) => vote.probability ?? '—' },
                { heading: props.say('comment'), cell: ({ vote }) => vote.comment || '—' },
              ]}
            />
          )}
        </Match>
        <Match when={now().own_vote}>
          {(vote) => (
            <>
              <Notice kind="good">{props.say('waitVotes')}</Notice>
              <OwnVote vote={vote()} say={props.say} />
            </>
          )}
        </Match>
        <Match when={true}>
          <p class="soft small">{props.say('blindHint')}</p>
          <VoteForm part={props.part} say={props.say} />
        </Match>
      </Switch>
      <ul class="row consult-people">
        <For each={votersOf(now())}>
          {(person) => (
            <li class={`chip ${person.voted ? 'good' : ''}`}>
              {person.name} · {props.say(person.voted ? 'voted' : 'notVoted')}
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}

function OwnVote(props: { vote: Cast; say: Say }): JSX.Element {
  return (
    <p>
      {props.say('ownVote')}: <strong>{props.say(props.vote.opinion)}</strong> · {props.say(props.vote.management)}
      <Show when={props.vote.probability !== undefined}> · {props.vote.probability} %</Show>
    </p>
  );
}

function VoteForm(props: { part: Part; say: Say }): JSX.Element {
  const [opinion, setOpinion] = createSignal<Opinion>();
  const [management, setManagement] = createSignal<Management | ''>('');
  const [probability, setProbability] = createSignal<number>();
  const [comment, setComment] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const wrong = (): boolean => tried() && (opinion() === undefined || management() === '');
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (wrong()) return;
    const percent = probability();
    const vote = { opinion: opinion(), management: management(), comment: comment() };
    void props.part.act('post', 'vote', percent === undefined ? vote : { ...vote, probability: percent });
  };
  return (
    <form class="stack" onSubmit={send} noValidate data-form="vote">
      <div class="field">
        <span class="legend">{props.say('opinion')}</span>
        <Segmented
          label={props.say('opinion')}
          options={OPINIONS.map((value) => ({ value, label: props.say(value) }))}
          chosen={opinion()}
          onChoose={setOpinion}
        />
      </div>
      <Field label={props.say('management')} wrong={wrong() ? props.say('needOpinion') : undefined}>
        {(control) => <ManagementChoice control={control} say={props.say} chosen={management()} onChoose={setManagement} />}
      </Field>
      <Field label={props.say('probability')}>
        {(control) => (
          <input
            {...control}
            class="input"
            type="number"
            min={0}
            max={100}
            step="any"
            inputmode="decimal"
            onInput={(event) => {
              const typed = event.currentTarget.valueAsNumber;
              setProbability(Number.isNaN(typed) ? undefined : typed);
            }}
          />
        )}
      </Field>
      <Field label={props.say('comment')}>
        {(control) => (
          <textarea {...control} class="input" maxLength={1000} onInput={(event) => setComment(event.currentTarget.value)} />
        )}
      </Field>
      <button type="submit" class="button primary" disabled={props.part.busy}>
        {props.say('castVote')}
      </button>
    </form>
  );
}

interface ManagementChoiceProps {
  readonly control: { readonly id: string };
  readonly say: Say;
  readonly chosen: Management | '';
  readonly disabled?: boolean;
  onChoose(value: Management | ''): void;
}

/** What to do next, of the closed list. */
export function ManagementChoice(props: ManagementChoiceProps): JSX.Element {
  return (
    <select
      {...props.control}
      class="input"
      disabled={props.disabled ?? false}
      onChange={(event) => props.onChoose(MANAGEMENTS.find((one) => one === event.currentTarget.value) ?? '')}
    >
      <option value="" selected={props.chosen === ''}>
        {props.say('choose')}
      </option>
      <For each={MANAGEMENTS}>
        {(one) => (
          <option value={one} selected={props.chosen === one}>
            {props.say(one)}
          </option>
        )}
      </For>
    </select>
  );
}
