/** A small picture of a series; what has none says what it is and that it is kept. */
import { Match, Show, Switch, createResource, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { instancePath, middleInstance } from '../../core/dicom/dicom-web';
import type { Series } from '../../core/dicom/dicom-web';
import { TAG, textOf } from '../../core/dicom/json';
import { kindOf } from '../../core/dicom/sop-class';
import type { ObjectKind } from '../../core/dicom/sop-class';
import { Icon } from '../Icon';

interface Shown {
  readonly kind: ObjectKind;
  readonly picture: string | undefined;
}

const SIZE_px = 160;

export function Thumbnail(props: { series: Series }): JSX.Element {
  const { t } = useApp();
  const stop = new AbortController();
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
  onCleanup(() => stop.abort());
  const [shown] = createResource(
    () => (near() ? props.series : undefined),
    async (series): Promise<Shown> => {
      if (series.kind !== 'image') return { kind: series.kind, picture: undefined };
      const row = await middleInstance(series, stop.signal).catch(() => undefined);
      const kind = row ? kindOf(row) : 'other';
      const sop = row && textOf(row, TAG.sopUid);
      if (kind !== 'image' || sop === undefined) return { kind, picture: undefined };
      return { kind, picture: `${instancePath(series.study, series.uid, sop)}/rendered?viewport=${SIZE_px},${SIZE_px}` };
    },
  );
  const kept = (): string | undefined => {
    const kind = shown()?.kind;
    return kind === undefined || kind === 'image' ? undefined : t(`kindOf.${kind}`);
  };

  return (
    <span ref={frame} class="thumbnail">
      <Switch fallback={<span class="skeleton" aria-hidden="true" />}>
        <Match when={kept()}>
          {(what) => (
            <span class="thumbnail-kept">
              <Icon name="document" size={22} />
              <span>{what()}</span>
              {/* States and key images are shown with the pictures that they are about. */}
              <Show when={shown()?.kind !== 'presentation' && shown()?.kind !== 'key-images'}>
                <span class="soft">{t('imaging.kept')}</span>
              </Show>
            </span>
          )}
        </Match>
        <Match when={broken()}>
          <span class="thumbnail-kept">
            <Icon name="image" size={22} />
            <span>{t('imaging.noThumbnail')}</span>
          </span>
        </Match>
        <Match when={shown()?.picture}>
          {(picture) => <img src={picture()} alt="" width={SIZE_px} height={SIZE_px} loading="lazy" decoding="async" onError={() => setBroken(true)} />}
        </Match>
      </Switch>
      <Show when={props.series.kind === 'image' && (shown()?.kind ?? 'image') === 'image'}>
        <span class="thumbnail-count number" aria-hidden="true">
          {props.series.images}
        </span>
      </Show>
    </span>
  );
}
