/** Words for a note or a landmark by voice: by the browser, else as one's own captions by the hospital's service. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { App } from '../../core/app';
import { canListen, listen } from '../../core/listening';
import type { RoomControl } from '../../core/room-control';
import type { RoomOrder } from '../../core/room-order';
import type { RoomVoice } from '../../core/room-voice';
import { LONGEST } from '../../stage/tools';
import type { WritingInside } from './inside-state';

/** Follows a room while the caller lives. */
export function createWriting(props: { readonly control: RoomControl; readonly order: RoomOrder; readonly voice: RoomVoice }, app: App): { readonly state: Accessor<WritingInside | undefined>; press(what: string): void } {
  const [draft, setDraft] = createSignal('');
  const [listens, setListens] = createSignal(false);
  let stop = (): void => undefined;
  const at = createMemo(() => props.control.writeAt());
  const isOfHospital = (): boolean => props.voice.state() === 'in' && props.voice.writesDown();
  const by = (): WritingInside['by'] => (isOfHospital() ? 'captions' : canListen() ? 'browser' : undefined);
  const numbered = (): string => app.t('inside.write.numbered', { number: props.control.marks().filter(({ entity }) => entity.type === 'landmark').length + 1 });

  onCleanup(() => stop());
  createEffect(on(at, () => {
    stop();
    setDraft('');
  }));
  // What the service has just heard of oneself is the text, as long as it is asked for.
  createEffect(on(props.voice.captions, (all) => {
    const last = all.at(-1);
    if (at() && props.voice.dictates() && last?.heard && last.name === props.order.own()?.name) setDraft(last.text);
  }, { defer: true }));

  function hear(): void {
    if (isOfHospital()) return props.voice.dictate(!props.voice.dictates());
    if (listens()) return stop();
    setListens(true);
    stop = listen(app.language(), setDraft, () => setListens(false));
  }

  return {
    state: () => {
      const there = at();
      return there && { as: there.as, draft: draft(), listens: listens() || (isOfHospital() && props.voice.dictates()), by: by(), numbered: numbered() };
    },
    press(what) {
      const there = at();
      if (!there) return;
      if (what === 'listen') return hear();
      const text = what === 'numbered' ? numbered() : what === 'place' ? draft().trim().slice(0, LONGEST[there.as]) : '';
      if (text !== '') props.control.write(there.point_lps_mm, text, there.as);
      props.control.askForWords(undefined);
    },
  };
}
