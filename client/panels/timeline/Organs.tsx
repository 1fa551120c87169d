/** Organs as the newest scan until the chosen day shows them. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Organ } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import { DataTable } from '../DataTable';
import { OriginCell } from './OriginCell';

const MM3_IN_ML = 1000;

export function Organs(props: { organs: readonly Organ[] }): JSX.Element {
  const app = useApp();
  return (
    <details class="over-time-part">
      <summary>
        {app.t('organs.title')} <span class="soft number">{props.organs.length}</span>
      </summary>
      <Show when={props.organs.length > 0} fallback={<p class="soft small">{app.t('organs.none')}</p>}>
        <DataTable
          caption={app.t('organs.title')}
          columns={[
            {
              heading: app.t('organs.organ'),
              cell: (organ) => (
                <>
                  {organ.label[app.language()]}
                  <div class="soft small">{organ.method[app.language()]}</div>
                </>
              ),
            },
            { heading: app.t('time.day'), cell: (organ) => dayOf(organ.at, app.language()) },
            {
              heading: `${app.t('lesions.volume')} (mL)`,
              numeric: true,
              cell: (organ) =>
                (organ.volume_mm3 / MM3_IN_ML).toLocaleString(app.language(), { maximumFractionDigits: 0 }),
            },
            { heading: app.t('time.source'), cell: (organ) => <OriginCell origin={organ.origin} /> },
          ]}
          rows={props.organs}
        />
      </Show>
    </details>
  );
}
