/** How long a step of a plan has still, second by second. */
import { createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { leftOf } from './command';
import type { Say } from './words';

export function TimeLeft(props: { started: string; within_s: number; say: Say }): JSX.Element {
  const [now_ms, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), 1_000);
  onCleanup(() => clearInterval(timer));
  const left = () => leftOf(props.started, props.within_s, now_ms());
  return (
    <strong class="chip number" classList={{ bad: left().isOver }} data-left={left().time} role="timer">
      {props.say(left().isOver ? 'overTime' : 'leftTime', { time: left().time })}
    </strong>
  );
}
