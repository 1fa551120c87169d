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

/** Places that rooms are to be from when they are first entered. */
const asked = new Map<string, PlaceId>();

/** The next entry into this room has it be this place, if that is for who enters to say. */
export function askForPlace(room: string, place: PlaceId): void {
  asked.set(room, place);
}

/** The place that was asked for; asked once, it is so once. */
export function takePlace(room: string): PlaceId | undefined {
  const place = asked.get(room);
  asked.delete(room);
  return place;
}

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
