/** Which room of the hospital somebody sees around the table, or none: that of the room, until they choose for themselves. */
import { createSignal } from 'solid-js';
import type { PlaceId } from '../stage/places/design';

/** A place, or flat: slices, marks, people and the case without the stage. */
export type Setting = PlaceId | 'flat';

export interface RoomSetting {
  /** What is seen now. */
  now(): Setting;
  /** What they chose for themselves; undefined while they see what the room is. */
  own(): Setting | undefined;
  choose(own: Setting | undefined): void;
}

const FLAT_KEY = 'yuanyi.flat';

/** That somebody wants none is kept on the device; another place is for this stay. */
export function createRoomSetting(room: () => PlaceId): RoomSetting {
  const [own, setOwn] = createSignal<Setting | undefined>(localStorage.getItem(FLAT_KEY) === null ? undefined : 'flat');
  return {
    now: () => own() ?? room(),
    own,
    choose(setting) {
      if (setting === 'flat') localStorage.setItem(FLAT_KEY, '1');
      else localStorage.removeItem(FLAT_KEY);
      setOwn(setting);
    },
  };
}
