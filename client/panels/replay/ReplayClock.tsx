/** The clock of a replay: play, leap, step from act to act, speed, and a line of time with the acts on it. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { clockWords } from '../../core/replay-control';
import type { ActLine, ReplayControl } from '../../core/replay-control';
import { isHeard } from '../../media/stretch';
import { SPEEDS } from '../../room/replay';
import type { Speed } from '../../room/replay';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { Notice } from '../Notice';

export function ReplayClock(props: { replay: ReplayControl; acts: readonly ActLine[] }): JSX.Element {
  const app = useApp();
  const replay = props.replay;
  const at = (): string => `${clockWords(replay.at_ms())} / ${clockWords(replay.duration_ms)}`;
  const share = (ms: number): string => `${(100 * ms) / Math.max(1, replay.duration_ms)}%`;
  const press = (icon: IconName, words: string, action: () => void, mirrored = false): JSX.Element => (
    <button type="button" class="button small square" classList={{ mirrored }} aria-label={words} title={words} onClick={action}>
      <Icon name={icon} />
    </button>
  );
  return (
    <section class="replay-clock" aria-label={app.t('replay.time')} data-at-ms={Math.round(replay.at_ms())} data-playing={replay.playing()}>
      <div class="replay-line">
        <input
          type="range"
          min={0}
          max={replay.duration_ms}
          step={50}
          value={replay.at_ms()}
          aria-label={app.t('replay.time')}
          aria-valuetext={at()}
          onInput={(event) => replay.seek(event.currentTarget.valueAsNumber)}
        />
        <div class="replay-marks" aria-hidden="true">
          <For each={props.acts}>{(act) => <span data-kind={act.kind} style={{ left: share(act.at_ms) }} title={act.words} />}</For>
        </div>
      </div>
      <div class="replay-keys">
        {press('skip', app.t('replay.before'), () => replay.step(-1), true)}
        {press('rewind', app.t('replay.back'), () => replay.leap(-1))}
        <button type="button" class="button small primary" onClick={() => replay.toggle()}>
          <Icon name={replay.playing() ? 'pause' : 'play'} />
          {app.t(replay.playing() ? 'replay.pause' : 'replay.play')}
        </button>
        {press('rewind', app.t('replay.forth'), () => replay.leap(1), true)}
        {press('skip', app.t('replay.next'), () => replay.step(1))}
        <span class="number">{at()}</span>
        <label>
          <span class="for-listeners">{app.t('replay.speed')}</span>
          <select class="input" onChange={(event) => replay.setSpeed(Number(event.currentTarget.value) as Speed)}>
            <For each={SPEEDS}>
              {(speed) => (
                <option value={speed} selected={speed === replay.speed()}>
                  {speed}×
                </option>
              )}
            </For>
          </select>
        </label>
        <Show when={!isHeard(replay.speed())}>
          <span class="soft small">{app.t('replay.silent')}</span>
        </Show>
        <Show when={replay.waiting()}>
          <span class="soft small" role="status">
            {app.t('replay.waiting')}
          </span>
        </Show>
      </div>
      <Show when={replay.failed()}>
        {(error) => (
          <Notice kind="bad">
            <p>
              {app.t('replay.failed')}. {app.explain(error())}
            </p>
            <button type="button" class="button small" onClick={() => replay.seek(replay.at_ms())}>
              {app.t('app.retry')}
            </button>
          </Notice>
        )}
      </Show>
      <p class="soft small wide-only">{app.t('replay.keys')}</p>
    </section>
  );
}
