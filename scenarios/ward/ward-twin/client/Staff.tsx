/** Who is on duty, and how the rooms are. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import { roleWord } from './AlarmPlan';
import { shown } from './ward';
import type { WardView } from './ward';
import { sayIn } from './words';

export function Staff(props: { ward: WardView }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const rooms = createMemo(() =>
    Object.entries(props.ward.rooms).map(([id, name]) => {
      const bed = props.ward.beds.find((one) => one.room === id && one.vitals.some(({ signal }) => signal.startsWith('room-')));
      return { name, values: (bed?.vitals ?? []).filter(({ signal, fresh }) => fresh && signal.startsWith('room-')) };
    }),
  );
  return (
    <>
      <section aria-labelledby="ward-rooms">
        <h2 id="ward-rooms">{say('environment')}</h2>
        <ul>
          <For each={rooms()}>
            {({ name, values }) => (
              <li>
                {name}:{' '}
                <Show when={values.length > 0} fallback={<span class="soft">{say('noValue')}</span>}>
                  {values
                    .map((vital) => `${inLanguage(vital.label, app.language())} ${shown(vital) ?? ''} ${vital.unit.replaceAll(/[[\]]/g, '')}`)
                    .join(' · ')}
                </Show>
              </li>
            )}
          </For>
        </ul>
      </section>
      <section>
        <h2 id="ward-staff">{say('staff')}</h2>
        <Show when={props.ward.staff.length > 0} fallback={<Notice kind="warn">{say('noStaff')}</Notice>}>
          <DataTable
            caption={say('staff')}
            rows={props.ward.staff}
            columns={[
              { heading: say('name'), cell: ({ name, id }) => name || id },
              { heading: say('role'), cell: ({ role }) => say(roleWord(role)) },
              { heading: say('where'), cell: ({ places }) => places.join(', ') },
              { heading: say('doing'), cell: ({ holds }) => (holds > 0 ? say('holds', { n: holds }) : '–') },
            ]}
          />
        </Show>
      </section>
    </>
  );
}
