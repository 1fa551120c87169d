/** A small picture of a series; what has none says what it is and that it is kept. */
import { Match, Show, Switch, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { seriesPath } from '../../core/dicom/dicom-web';
import type { Series } from '../../core/dicom/dicom-web';
import { Icon } from '../Icon';

const SIZE_px = 160;

export function Thumbnail(props: { series: Series }): JSX.Element {
  const { t } = useApp();
  const [near, setNear] = createSignal(false);
  const [broken, setBroken] = createSignal(false);
  let frame!: HTMLSpanElement;

  // Only what comes into sight is asked for: a study may hold a hundred series.
  onMount(() => {
    const sight = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      sight.disconnect();
      setNear(true);
    });
    sight.observe(frame);
    onCleanup(() => sight.disconnect());
  });
  const isImage = (): boolean => props.series.kind === 'image';
  /** The server chooses the picture that stands for a series. */
  const picture = (): string | undefined =>
    near() && isImage() ? `${seriesPath(props.series.study, props.series.uid)}/thumbnail?viewport=${SIZE_px},${SIZE_px}` : undefined;
  // States and key images are shown with the pictures that they are about.
  const isKept = (): boolean => props.series.kind !== 'presentation' && props.series.kind !== 'key-images';

  return (
    <span ref={frame} class="thumbnail">
      <Switch fallback={<span class="skeleton" aria-hidden="true" />}>
        <Match when={!isImage()}>
          <span class="thumbnail-kept">
            <Icon name="document" size={22} />
            <span>{t(`kindOf.${props.series.kind}`)}</span>
            <Show when={isKept()}>
              <span class="soft">{t('imaging.kept')}</span>
            </Show>
          </span>
        </Match>
        <Match when={broken()}>
          <span class="thumbnail-kept">
            <Icon name="image" size={22} />
            <span>{t('imaging.noThumbnail')}</span>
          </span>
        </Match>
        <Match when={picture()}>
          {(address) => <img src={address()} alt="" width={SIZE_px} height={SIZE_px} loading="lazy" decoding="async" onError={() => setBroken(true)} />}
        </Match>
      </Switch>
      <Show when={isImage() && !broken()}>
        <span class="thumbnail-count number" aria-hidden="true">
          {props.series.images}
        </span>
      </Show>
    </span>
  );
}
