/** Names of wards, beds and things as they are read here: a hospital may give them in both languages. */
import { nameIn } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { CommandView, Placed } from './command';
import type { WardView } from './ward';

const each = (names: Readonly<Record<string, string>>, language: Language): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(names).map(([id, name]) => [id, nameIn(name, language)]));

const some = (name: string | null, language: Language): string | null => (name === null ? null : nameIn(name, language));

export function wardIn(ward: WardView, language: Language): WardView {
  const name = (given: string): string => nameIn(given, language);
  return {
    ...ward,
    name: name(ward.name),
    rooms: each(ward.rooms, language),
    equipment: each(ward.equipment, language),
    beds: ward.beds.map((bed) => ({
      ...bed,
      name: name(bed.name),
      devices: bed.devices.map((device) => ({ ...device, name: name(device.name) })),
    })),
    alarms: ward.alarms.map((alarm) => ({
      ...alarm,
      bed_name: name(alarm.bed_name),
      equipment: alarm.equipment.map((one) => ({ ...one, device: some(one.device, language), place: some(one.place, language) })),
    })),
    staff: ward.staff.map((one) => ({ ...one, places: one.places.map(name) })),
  };
}

/** What somebody or something on the plan is called now: it may have been chosen in another language. */
export const namedIn = ({ people, equipment, patients }: CommandView, one: Placed): string =>
  [...people, ...equipment, ...patients].find(({ tag }) => tag === one.tag)?.name || one.name || one.id;

export function commandIn(view: CommandView, language: Language): CommandView {
  const name = (given: string): string => nameIn(given, language);
  const placed = (all: readonly Placed[]): readonly Placed[] =>
    all.map((one) => ({
      ...one,
      name: name(one.name),
      room: some(one.room, language),
      keeps: one.keeps && { ...one.keeps, place: some(one.keeps.place, language) },
    }));
  return {
    ...view,
    name: name(view.name),
    drawn: view.drawn.map((one) => ({ ...one, name: name(one.name) })),
    places: each(view.places, language),
    people: placed(view.people),
    equipment: placed(view.equipment),
    patients: placed(view.patients),
    missions: view.missions.map((one) => ({ ...one, bed_name: name(one.bed_name) })),
    role_names: each(view.role_names, language),
    names: each(view.names, language),
  };
}
