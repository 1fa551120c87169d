/** A room in a headset: its panel with tools, the sign of a recording, what others show, and a picture of all around. */
import { createEffect, createMemo, mergeProps, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { MyCall } from '../../core/reach';
import { page } from '../../core/router';
import type { Space } from '../../stage/space';
import { feelCalls, isShown, useOwnCalls } from '../own-calls';
import type { OwnCalls } from '../own-calls';
import { EnterHeadset } from './EnterHeadset';
import { insidePanel } from './inside';
import { createInside } from './inside-control';
import type { InsideRoom } from './inside-control';
import { createShownPicture } from './shown-picture';
import { createWorn } from './worn';

export function HeadsetButtons(props: InsideRoom & { readonly stage: Space }): JSX.Element {
  const app = useApp();
  const worn = createWorn();
  const all = useOwnCalls();
  // Who was asked into this room is here: only what calls them elsewhere is said.
  const isHere = (call: MyCall): boolean => isShown(call, page(), (id) => document.getElementById(id));
  const elsewhere = (open: readonly MyCall[]): readonly MyCall[] => open.filter((call) => !isHere(call));
  const calls: OwnCalls = { ...all, open: () => elsewhere(all.open()) };
  // Told as shown once the panel that says it is before the eyes.
  all.see((open) => (worn.headset() ? [...open.filter(isHere), ...(worn.readsPanel ? elsewhere(open).slice(0, 1) : [])] : []));
  const pictures = createShownPicture(props.voice);
  const room = createInside(mergeProps(worn, props, { calls, pictures }), app);
  const sign = (): string | undefined => (props.recording.now().state === 'running' ? app.t('recording.sign') : undefined);

  // Eyes may be elsewhere: that a rest is due, that a stay ends, and that its last minute has begun is felt as well.
  const due = createMemo(() => {
    const one = props.stay.due();
    return one && `${one.key} ${one.ends && one.minutes <= 1}`;
  });
  createEffect(on(due, (now) => void (now !== undefined && worn.headset()?.tick())));

  feelCalls(calls.open, worn.headset);

  // What is ordered in there is done in there: a picture is shown by its panel, and one can order to leave.
  createEffect(() => {
    const headset = worn.headset();
    if (!headset) return;
    props.orders.wear({ picture: () => room.press(headset, 'snap'), exit: () => void headset.exit() });
    onCleanup(() => props.orders.wear(undefined));
  });

  // Nobody is put into another place unasked: in a headset, too, one looks round in it when one wants to.
  createEffect(() => {
    const track = props.around.track();
    if (!worn.headset() || !track || !props.around.looks()) return;
    const video = playing(track);
    props.stage.around = video;
    onCleanup(() => {
      props.stage.around = undefined;
      video.srcObject = null;
    });
  });

  // A tile beside the stage is out of sight in there: what others show stands in the room itself.
  createEffect(() => {
    const [first, stage] = [pictures.first(), props.stage];
    if (!worn.headset() || !first || !pictures.looks()) return;
    const video = playing(first.track);
    stage.shown = { video, isScreen: first.source === 'screen' };
    onCleanup(() => {
      stage.shown = undefined;
      video.srcObject = null;
    });
  });

  return <EnterHeadset stage={props.stage} worn={worn} content={insidePanel(room.state(), app.t)} sign={sign()} onPress={(headset, id) => room.press(headset, id)} />;
}

/** A video of a track, for a picture in the room; the voice is heard apart. */
function playing(track: MediaStreamTrack): HTMLVideoElement {
  const video = document.createElement('video');
  video.srcObject = new MediaStream([track]);
  [video.muted, video.playsInline] = [true, true];
  void video.play().catch(() => undefined);
  return video;
}
