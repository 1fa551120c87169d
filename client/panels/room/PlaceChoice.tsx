/** Which room of the hospital is seen around the hologram, or none: what is done there is the same in each. */
import { For, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { PLACES } from '../../stage/places/design';
import type { PlaceId } from '../../stage/places/design';

/** A place, or flat: slices, marks, people and the case without the stage. */
export type Setting = PlaceId | 'flat';

const FLAT_KEY = 'yuanyi.flat';

/** What somebody sees now: the place of the scenario, until they choose; that they want none is kept on the device. */
export function createSetting(own: () => PlaceId): readonly [() => Setting, (setting: Setting) => void] {
  const [chosen, choose] = createSignal<Setting | undefined>(localStorage.getItem(FLAT_KEY) === null ? undefined : 'flat');
  return [
    () => chosen() ?? own(),
    (setting) => {
      if (setting === 'flat') localStorage.setItem(FLAT_KEY, '1');
      else localStorage.removeItem(FLAT_KEY);
      choose(setting);
    },
  ];
}

interface PlaceChoiceProps {
  readonly setting: Setting;
  /** The place to which the scenario belongs. */
  readonly own: PlaceId;
  onChoose(setting: Setting): void;
}

export function PlaceChoice(props: PlaceChoiceProps): JSX.Element {
  const app = useApp();
  const choose = (value: string): void => {
    const setting = PLACES.find((one) => one === value) ?? 'flat';
    props.onChoose(setting);
    app.announce(setting === 'flat' ? app.t('stage.flat') : app.t('place.now', { place: app.t(`room.${setting}`) }));
  };
  return (
    <section class="stack tight">
      <h2 class="legend" id="place-choice">
        {app.t('place.title')}
      </h2>
      <select class="input" aria-labelledby="place-choice" onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <For each={PLACES}>
          {(place) => (
            <option value={place} selected={props.setting === place}>
              {place === props.own ? app.t('place.own', { place: app.t(`room.${place}`) }) : app.t(`room.${place}`)}
            </option>
          )}
        </For>
        <option value="flat" selected={props.setting === 'flat'}>
          {app.t('place.flat')}
        </option>
      </select>
      <p class="soft small">{app.t('place.hint')}</p>
    </section>
  );
}
