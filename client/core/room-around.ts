/** The one picture of all around that a room may have: who shows it, beginning it, ending it. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { NoFilm, openAround } from '../media/around-source';
import type { AroundFrom } from '../media/around-source';
import type { RoomClient } from '../room/room-client';
import type { App } from './app';
import type { RoomVoice } from './room-voice';

export interface RoomAround {
  /** Who shows one, by the server's word. */
  readonly by: Accessor<{ readonly participant: number; readonly name: string } | undefined>;
  readonly isOwn: Accessor<boolean>;
  /** What is seen of it here; undefined without voice, or where the line carries no picture. */
  readonly track: Accessor<MediaStreamTrack | undefined>;
  /** What another's is not seen for; undefined where it is seen, or may come at any moment. */
  readonly missing: Accessor<'voice' | 'line' | undefined>;
  /** A file could not be shown. */
  readonly noFilm: Accessor<boolean>;
  /** Whether one looks round in it now. */
  readonly looks: Accessor<boolean>;
  look(looks: boolean): void;
  begin(from: AroundFrom): Promise<void>;
  /** Ends one's own, or, as one who keeps order, anybody's. */
  end(): void;
}

/** Follows a room while the caller lives. */
export function createRoomAround(client: RoomClient, voice: RoomVoice, app: Pick<App, 't' | 'announce' | 'toast'>): RoomAround {
  const [state, setState] = createSignal(client.state);
  const [noFilm, setNoFilm] = createSignal(false);
  const [looks, setLooks] = createSignal(false);
  onCleanup(client.on('change', setState));
  const shower = createMemo(() => [...state().voices.values()].find(({ around }) => around)?.participant);
  const nameOf = (participant: number): string => state().participants.get(participant)?.name ?? '';
  const by = createMemo(() => {
    const participant = shower();
    return participant === undefined ? undefined : { participant, name: nameOf(participant) };
  });
  const isOwn = (): boolean => voice.on('around');
  const track = createMemo(() => voice.around()?.track);
  const missing = (): 'voice' | 'line' | undefined => {
    const [now, another] = [voice.state(), by() !== undefined && !isOwn()];
    if (!another || track() || now === 'joining') return undefined;
    return now === 'in' ? 'line' : 'voice';
  };
  /** The room has said that one's own is shown; when it no longer says so, somebody else has ended it. */
  let granted = false;
  /** What was ended by somebody else needs not be ended again. */
  let endedByOther = false;
  const ask = (shows: boolean): Promise<void> => client.act({ act: 'show-around', shows });
  const stop = (): void => {
    endedByOther = true;
    void voice.showAround(undefined);
  };

  createEffect(
    on(shower, (now, before) => {
      const { self, status, voices } = client.state;
      if (now !== undefined && now === self) granted = true;
      else if (granted) {
        granted = false;
        // Who is among the voices still was not cut off: somebody has ended it.
        if (isOwn() && self !== undefined && voices.has(self)) {
          stop();
          app.toast(() => app.t('around.said.taken'));
        }
      }
      // A line that breaks says nothing of what is shown.
      if (now === before || status !== 'open') return;
      if (now !== undefined && now !== self) {
        const name = nameOf(now);
        app.toast(() => app.t('around.said.begun', { name }));
      } else if (now === undefined && before !== self) app.announce(app.t('around.said.ended'));
    }, { defer: true }),
  );
  // Another's begins beside the room. One that a narrow line left out for a moment is looked at again when it is back.
  createEffect(on(shower, () => setLooks(false), { defer: true }));
  // The browser's own button, a film's end or leaving the voice end it too: the room's place is free again.
  createEffect(
    on(isOwn, (now, before) => {
      if (now || !before) return;
      granted = false;
      if (!endedByOther) void ask(false).catch(() => undefined);
      endedByOther = false;
    }, { defer: true }),
  );
  // A line that broke took the room's word with it: it is asked for again, and may be another's by now.
  createEffect(
    on(voice.state, (now, before) => {
      if (now !== 'in') granted = false;
      else if (before === 'joining' && isOwn()) void ask(true).catch(stop);
    }, { defer: true }),
  );

  return {
    by,
    isOwn,
    track,
    missing,
    noFilm,
    looks: () => looks() && track() !== undefined,
    look: setLooks,
    async begin(from) {
      setNoFilm(false);
      await voice.showAround(async () => {
        try {
          const opened = await openAround(from);
          // Why the room does not take it is said by its news.
          return opened && (await ask(true).then(() => opened, () => void opened.stop()));
        } catch (error) {
          if (!(error instanceof NoFilm)) throw error;
          setNoFilm(true);
          return undefined;
        }
      });
    },
    end() {
      if (isOwn()) void voice.showAround(undefined);
      else void ask(false).catch(() => undefined);
    },
  };
}
