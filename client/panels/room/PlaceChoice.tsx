/** Which room of the hospital is seen around the table, by everybody and by oneself, or none: what is done there is the same in each. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomSetting } from '../../core/room-setting';
import { PLACES } from '../../stage/places/design';
import type { PlaceId } from '../../stage/places/design';

interface PlaceChoiceProps {
  readonly setting: RoomSetting;
  /** What the room is, for everybody who has chosen nothing else. */
  readonly room: PlaceId;
}

export function PlaceChoice(props: PlaceChoiceProps): JSX.Element {
  const app = useApp();
  const nameOf = (place: PlaceId): string => app.t(`room.${place}`);
  const placeOf = (value: string): PlaceId | undefined => PLACES.find((one) => one === value);
  const choose = (value: string): void => {
    props.setting.choose(value === 'flat' ? value : placeOf(value));
    const now = props.setting.now();
    app.announce(now === 'flat' ? app.t('stage.flat') : app.t('place.now', { place: nameOf(now) }));
  };
  return (
    <section class="stack tight">
      <h2 class="legend" id="place-choice">
        {app.t('place.title')}
      </h2>
      <select class="input" aria-labelledby="place-choice" onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="" selected={props.setting.own() === undefined}>
          {app.t('place.shared', { place: nameOf(props.room) })}
        </option>
        <For each={PLACES}>
          {(place) => (
            <option value={place} selected={props.setting.own() === place}>
              {nameOf(place)}
            </option>
          )}
        </For>
        <option value="flat" selected={props.setting.own() === 'flat'}>
          {app.t('place.flat')}
        </option>
      </select>
      <p class="soft small">{app.t('place.hint')}</p>
    </section>
  );
}

/** Has the room be another place for everybody; for its host. */
export function SharedPlace(props: { readonly room: PlaceId; onSet(place: PlaceId): Promise<unknown> }): JSX.Element {
  const app = useApp();
  const set = (select: HTMLSelectElement): void => {
    const place = PLACES.find((one) => one === select.value);
    // What the room does not take is said by its news.
    if (place) props.onSet(place).catch(() => (select.value = props.room));
  };
  return (
    <section class="stack tight">
      <h2 class="legend" id="place-shared">
        {app.t('place.everybody')}
      </h2>
      <select class="input" aria-labelledby="place-shared" onChange={({ currentTarget }) => set(currentTarget)}>
        <For each={PLACES}>
          {(place) => (
            <option value={place} selected={props.room === place}>
              {app.t(`room.${place}`)}
            </option>
          )}
        </For>
      </select>
      <p class="soft small">{app.t('place.everybodyHint')}</p>
    </section>
  );
}
