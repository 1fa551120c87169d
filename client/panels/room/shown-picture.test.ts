import { createRoot, createSignal } from 'solid-js';
import { describe, expect, it } from 'vitest';
import type { Picture, RoomVoice } from '../../core/room-voice';
import { createShownPicture, firstPicture } from './shown-picture';

const track = (): MediaStreamTrack => ({}) as MediaStreamTrack;
const picture = (participant: number | undefined, source: Picture['source']): Picture => ({ key: `${participant}:${source}`, participant, source, track: track() });
const [OWN, LI, CHEN, SCREEN, OTHER_SCREEN] = [picture(undefined, 'camera'), picture(1, 'camera'), picture(2, 'camera'), picture(3, 'screen'), picture(4, 'screen')];
const nobody = (): boolean => false;
const only = (who: number) => (participant: number): boolean => participant === who;

describe('the picture that stands in the room', () => {
  it('is a screen before any camera, and stays that screen while another is shared too', () => {
    expect(firstPicture([LI, CHEN, SCREEN], only(1), undefined)).toBe(SCREEN);
    expect(firstPicture([LI, OTHER_SCREEN, SCREEN], only(1), SCREEN.key)).toBe(SCREEN);
    expect(firstPicture([LI, OTHER_SCREEN], nobody, SCREEN.key)).toBe(OTHER_SCREEN);
  });

  it('else is the camera of who speaks, and stays with them until somebody else does', () => {
    expect(firstPicture([LI, CHEN], only(2), LI.key)).toBe(CHEN);
    expect(firstPicture([LI, CHEN], nobody, CHEN.key)).toBe(CHEN);
    expect(firstPicture([LI, CHEN], () => true, CHEN.key)).toBe(CHEN);
    expect(firstPicture([LI], nobody, CHEN.key)).toBe(LI);
  });

  it('is never one’s own', () => {
    expect(firstPicture([OWN], () => true, undefined)).toBeUndefined();
    expect(firstPicture([OWN, LI], nobody, undefined)).toBe(LI);
  });

  it('follows the room, and is another when its track is', () =>
    createRoot((end) => {
      const [pictures, setPictures] = createSignal<readonly Picture[]>([]);
      const shown = createShownPicture({ pictures, voices: () => new Map() } satisfies Pick<RoomVoice, 'pictures' | 'voices'>);
      expect(shown.first()).toBeUndefined();
      setPictures([LI]);
      expect(shown.first()).toBe(LI);
      // The same picture told anew is no other: its video goes on.
      setPictures([{ ...LI }]);
      expect(shown.first()).toBe(LI);
      const again = { ...LI, track: track() };
      setPictures([again]);
      expect(shown.first()).toBe(again);
      end();
    }));
});
