/** A heart and lungs that move as fast as they are measured to; still where nothing fresh is measured. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { rateOf, vitalOf } from './ward';
import type { BedView, VitalNow } from './ward';
import type { Say } from './words';

const SECONDS_A_MINUTE = 60;

/** How long one beat or breath takes; none where it is not measured now. */
export function secondsOf(vital: VitalNow | undefined): number | undefined {
  return vital?.fresh && vital.value !== undefined && vital.value > 0 ? SECONDS_A_MINUTE / vital.value : undefined;
}

export function Organs(props: { bed: BedView; say: Say }): JSX.Element {
  const beat = (): number | undefined => secondsOf(rateOf(props.bed));
  const breath = (): number | undefined => secondsOf(vitalOf(props.bed, 'respiratory-rate'));
  const words = (seconds: number | undefined): string =>
    seconds === undefined ? props.say('notNow') : props.say('perMinute', { n: Math.round(SECONDS_A_MINUTE / seconds) });
  const pace = (seconds: number | undefined): JSX.CSSProperties =>
    seconds === undefined ? { animation: 'none' } : { 'animation-duration': `${seconds.toFixed(2)}s` };
  return (
    <figure class="organs">
      <svg viewBox="0 0 200 170" aria-hidden="true">
        <path class="airway" d="M100 6 V52 M100 52 L72 74 M100 52 L128 74" />
        <g class="lungs" data-still={breath() === undefined ? '' : undefined} style={pace(breath())}>
          <path d="M86 44 C58 40 26 84 24 132 C24 152 44 156 62 148 C80 140 90 132 90 112 Z" />
          <path d="M114 44 C142 40 174 84 176 132 C176 152 156 156 140 148 C128 142 124 130 120 118 C114 104 110 96 110 84 Z" />
        </g>
        <g class="heart" data-still={beat() === undefined ? '' : undefined} style={pace(beat())}>
          <path d="M106 88 C116 78 138 82 140 102 C142 124 122 142 112 148 C98 140 84 122 86 104 C88 90 98 84 106 88 Z" />
          <path class="vessels" d="M104 92 C102 76 110 68 120 72 M112 88 C114 76 126 76 128 86" />
        </g>
      </svg>
      <figcaption>
        <p data-organ="heart">
          <strong>{props.say('heart')}</strong> {words(beat())}
        </p>
        <p data-organ="lungs">
          <strong>{props.say('lungs')}</strong> {words(breath())}
        </p>
        <Show when={beat() !== undefined || breath() !== undefined}>
          <p class="soft small">{props.say('organsMove')}</p>
        </Show>
      </figcaption>
    </figure>
  );
}
