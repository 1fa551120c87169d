/** What the panel inside a headset says and offers while a recording is replayed. */
import type { App } from '../../core/app';
import { isHeard } from '../../media/stretch';
import { SPEEDS } from '../../room/replay';
import type { Speed } from '../../room/replay';
import type { XrMode } from '../../xr/modes';
import type { PanelButton, PanelContent } from '../../xr/panel';
import { turnButtons } from '../room/panel-buttons';

export interface InsideReplay {
  readonly title: string;
  readonly mode: XrMode;
  /** Where the clock stands and how long all of it is, in words. */
  readonly at: string;
  readonly length: string;
  readonly playing: boolean;
  readonly waiting: boolean;
  readonly failed: boolean;
  readonly speed: Speed;
  /** What was done last, in words. */
  readonly act: string | undefined;
  readonly people: readonly string[];
  readonly gaze: boolean;
  readonly gazeTime_s: number;
  /** Whether one goes where the eyes rest next. */
  readonly goes: boolean;
  readonly standing: boolean;
}

type T = App['t'];

/** The speed beside this one; undefined where it is the last. */
export function besides(speed: Speed, by: -1 | 1): Speed | undefined {
  return SPEEDS[SPEEDS.indexOf(speed) + by];
}

export function insideReplay(state: InsideReplay, t: T): PanelContent {
  const button = (id: string, label: string, pressed?: boolean): PanelButton => ({ id, label, ...(pressed === undefined ? {} : { pressed }) });
  const beside = (by: -1 | 1, id: string, words: string): PanelButton[] => (besides(state.speed, by) === undefined ? [] : [button(id, words)]);
  return {
    title: state.title,
    lines: [
      `${state.at} / ${state.length} · ${state.speed}×`,
      ...(state.failed ? [t('replay.failed')] : state.waiting ? [t('replay.waiting')] : []),
      ...(isHeard(state.speed) ? [] : [t('replay.silent')]),
      ...(state.goes ? [t('inside.go.seeking')] : []),
      ...(state.act === undefined ? [] : [state.act]),
      t('stage.inside', { people: state.people.join(' · ') }),
    ],
    buttons: [
      button('back', t('replay.back')),
      button('toggle', t(state.playing ? 'replay.pause' : 'replay.play')),
      button('forth', t('replay.forth')),
      button('before', t('replay.before')),
      button('begin', t('replay.begin')),
      button('next', t('replay.next')),
      ...beside(-1, 'slower', t('replay.slower')),
      ...beside(1, 'faster', t('replay.faster')),
      button('gaze', t('inside.gaze'), state.gaze),
      ...(state.gaze ? [button('dwell', t('inside.dwell', { seconds: state.gazeTime_s }))] : []),
      button('go', t('inside.go'), state.goes),
      ...turnButtons(t),
      ...(state.mode === 'vr' ? [button('height', t('inside.height'), state.standing)] : []),
    ],
    always: [button('leave', t('room.leaveXr'))],
    foot: t('app.notDevice'),
  };
}
