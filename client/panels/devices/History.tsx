/** What a device measured of nobody, such as the air of a room, over any span. */
import { Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { devicePath, ofNobody } from '../../core/devices';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { Series } from '../signals/Series';

export function History(props: { device: string }): JSX.Element {
  const app = useApp();
  // The device is read anew with all others, and the question stays the same.
  const address = createMemo(() => devicePath(props.device, 'streams'));
  const rows = createQuery<SignalRow[]>(() => {
    const asked = address();
    return (signal) => app.api.get(asked, { signal });
  });
  return (
    <section class="signals" data-history={props.device}>
      <h2>{app.t('devices.history')}</h2>
      <Answer of={rows}>
        {(found) => (
          <Show when={ofNobody(found()).length > 0} fallback={<p class="soft">{app.t('signals.none')}</p>}>
            <Series rows={ofNobody(found())} address={address()} />
          </Show>
        )}
      </Answer>
    </section>
  );
}
