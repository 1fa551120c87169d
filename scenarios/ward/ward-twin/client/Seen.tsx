/** What a person sees at the bedside and no sensor does; what is left open stays unsaid. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import type { Card } from '../../../../contract/knowledge';
import type { BedView } from './ward';
import { sayIn } from './words';

export function Seen(props: { ward: string; bed: BedView; reload(): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const cards = createQuery<Card[]>(() => (signal) => app.api.get('/api/assess', { signal }));
  const [busy, setBusy] = createSignal(false);
  const asked = () =>
    (cards.data() ?? []).find(({ id }) => id === 'news2')?.inputs.filter(({ name }) => name !== 'age_years' && name !== 'pregnant') ?? [];

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy() || !(event.currentTarget instanceof HTMLFormElement)) return;
    const form = event.currentTarget;
    const given = new FormData(form);
    const seen: Record<string, unknown> = {};
    for (const { name, kind } of asked()) {
      const text = given.get(name);
      if (typeof text !== 'string' || text === '') continue;
      seen[name] = kind === 'number' ? Number(text) : kind === 'yes-no' ? text === 'yes' : text;
    }
    if (Object.keys(seen).length === 0) return;
    setBusy(true);
    try {
      await app.api.post(`/api/wards/${encodeURIComponent(props.ward)}/beds/${encodeURIComponent(props.bed.id)}/seen`, seen);
      app.toast(say('saved'));
      form.reset();
      props.reload();
    } catch (error) {
      app.toast(app.explain(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <details class="seen">
      <summary>{say('seen')}</summary>
      <form onSubmit={(event) => void save(event)}>
        <For each={asked()}>
          {(input) => (
            <label>
              <span>{inLanguage(input.label, app.language())}</span>
              <Show
                when={input.kind === 'number'}
                fallback={
                  <select class="input" name={input.name}>
                    <option value="">{say('notSaid')}</option>
                    <For
                      each={
                        input.kind === 'yes-no'
                          ? [
                              { id: 'yes', label: say('yes') },
                              { id: 'no', label: say('no') },
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
                  placeholder={say('notSaid')}
                />
              </Show>
            </label>
          )}
        </For>
        <button type="submit" class="button primary" disabled={busy()}>
          {say('save')}
        </button>
      </form>
    </details>
  );
}
