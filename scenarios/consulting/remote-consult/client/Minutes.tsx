/** The minutes: what was said and decided, between what the case notes itself; to be printed and taken away. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { momentOf } from '../../../../client/core/dates';
import type { Language } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import { StartTurn } from './Turn';
import type { Entry, Part } from './case';
import type { Say, Word } from './words';
import { wordOr } from './words';

interface MinutesProps {
  readonly part: Part;
  readonly say: Say;
  readonly language: Language;
}

export function Minutes(props: MinutesProps): JSX.Element {
  const isOpen = (): boolean => ['voting', 'planning'].includes(props.part.of.step);
  const address = (): string => `/fhir/Composition/${encodeURIComponent(props.part.of.id)}-minutes`;
  const entries = (): readonly Entry[] => props.part.of.minutes.entries;
  return (
    <div class="stack">
      <Show when={isOpen()}>
        <StartTurn part={props.part} say={props.say} />
        <EntryForm {...props} />
      </Show>
      <Show when={props.part.of.minutes.final}>
        <Notice kind="good">{props.say('minutesFinal')}</Notice>
      </Show>
      <Show when={entries().length > 0} fallback={<p class="soft">{props.say('minutesNone')}</p>}>
        <article class="consult-print" aria-label={props.say('minutes')}>
          <h2 class="consult-heading">{props.say('minutesOf', { name: props.part.of.patient.name })}</h2>
          <ol class="consult-minutes">
            <For each={entries()}>{(entry) => <Noted entry={entry} {...props} />}</For>
          </ol>
        </article>
        <div class="row">
          <button type="button" class="button small" onClick={() => print()}>
            {props.say('print')}
          </button>
          <a class="button small" href={address()} target="_blank" rel="noopener">
            {props.say('asFhir')}
          </a>
        </div>
      </Show>
    </div>
  );
}

function Noted(props: MinutesProps & { entry: Entry }): JSX.Element {
  const what = (): string =>
    props.entry.act === undefined ? props.say(`entry-${props.entry.kind}` as Word) : wordOr(props.say, `act-${props.entry.act}`);
  const text = (): string => (props.entry.act === 'plan-changed' ? wordOr(props.say, props.entry.text) : props.entry.text);
  return (
    <li data-entry={props.entry.act ?? props.entry.kind}>
      <time class="soft small" dateTime={props.entry.at}>
        {momentOf(props.entry.at, props.language)}
      </time>{' '}
      <strong>{props.entry.by.name}</strong> {what()} <Show when={text()}>{(said) => <span class="consult-said">{said()}</span>}</Show>
    </li>
  );
}

function EntryForm(props: MinutesProps): JSX.Element {
  const [kind, setKind] = createSignal<'said' | 'decided'>('said');
  const [text, setText] = createSignal('');
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (text().trim() === '') return;
    if (await props.part.act('post', 'minutes', { kind: kind(), text: text() })) setText('');
  };
  return (
    <form class="stack" onSubmit={(event) => void add(event)} data-form="minutes">
      <Segmented
        label={props.say('entryKind')}
        options={(['said', 'decided'] as const).map((value) => ({ value, label: props.say(`kind-${value}`) }))}
        chosen={kind()}
        onChoose={setKind}
      />
      <Field label={props.say('entryText')}>
        {(control) => (
          <textarea
            {...control}
            class="input"
            name="entry"
            maxLength={1000}
            value={text()}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class="row">
        <button type="submit" class="button" disabled={props.part.busy}>
          {props.say('entryAdd')}
        </button>
      </div>
    </form>
  );
}
