/** What is arranged, when it is due, and what was done about it; the letter; the signature. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { dayOf, momentOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import type { Decision, Part } from './course';
import { stateOf } from './course';
import { Letter } from './Letter';
import { repeatShown, windowShown } from './shown';

export function Orders(props: { part: Part }): JSX.Element {
  const part = (): Part => props.part;
  const decisions = (): readonly Decision[] => part().of.arrangement.decisions ?? [];
  const canSign = (): boolean =>
    part().of.state === 'draft' &&
    part().decides &&
    (stateOf(part().of, 'arrange') === 'to-sign' || stateOf(part().of, 'arrange') === 'skipped');
  return (
    <section class="stack" aria-labelledby="screen-orders">
      <h3 id="screen-orders">{part().say('plan')}</h3>
      <Show when={decisions().length > 0} fallback={<p class="soft small">{part().say('noOrders')}</p>}>
        <ul class="screen-list">
          <For each={decisions()}>{(one) => <Order part={part()} of={one} />}</For>
        </ul>
      </Show>
      <Show when={part().of.deviations.length > 0}>
        <details class="screen-more">
          <summary>{part().say('deviations', { n: part().of.deviations.length })}</summary>
          <ul>
            <For each={part().of.deviations}>
              {(one) => (
                <li>
                  {inLanguage(one.label, part().language)}{colonIn(part().language)}{one.reason} <span class="soft small">({one.by.name})</span>
                </li>
              )}
            </For>
          </ul>
        </details>
      </Show>
      <Show when={part().of.letter}>{(letter) => <Letter part={part()} sections={letter()} />}</Show>
      <Show when={canSign()}>
        <Notice kind="warn">{part().say('signHint')}</Notice>
        <div class="row">
          <button
            type="button"
            class="button primary"
            disabled={part().busy || part().offline}
            onClick={() => void part().act('sign', { digest: part().of.digest })}
          >
            {part().say('sign')}
          </button>
        </div>
      </Show>
      <Show when={part().of.signature}>
        {(signed) => (
          <Notice kind="good">
            {part().say('signed', { name: signed().name, at: momentOf(signed().at, part().language) })}
          </Notice>
        )}
      </Show>
    </section>
  );
}

function Order(props: { part: Part; of: Decision }): JSX.Element {
  const say = props.part.say;
  const isOpen = (): boolean => props.part.of.state === 'active' && props.of.ordered && props.of.due !== 'none';
  const [booking, setBooking] = createSignal(false);
  return (
    <li data-order={props.of.n} data-due={props.of.due}>
      <p>
        <strong>{inLanguage(props.of.label, props.part.language)}</strong>
        {': '}
        {windowShown(props.of, say, props.part.language)}
        {repeatShown(props.of, say, props.part.language)}{' '}
        <Show
          when={props.of.ordered}
          fallback={<span class="chip">{say('notOrdered')}</span>}
        >
          <Show when={props.part.of.state !== 'draft'}>
            <span class={`chip ${{ overdue: 'bad', now: 'warn', planned: '', none: 'good' }[props.of.due]}`}>
              {say(`due.${props.of.due}`)}
            </span>
          </Show>
        </Show>
      </p>
      <Show when={props.of.reason}>
        {(reason) => <p class="small">{say('because', { reason: reason() })}</p>}
      </Show>
      <Show when={props.of.visit}>
        {(visit) => <p class="small">{say('booked', { at: momentOf(visit().start, props.part.language) })}</p>}
      </Show>
      <For each={props.of.done ?? []}>
        {(day) => <p class="small">{say('doneOn', { day: dayOf(day, props.part.language) })}</p>}
      </For>
      <Show when={isOpen() && props.part.decides}>
        <div class="row">
          <button
            type="button"
            class="button small"
            disabled={props.part.busy || props.part.offline}
            onClick={() => void props.part.act('done', { order: props.of.n })}
          >
            {say('markDone')}
          </button>
          <button type="button" class="button small" aria-expanded={booking()} onClick={() => setBooking((now) => !now)}>
            {say('book')}
          </button>
        </div>
        <Show when={booking()}>
          <Booking part={props.part} n={props.of.n} onDone={() => setBooking(false)} />
        </Show>
      </Show>
    </li>
  );
}

function Booking(props: { part: Part; n: number; onDone: () => void }): JSX.Element {
  const say = props.part.say;
  const [start, setStart] = createSignal('');
  const [minutes, setMinutes] = createSignal('');
  const isWhole = (): boolean => start() !== '' && Number(minutes()) > 0;
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!isWhole()) return;
    const body = { order: props.n, start: new Date(start()).toISOString(), minutes: Math.round(Number(minutes())) };
    if (await props.part.act('visit', body)) props.onDone();
  };
  return (
    <form class="screen-phase" onSubmit={(event) => void save(event)} noValidate data-form="visit">
      <Field label={say('start')}>
        {(control) => (
          <input
            {...control}
            type="datetime-local"
            class="input"
            value={start()}
            onInput={(event) => setStart(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={say('minutes')}>
        {(control) => (
          <input
            {...control}
            class="input"
            inputmode="numeric"
            value={minutes()}
            onInput={(event) => setMinutes(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" class="button small primary" disabled={!isWhole() || props.part.busy}>
        {say('save')}
      </button>
    </form>
  );
}
