/** What a person sees at the bedside and no sensor does; what is left open stays unsaid. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import type { Card, CardInput } from '../../../../contract/knowledge';
import { Entered } from './Entered';
import { askedSaid, filledIn } from './said';
import type { BedView, WardView } from './ward';
import { sayIn } from './words';
import type { Say } from './words';

const OF_THE_RECORD: ReadonlySet<string> = new Set(['age_years', 'female', 'pregnant']);
const OTHERS = ['mews', 'qsofa', 'curb-65', 'psi'] as const;

export function Seen(props: { ward: WardView; bed: BedView; reload(): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const cards = createQuery<Card[]>(() => (signal) => app.api.get('/api/assess', { signal }));
  const { busy, run } = createDoing(app);
  const [open, setOpen] = createSignal(false);
  const [times, setTimes] = createSignal(0);
  /** What a score asks; age and sex are the record's. */
  const asks = (score: string): readonly CardInput[] =>
    (cards.data() ?? []).find(({ id }) => id === score)?.inputs.filter(({ name }) => !OF_THE_RECORD.has(name)) ?? [];
  const first = createMemo(() => asks('news2'));
  /** What the other scores ask besides: no number of the laboratory is typed here. */
  const more = createMemo(() => {
    const known = new Set(first().map(({ name }) => name));
    return OTHERS.flatMap(asks).filter(({ name, kind }) => {
      if (known.has(name) || (kind === 'number' && name !== 'diastolic_mmhg')) return false;
      known.add(name);
      return true;
    });
  });
  const asked = (): readonly CardInput[] => [...first(), ...more()];

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy() || !(event.currentTarget instanceof HTMLFormElement)) return;
    const form = event.currentTarget;
    const seen = filledIn(asked(), new FormData(form));
    if (Object.keys(seen).length === 0) return app.toast(() => say('seenNothing'));
    await run(async () => {
      await app.api.post(`/api/wards/${encodeURIComponent(props.ward.id)}/beds/${encodeURIComponent(props.bed.id)}/seen`, seen);
      app.toast(() => say('saved'));
      form.reset();
      setTimes((before) => before + 1);
      props.reload();
    });
  }

  return (
    <details class="seen" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say('seen')}</summary>
      <form onSubmit={(event) => void save(event)}>
        <Fields inputs={first()} say={say} />
        <fieldset>
          <legend>{say('seenMore')}</legend>
          <Fields inputs={more()} say={say} />
        </fieldset>
        <button type="submit" class="button primary" disabled={busy()}>
          {say('save')}
        </button>
      </form>
      <Show when={open()}>
        <Entered ward={props.ward} bed={props.bed.id} times={times()} reload={props.reload} />
      </Show>
    </details>
  );
}

function Fields(props: { inputs: readonly CardInput[]; say: Say }): JSX.Element {
  const app = useApp();
  return (
    <For each={props.inputs}>
      {(input) => (
        <label>
          <span>{askedSaid(input, app.language())}</span>
          <Show
            when={input.kind === 'number'}
            fallback={
              <select class="input" name={input.name}>
                <option value="">{props.say('notSaid')}</option>
                <For
                  each={
                    input.kind === 'yes-no'
                      ? [
                          { id: 'yes', label: props.say('yes') },
                          { id: 'no', label: props.say('no') },
                        ]
                      : input.choices.map(({ id, label }) => ({ id, label: `${id} · ${inLanguage(label, app.language())}` }))
                  }
                >
                  {(choice) => <option value={choice.id}>{choice.label}</option>}
                </For>
              </select>
            }
          >
            <input
              class="input"
              name={input.name}
              type="number"
              inputmode="decimal"
              step={input.name === 'temperature_c' ? 0.1 : 1}
              min={input.range[0] ?? undefined}
              max={input.range[1] ?? undefined}
              placeholder={props.say('notSaid')}
            />
          </Show>
        </label>
      )}
    </For>
  );
}
