/** How the hospital's message gateway stands: what waits, what went, and what did not. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { createQuery } from '../core/query';
import type { GatewayView, NamedCall } from '../core/reach';
import { Answer } from './Answer';
import { ofKind, stateWords } from './call-words';
import { DataTable } from './DataTable';
import type { Column } from './DataTable';

export function GatewayState(): JSX.Element {
  const app = useApp();
  const gateway = createQuery<GatewayView>(() => (signal) => app.api.get('/api/gateway', { signal }));
  const columns = (): Column<NamedCall>[] => [
    { heading: app.t('gateway.when'), whole: true, cell: (call) => <>{momentOf(call.at, app.language())}</> },
    { heading: app.t('gateway.whom'), whole: true, cell: (call) => <>{call.name}</> },
    { heading: app.t('gateway.what'), whole: true, cell: (call) => <>{ofKind(app, call.kind)}</> },
    { heading: app.t('gateway.came'), cell: (call) => <>{stateWords(app, call)}</> },
  ];
  return (
    <section id="gateway" data-gateway>
      <h2>{app.t('gateway.title')}</h2>
      <Answer of={gateway} lines={2}>
        {(found) => (
          <Show when={found().configured} fallback={<p class="soft">{app.t('gateway.none')}</p>}>
            <p>
              {app.t('gateway.waiting', { n: found().waiting ?? 0 })}
              <Show when={found().oldest}>{(at) => <>{app.t('gateway.oldest', { at: momentOf(at(), app.language()) })}</>}</Show>
            </p>
            <p>
              {app.t('gateway.day', { handed: found().handed ?? 0, refused: found().refused ?? 0, none: found().no_address ?? 0 })}
            </p>
            <Show when={(found().troubles ?? []).length > 0} fallback={<p class="soft">{app.t('gateway.fine')}</p>}>
              <DataTable caption={app.t('gateway.caption')} columns={columns()} rows={found().troubles ?? []} />
            </Show>
          </Show>
        )}
      </Answer>
    </section>
  );
}
