/** Looking round in the room's picture of all around, over the stage; flat for those who want or have nothing else. */
import { Show, createEffect, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomAround } from '../../core/room-around';
import type { AroundView } from '../../stage/around';
import { AHEAD, headingOf, looked } from '../../stage/around-look';
import type { Look } from '../../stage/around-look';
import { Icon } from '../Icon';
import { Segmented } from '../Segmented';

interface AroundScreenProps {
  readonly around: RoomAround;
  /** Who sees the room flat sees this flat, until they choose otherwise. */
  readonly flat: boolean;
}

export function AroundScreen(props: AroundScreenProps): JSX.Element {
  // A picture that the line left out for a moment is back where one looked.
  const [look, setLook] = createSignal<Look>(AHEAD);
  createEffect(() => {
    if (!props.around.looks()) setLook(AHEAD);
  });
  return (
    <Show when={props.around.looks() && props.around.track()}>
      {(track) => <Screen around={props.around} track={track()} flat={props.flat} look={look()} onLook={setLook} />}
    </Show>
  );
}

interface ScreenProps extends AroundScreenProps {
  readonly track: MediaStreamTrack;
  readonly look: Look;
  onLook(look: Look): void;
}

const ZOOM = 1.25;

function Screen(props: ScreenProps): JSX.Element {
  const app = useApp();
  const [form, setForm] = createSignal<'round' | 'flat'>(props.flat ? 'flat' : 'round');
  const [view, setView] = createSignal<AroundView>();
  let video!: HTMLVideoElement;
  let canvas!: HTMLCanvasElement;
  let back!: HTMLButtonElement;

  onMount(() => {
    createEffect(() => {
      video.srcObject = new MediaStream([props.track]);
      void video.play().catch(() => undefined);
    });
    // Whoever came by keyboard goes on from here, and afterwards where the room is.
    if (form() === 'flat') back.focus();
  });
  onCleanup(() => document.querySelector<HTMLElement>('.stage-canvas:not([hidden])')?.focus());
  createEffect(
    on(form, (now) => {
      if (now === 'flat') return;
      let alive = true;
      void import('../../stage/around').then(({ AroundView }) => {
        if (!alive) return;
        const made = AroundView.open(canvas, video);
        if (!made) {
          setForm('flat');
          return;
        }
        made.look = props.look;
        made.onLook = (look) => props.onLook(look);
        setView(made);
        canvas.focus();
      });
      onCleanup(() => {
        alive = false;
        view()?.dispose();
        setView(undefined);
      });
    }),
  );
  const to = (next: Look): void => {
    const shown = view();
    if (shown) shown.look = next;
  };
  return (
    <div
      class="around"
      data-form={form()}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        props.around.look(false);
      }}
    >
      <video ref={video} class="around-picture" muted autoplay playsinline aria-label={app.t('around.view')} />
      <Show when={form() === 'round'}>
        <canvas ref={canvas} class="around-picture" tabIndex={0} role="application" aria-label={app.t('around.view')} aria-description={app.t('around.viewHow')} />
      </Show>
      <div class="around-bar" role="group" aria-label={app.t('around.title')}>
        <button ref={back} type="button" class="button small" onClick={() => props.around.look(false)}>
          <Icon name="back" size={16} />
          {app.t('around.close')}
        </button>
        <Segmented
          label={app.t('around.form')}
          options={[
            { value: 'round', label: app.t('around.form.round') },
            { value: 'flat', label: app.t('around.form.flat') },
          ]}
          chosen={form()}
          onChoose={setForm}
        />
        <Show when={form() === 'round'}>
          <button type="button" class="button small" onClick={() => to(looked(props.look, { zoom: ZOOM }))}>
            {app.t('around.nearer')}
          </button>
          <button type="button" class="button small" onClick={() => to(looked(props.look, { zoom: 1 / ZOOM }))}>
            {app.t('around.farther')}
          </button>
          <button type="button" class="button small" onClick={() => to(AHEAD)}>
            {app.t('around.ahead')}
          </button>
          <span class="small soft">{app.t('around.heading', { deg: headingOf(props.look) })}</span>
        </Show>
      </div>
    </div>
  );
}
