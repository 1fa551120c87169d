/** The ward in 3D: a bed for each bed, over it a screen that says what its row says. */
import { Show, createEffect, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { Notice } from '../../../../client/panels/Notice';
import { graphics } from '../../../../client/stage/renderer';
import { createWardStage } from './stage';
import type { WardStage } from './stage';
import type { WardView } from './ward';
import { sayIn } from './words';

export default function Scene(props: { ward: WardView; onOpen(bed: string): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [stage, setStage] = createSignal<WardStage>();
  const [none, setNone] = createSignal(false);
  let canvas!: HTMLCanvasElement;
  onMount(() => {
    const card = graphics();
    if (!card) {
      setNone(true);
      return;
    }
    const made = createWardStage(canvas, card, (bed) => props.onOpen(bed));
    setStage(made);
    onCleanup(() => made.dispose());
  });
  createEffect(() => stage()?.show(props.ward, say));
  return (
    <>
      <Show when={none()}>
        <Notice>{say('no3d')}</Notice>
      </Show>
      {/* What the picture says stands in the table; this names it and says how to move in it. */}
      <canvas ref={canvas} class="ward-stage" classList={{ hidden: none() }} tabIndex={0} role="img" aria-label={say('sceneLabel')} />
    </>
  );
}
