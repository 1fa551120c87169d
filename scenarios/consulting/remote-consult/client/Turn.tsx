/** Whose turn it is to speak: the server decides, every browser counts by the server's clock. */
import { For, Show, createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { Field } from '../../../../client/panels/Field';
import { votersOf } from './case';
import type { Part, Slot } from './case';
import type { Say } from './words';

const TICK_ms = 500;
const USUAL_minutes = 3;

/** `2:05`. */
function clockOf(left_ms: number): string {
  const seconds = Math.ceil(Math.max(0, left_ms) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What is left of the round, by the server's time: what it said, and what has passed here since. */
function countdown(turn: () => Part['of']['turn']): { now_ms: () => number; left: () => readonly Slot[] } {
  const [passed, setPassed] = createSignal(0);
  createEffect(
    on(
      () => turn()?.now,
      (now) => {
        setPassed(0);
        if (now === undefined) return;
        const start = performance.now();
        const timer = setInterval(() => setPassed(performance.now() - start), TICK_ms);
        onCleanup(() => clearInterval(timer));
      },
    ),
  );
  const now_ms = (): number => Date.parse(turn()?.now ?? '') + passed();
  return { now_ms, left: () => (turn()?.slots ?? []).filter(({ until }) => Date.parse(until) > now_ms()) };
}

/** Who has the floor, wherever one is in the panel; nothing where nobody has. */
export function Turn(props: { part: Part; say: Say }): JSX.Element {
  const { now_ms, left } = countdown(() => props.part.of.turn);
  return (
    <Show when={left()[0]}>
      {(slot) => (
        <div class="consult-turn" data-speaker={slot().id}>
          <p>
            <strong>{props.say('hasFloor', { name: slot().name })}</strong>{' '}
            <span class="number" role="timer">
              {clockOf(Date.parse(slot().until) - now_ms())}
            </span>
          </p>
          <Show when={left().length > 1}>
            <p class="soft small">
              {props.say('speaksNext', {
                names: left()
                  .slice(1)
                  .map(({ name }) => name)
                  .join(props.say('listJoint')),
              })}
            </p>
          </Show>
          <div class="row">
            <button type="button" class="button small" disabled={props.part.busy} onClick={() => void props.part.act('put', 'turn', { act: 'next' })}>
              {props.say('turnNext')}
            </button>
            <button type="button" class="button small" disabled={props.part.busy} onClick={() => void props.part.act('put', 'turn', { act: 'stop' })}>
              {props.say('turnStop')}
            </button>
          </div>
        </div>
      )}
    </Show>
  );
}

/** Begins a round, where none is going on. */
export function StartTurn(props: { part: Part; say: Say }): JSX.Element {
  const { left } = countdown(() => props.part.of.turn);
  return (
    <Show when={left().length === 0}>
      <StartForm {...props} />
    </Show>
  );
}

function StartForm(props: { part: Part; say: Say }): JSX.Element {
  const [minutes, setMinutes] = createSignal(USUAL_minutes);
  const [first, setFirst] = createSignal('');
  const start = (event: SubmitEvent): void => {
    event.preventDefault();
    const body = { act: 'start', minutes: minutes() };
    void props.part.act('put', 'turn', first() === '' ? body : { ...body, first: first() });
  };
  return (
    <form class="row consult-turn-start" onSubmit={start} data-form="turn">
      <Field label={props.say('turnMinutes')}>
        {(control) => (
          <input
            {...control}
            class="input"
            type="number"
            min={1}
            max={60}
            required
            value={minutes()}
            onInput={(event) => setMinutes(event.currentTarget.valueAsNumber)}
          />
        )}
      </Field>
      <Field label={props.say('turnFirst')}>
        {(control) => (
          <select {...control} class="input" onChange={(event) => setFirst(event.currentTarget.value)}>
            <For each={votersOf(props.part.of)}>{(person) => <option value={person.id}>{person.name}</option>}</For>
          </select>
        )}
      </Field>
      <button type="submit" class="button small" disabled={props.part.busy}>
        {props.say('turnStart')}
      </button>
    </form>
  );
}
