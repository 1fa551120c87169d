/** A replay in a headset: one stands in the room as it was, with the clock on a panel, and hears from where one stands. */
import { createEffect, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { gazeChooses, gazeTime_s, letGazeChoose, letGazeTake, timeAfter } from '../../core/gaze';
import { clockWords } from '../../core/replay-control';
import type { ActLine, ReplayControl } from '../../core/replay-control';
import { seeAsStanding, seesAsStanding } from '../../core/seated-height';
import type { Space } from '../../stage/space';
import type { Headset } from '../../xr/headset';
import type { PanelContent } from '../../xr/panel';
import { EnterHeadset } from '../room/EnterHeadset';
import { createWorn } from '../room/worn';
import { besides, insideReplay } from './inside-replay';

interface ReplayHeadsetProps {
  readonly replay: ReplayControl;
  readonly acts: readonly ActLine[];
  readonly title: string;
  readonly stage: Space;
}

export function ReplayHeadset(props: ReplayHeadsetProps): JSX.Element {
  const app = useApp();
  const worn = createWorn();
  const replay = props.replay;
  createEffect(() => onCleanup(props.stage.events.on('worn', () => replay.pass())));

  const content = (): PanelContent =>
    insideReplay(
      {
        title: props.title,
        mode: worn.mode,
        at: clockWords(replay.at_ms()),
        length: clockWords(replay.duration_ms),
        playing: replay.playing(),
        waiting: replay.waiting(),
        failed: replay.failed() !== undefined,
        speed: replay.speed(),
        act: props.acts.findLast(({ at_ms }) => at_ms <= replay.at_ms())?.words,
        people: replay.room.people().map(({ name }) => name),
        gaze: gazeChooses(),
        gazeTime_s: gazeTime_s(),
        goes: worn.seeking === 'self',
        standing: seesAsStanding(),
      },
      app.t,
    );
  const speed = (by: -1 | 1): void => {
    const next = besides(replay.speed(), by);
    if (next) replay.setSpeed(next);
  };
  const does: Readonly<Record<string, (headset: Headset) => void>> = {
    toggle: () => replay.toggle(),
    begin: () => replay.seek(0),
    back: () => replay.leap(-1),
    forth: () => replay.leap(1),
    before: () => replay.step(-1),
    next: () => replay.step(1),
    slower: () => speed(-1),
    faster: () => speed(1),
    gaze: () => letGazeChoose(!gazeChooses()),
    dwell: () => letGazeTake(timeAfter(gazeTime_s())),
    go: (headset) => headset.seek(headset.seeks === 'self' ? undefined : 'self'),
    'turn:left': (headset) => headset.turn('left'),
    'turn:right': (headset) => headset.turn('right'),
    height: () => seeAsStanding(!seesAsStanding()),
    leave: (headset) => void headset.exit(),
  };
  return <EnterHeadset stage={props.stage} worn={worn} content={content()} sign={undefined} onPress={(headset, id) => does[id]?.(headset)} />;
}
