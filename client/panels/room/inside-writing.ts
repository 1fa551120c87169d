/** Words for a note, a landmark or a board by voice: by the browser, else as one's own captions by the hospital's service. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { App } from '../../core/app';
import { canListen, listen } from '../../core/listening';
import type { BoardShown, RoomControl } from '../../core/room-control';
import type { RoomOrder } from '../../core/room-order';
import { noteOn } from '../../core/room-standing';
import type { RoomVoice } from '../../core/room-voice';
import type { EntityId } from '../../stage/room-view';
import { LONGEST } from '../../stage/tools';
import type { WritingInside } from './inside-state';

interface Props {
  readonly control: Pick<RoomControl, 'boards' | 'locked' | 'marks' | 'place' | 'write' | 'writeAt' | 'askForWords'>;
  readonly order: Pick<RoomOrder, 'own' | 'works'>;
  readonly voice: Pick<RoomVoice, 'state' | 'captions' | 'writesDown' | 'dictates' | 'dictate'>;
}

export interface WritingByVoice {
  readonly state: Accessor<WritingInside | undefined>;
  /** Whether anything here writes speech down. */
  readonly can: Accessor<boolean>;
  /** Begins words on a board; those at a point of the images are asked for by the room. */
  onBoard(board: EntityId): void;
  press(what: string): void;
}

/** Follows a room while the caller lives. */
export function createWriting(props: Props, app: Pick<App, 't' | 'language'>): WritingByVoice {
  const [draft, setDraft] = createSignal('');
  const [listens, setListens] = createSignal(false);
  const [chosen, setChosen] = createSignal<EntityId>();
  let stop = (): void => undefined;
  /** The board that is written on, as long as it stands there and takes words. */
  const board = (): BoardShown | undefined => (props.order.works() ? props.control.boards().find(({ id }) => id === chosen() && !props.control.locked(id)?.marks) : undefined);
  const at = createMemo(() => props.control.writeAt() ?? board()?.id);
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
    if (at() !== undefined && props.voice.dictates() && last?.heard && last.name === props.order.own()?.name) setDraft(last.text);
  }, { defer: true }));

  function hear(): void {
    if (isOfHospital()) return props.voice.dictate(!props.voice.dictates());
    if (listens()) return stop();
    setListens(true);
    stop = listen(app.language(), setDraft, () => setListens(false));
  }

  function write(what: string): void {
    const [there, shown] = [props.control.writeAt(), board()];
    const text = what === 'numbered' ? numbered() : what === 'place' ? draft().trim() : '';
    if (text !== '' && there) props.control.write(there.point_lps_mm, text.slice(0, LONGEST[there.as]), there.as);
    else if (text !== '' && shown) props.control.place(noteOn(shown, text));
    if (there) props.control.askForWords(undefined);
    else setChosen(undefined);
  }

  return {
    state: () => {
      const as = props.control.writeAt()?.as ?? (board() && 'board');
      return as && { as, draft: draft(), listens: listens() || (isOfHospital() && props.voice.dictates()), by: by(), numbered: numbered() };
    },
    can: () => by() !== undefined,
    onBoard: (board) => void setChosen(board),
    press(what) {
      if (at() === undefined) return;
      if (what === 'listen') hear();
      else write(what);
    },
  };
}
