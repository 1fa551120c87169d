/** Comes on duty on a ward, or goes off; who is in charge there sends off who forgot. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import { createQuery } from '../../../../client/core/query';
import { untilOf } from './duty';
import type { MayView } from './duty';
import type { WardView } from './ward';
import { roleIn, sayIn } from './words';

/** The duty that is for beds. */
const OF_BEDS = 'bed-nurse';

export function OnDuty(props: { ward: WardView; reload(): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const { busy, run } = createDoing(app);
  const path = createMemo(() => `/api/wards/${encodeURIComponent(props.ward.id)}/duty`);
  const may = createQuery<MayView>(() => {
    const at = path();
    return (signal) => app.api.get(at, { signal });
  });
  // The ward is read anew every few seconds; what may be said changes with who is on duty.
  const staff = createMemo(() => props.ward.staff.map(({ id, role }) => `${id} ${role}`).join());
  createEffect(on(staff, () => may.reload(), { defer: true }));
  const nameOf = (id: string): string => props.ward.staff.find((one) => one.id === id)?.name || id;
  const done = (word: 'cameOn' | 'wentOff'): void => {
    app.toast(() => say(word));
    may.reload();
    props.reload();
  };

  const [chosen, setChosen] = createSignal('');
  const duty = (): string => (may.data()?.take.includes(chosen()) ? chosen() : (may.data()?.take[0] ?? ''));
  const come = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const hour = said.get('until');
    const until = typeof hour === 'string' ? untilOf(hour, new Date()) : undefined;
    void run(async () => {
      await app.api.post(path(), { duty: duty(), beds: said.getAll('bed'), ...(until !== undefined && { until }) });
      done('cameOn');
    });
  };
  const go = (who: string): void =>
    void run(async () => {
      await app.api.delete(`${path()}/${encodeURIComponent(who)}`);
      done('wentOff');
    });

  return (
    <div class="duty" data-duty>
      <p class="row acts">
        <For each={may.data()?.end ?? []}>
          {(who) => (
            <button type="button" class="button" disabled={busy()} onClick={() => go(who)}>
              {who === app.me()?.id ? say('goOff') : say('sendOff', { who: nameOf(who) })}
            </button>
          )}
        </For>
      </p>
      <Show when={(may.data()?.take.length ?? 0) > 0}>
        <details>
          <summary>{say('comeOn')}</summary>
          <form class="send-form" data-form="duty" onSubmit={come}>
            <label>
              {say('duty')}
              <select class="input" name="duty" onChange={(event) => setChosen(event.currentTarget.value)}>
                <For each={may.data()?.take}>{(one) => <option value={one}>{roleIn(say, one)}</option>}</For>
              </select>
            </label>
            <label>
              {say('dutyUntil')}
              <input class="input" type="time" name="until" />
            </label>
            <Show when={duty() === OF_BEDS}>
              <fieldset class="duty-beds">
                <legend>{say('dutyBeds')}</legend>
                {/* Beds are kept by their ids, or what was ticked would be lost. */}
                <For each={props.ward.beds.map(({ id }) => id)}>
                  {(id) => (
                    <label>
                      <input type="checkbox" name="bed" value={id} /> {props.ward.beds.find((bed) => bed.id === id)?.name ?? id}
                    </label>
                  )}
                </For>
              </fieldset>
            </Show>
            <button type="submit" class="button primary" disabled={busy()}>
              {say('comeOn')}
            </button>
          </form>
        </details>
      </Show>
    </div>
  );
}
