/** The smoking history: how many a day for how many years, in phases; pack-years follow from it. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { typedNumber } from '../../../../client/core/typed-number';
import { Field } from '../../../../client/panels/Field';
import type { SmokingPhase } from '../../../../contract/knowledge';
import type { Part } from './course';
import { phasesOf } from './course';

interface Typed {
  readonly perDay: string;
  readonly years: string;
}

const EMPTY: Typed = { perDay: '', years: '' };

function read(typed: Typed): SmokingPhase | undefined {
  const [cigarettes_per_day, years] = [typed.perDay, typed.years].map(typedNumber);
  const usable = (number: number | undefined): number is number => number !== undefined && number >= 0;
  return usable(cigarettes_per_day) && usable(years) ? { cigarettes_per_day, years } : undefined;
}

export function History(props: { part: Part; onDone: (phases: SmokingPhase[]) => void }): JSX.Element {
  const say = props.part.say;
  const before = phasesOf(props.part).map((one) => ({
    perDay: String(one.cigarettes_per_day),
    years: String(one.years),
  }));
  const [phases, setPhases] = createSignal<readonly Typed[]>(before.length > 0 ? before : [EMPTY]);
  const [tried, setTried] = createSignal(false);
  const edit = (at: number, change: Partial<Typed>): void => {
    setPhases((all) => all.map((one, index) => (index === at ? { ...one, ...change } : one)));
  };
  const done = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    const all = phases().map(read);
    if (all.every((one) => one !== undefined)) props.onDone(all);
  };
  return (
    <form class="stack" onSubmit={done} noValidate data-form="history">
      <For each={phases().map((_, at) => at)}>
        {(at) => (
          <div class="screen-phase">
            <Field label={say('perDay')}>
              {(control) => (
                <input
                  {...control}
                  class="input"
                  inputmode="decimal"
                  value={phases()[at]?.perDay ?? ''}
                  onInput={(event) => edit(at, { perDay: event.currentTarget.value })}
                />
              )}
            </Field>
            <Field label={say('forYears')}>
              {(control) => (
                <input
                  {...control}
                  class="input"
                  inputmode="decimal"
                  value={phases()[at]?.years ?? ''}
                  onInput={(event) => edit(at, { years: event.currentTarget.value })}
                />
              )}
            </Field>
          </div>
        )}
      </For>
      <Show when={tried() && phases().some((one) => read(one) === undefined)}>
        <p class="wrong small" role="alert">
          {say('needPhase')}
        </p>
      </Show>
      <div class="row">
        <button type="submit" class="button primary">
          {say('save')}
        </button>
        <button type="button" class="button quiet" onClick={() => setPhases((all) => [...all, EMPTY])}>
          {say('morePhases')}
        </button>
      </div>
    </form>
  );
}
