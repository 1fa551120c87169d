/** The floor of the wards for who runs the hospital: where things are, who has which duty, what is under way; nobody by name. */
import { For, Show, createMemo, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { FloorPlan } from './FloorPlan';
import { Missions } from './Missions';
import { Old } from './Old';
import { Whereabouts } from './Whereabouts';
import type { CommandView } from './command';
import { commandIn } from './names';
import type { WardFigures } from './ward';
import { sayIn } from './words';

const AGAIN_ms = 5_000;

export function Floor(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const wards = createQuery<WardFigures[]>(() => (signal) => app.api.get('/api/ward-figures', { signal }));
  const [chosen, setChosen] = createSignal<string>();
  return (
    <Answer of={wards}>
      {(all) => (
        <Show when={all()[0]} fallback={<EmptyState icon="ward" title={say('noWards')} hint={say('noWardsHint')} />}>
          {(first) => (
            <>
              <Show when={all().length > 1}>
                <label class="row small">
                  {say('ward')}
                  <select class="input" onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
                    <For each={all()}>{(ward) => <option value={ward.id}>{nameIn(ward.name, app.language())}</option>}</For>
                  </select>
                </label>
              </Show>
              <OfWard ward={chosen() ?? first().id} />
            </>
          )}
        </Show>
      )}
    </Answer>
  );
}

function OfWard(props: { ward: string }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const view = createQuery<CommandView>(() => {
    const address = `/api/wards/${encodeURIComponent(props.ward)}/command`;
    return (signal) => app.api.get(address, { signal });
  });
  const timer = setInterval(() => {
    if (!document.hidden) view.reload();
  }, AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  return (
    <Answer of={view}>
      {(answer) => {
        const found = createMemo(() => commandIn(answer(), app.language()));
        return (
          <div class="command">
            <Old of={found().old} say={say} />
            <p class="soft small">{say('floorHint')}</p>
            <FloorPlan view={found()} trace={[]} say={say} />
            <section id="dispatch">
              <Missions view={found()} say={say} />
            </section>
            <Whereabouts view={found()} say={say} />
          </div>
        );
      }}
    </Answer>
  );
}
