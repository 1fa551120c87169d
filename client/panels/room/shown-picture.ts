/** Which picture stands in the room itself for whoever wears a headset, where there is no place beside a stage. */
import { createMemo, createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Picture, RoomVoice } from '../../core/room-voice';

export interface ShownPicture {
  /** What others show and is seen first, whether or not one looks at it. */
  readonly first: Accessor<Picture | undefined>;
  /** Whether one looks at what others show. */
  readonly looks: Accessor<boolean>;
  look(looks: boolean): void;
}

export function createShownPicture(voice: Pick<RoomVoice, 'pictures' | 'voices'>): ShownPicture {
  const [looks, look] = createSignal(true);
  const speaks = (participant: number): boolean => voice.voices().get(participant)?.speaking ?? false;
  const first = createMemo<Picture | undefined>((before) => firstPicture(voice.pictures(), speaks, before?.key), undefined, { equals: (a, b) => a?.key === b?.key && a?.track === b?.track });
  return { first, looks, look: (now) => void look(now) };
}

/** Of what others show: a screen, else the camera of who speaks; who falls silent stays until somebody else speaks. */
export function firstPicture(pictures: readonly Picture[], speaks: (participant: number) => boolean, before: string | undefined): Picture | undefined {
  const of = (wanted: Picture['source']): readonly Picture[] => pictures.filter(({ participant, source }) => participant !== undefined && source === wanted);
  const again = (some: readonly Picture[]): Picture | undefined => some.find(({ key }) => key === before) ?? some[0];
  const speaking = of('camera').filter(({ participant }) => participant !== undefined && speaks(participant));
  return again(of('screen')) ?? again(speaking) ?? again(of('camera'));
}
