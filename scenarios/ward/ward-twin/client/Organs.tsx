/** A heart and lungs that move as fast as they are measured to; still where nothing fresh is measured. */
import { Show, createEffect, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { graphics } from '../../../../client/stage/renderer';
import type { OrganStage } from './organ-stage';
import { moves, paceText } from './pace';
import type { Pace } from './pace';
import type { Say } from './words';

export function Organs(props: { pace: Pace; say: Say }): JSX.Element {
  const [stage, setStage] = createSignal<OrganStage>();
  const [isCalm, setCalm] = createSignal(false);
  let canvas!: HTMLCanvasElement;
  let gone = false;
  onMount(async () => {
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    const look = (): void => void setCalm(calm.matches);
    look();
    calm.addEventListener('change', look);
    onCleanup(() => calm.removeEventListener('change', look));
    onCleanup(() => {
      gone = true;
      stage()?.dispose();
    });
    const card = graphics();
    if (!card) return;
    // It brings three.js with it; the words are there before it has come.
    const { OrganStage: Made } = await import('./organ-stage');
    if (!gone) setStage(new Made(canvas, card));
  });
  createEffect(() => stage()?.show(props.pace));
  return (
    <figure class="organs">
      <canvas ref={canvas} class="organs-3d" classList={{ hidden: stage() === undefined }} aria-hidden="true" />
      <figcaption>
        <p data-organ="heart">
          <strong>{props.say('heart')}</strong> {paceText(props.pace.heart, props.say)}
        </p>
        <p data-organ="lungs">
          <strong>{props.say('lungs')}</strong> {paceText(props.pace.lungs, props.say)}
        </p>
        <Show when={stage()}>
          <p class="soft small">
            {props.say(!moves(props.pace) ? 'organsRest' : isCalm() ? 'organsCalm' : 'organsMove')} {props.say('organsPicture')}
          </p>
        </Show>
      </figcaption>
    </figure>
  );
}
