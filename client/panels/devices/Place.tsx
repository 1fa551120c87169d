/** Where a device stands: a ward, room or bed, or no place. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { devicePath, placeName } from '../../core/devices';
import type { Device, PlaceFor } from '../../core/devices';
import { createDoing } from '../../core/doing';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { Field } from '../Field';

/** Chooses among all places; the first is none. */
export function PlaceField(props: { value: string; hint?: string; onChoose(id: string): void }): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  const places = createQuery<{ places: readonly PlaceFor[] }>(() => (signal) => app.api.get('/api/devices/places', { signal }));
  return (
    <Answer of={places} lines={1}>
      {(answer) => (
        <Field label={t('devices.place')} hint={props.hint}>
          {(control) => (
            <select {...control} class="input" name="place" onChange={(event) => props.onChoose(event.currentTarget.value)}>
              <option value="" selected={props.value === ''}>
                {t('devices.place.none')}
              </option>
              {/* Where it is may be none of these. */}
              <Show when={props.value !== '' && answer().places.every(({ id }) => id !== props.value)}>
                <option value={props.value} selected>
                  {props.value}
                </option>
              </Show>
              <For each={answer().places}>
                {(place) => (
                  <option value={place.id} selected={place.id === props.value}>
                    {placeName(place, language())}
                  </option>
                )}
              </For>
            </select>
          )}
        </Field>
      )}
    </Answer>
  );
}

/** Puts a device elsewhere. */
export function Place(props: { device: Device; reload(): void }): JSX.Element {
  const app = useApp();
  const { t } = app;
  const { busy, run } = createDoing(app);
  const now = createMemo(() => props.device.location ?? '');
  const [chosen, setChosen] = createSignal<string>();
  const put = (event: SubmitEvent): void => {
    event.preventDefault();
    const location = chosen();
    if (location === undefined) return;
    void run(async () => {
      await app.api.post(devicePath(props.device.id, 'place'), { location: location === '' ? null : location });
      setChosen(undefined);
      app.toast(() => t('devices.place.kept'));
      props.reload();
    });
  };
  return (
    <section>
      <h2>{t('devices.place')}</h2>
      <form class="stack" data-form="place" onSubmit={put}>
        <PlaceField value={chosen() ?? now()} onChoose={setChosen} />
        <p class="rollout-acts">
          <button type="submit" class="button small" disabled={busy() || chosen() === undefined || chosen() === now()}>
            {t('devices.place.put')}
          </button>
        </p>
      </form>
    </section>
  );
}
