/** Cameras and shared screens, at the side of the stage; one can be made larger. */
import { For, Show, createEffect, createSignal, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import type { Picture, RoomVoice } from '../../core/room-voice';

export function Pictures(props: { voice: RoomVoice; control: RoomControl }): JSX.Element {
  const app = useApp();
  const [large, setLarge] = createSignal<string>();
  // A picture that is gone is no longer large; the next one begins small.
  createEffect(() => {
    const key = large();
    if (key !== undefined && !props.voice.pictures().some((one) => one.key === key)) setLarge(undefined);
  });
  const words = (picture: Picture): string => {
    if (picture.participant === undefined) return app.t('voice.picture.own');
    const name = props.control.people().find(({ id }) => id === picture.participant)?.name ?? '';
    return app.t(`voice.picture.${picture.source}`, { name });
  };
  // Tiles stay while their picture does, whatever comes and goes beside them.
  const keys = (): string[] => props.voice.pictures().map(({ key }) => key);
  return (
    <Show when={keys().length > 0}>
      <ul class="pictures" aria-label={app.t('voice.pictures')} data-large={large() !== undefined}>
        <For each={keys()}>
          {(key) => {
            const picture = props.voice.pictures().find((one) => one.key === key);
            return picture && <Tile picture={picture} words={words(picture)} large={large() === key} onPress={() => setLarge((now) => (now === key ? undefined : key))} />;
          }}
        </For>
      </ul>
    </Show>
  );
}

function Tile(props: { picture: Picture; words: string; large: boolean; onPress(): void }): JSX.Element {
  const app = useApp();
  let video!: HTMLVideoElement;
  onMount(() => {
    video.srcObject = new MediaStream([props.picture.track]);
    void video.play().catch(() => undefined);
  });
  return (
    <li class="picture" data-large={props.large} data-source={props.picture.source} data-own={props.picture.participant === undefined}>
      <button type="button" aria-label={app.t(props.large ? 'voice.picture.smaller' : 'voice.picture.larger', { what: props.words })} onClick={() => props.onPress()}>
        <video ref={video} muted autoplay playsinline aria-hidden="true" />
        <span class="picture-words" aria-hidden="true">
          {props.words}
        </span>
      </button>
    </li>
  );
}
