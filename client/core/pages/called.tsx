/** Where the link of a message leads: to the page at which that is taken which called. */
import { Show, createSignal, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { DeadEnd } from '../../panels/DeadEnd';
import { Skeleton } from '../../panels/Skeleton';
import { useApp } from '../app';
import { go } from '../router';

export function CalledPage(props: { id: string }): JSX.Element {
  const app = useApp();
  const [isGone, setGone] = createSignal(false);
  onMount(async () => {
    try {
      const { path } = await app.api.get<{ path: string }>(`/api/calls/${encodeURIComponent(props.id)}`);
      go(path, 'instead');
    } catch {
      setGone(true);
    }
  });
  return (
    <Show when={isGone()} fallback={<Skeleton lines={5} />}>
      <DeadEnd isPage icon="help" title={app.t('reach.gone')} hint={app.t('reach.goneHint')} />
    </Show>
  );
}
