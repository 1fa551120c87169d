/** How the rooms are, who is on duty, and who comes or goes. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import { OnDuty } from './OnDuty';
import { roomText, wardSaid } from './said';
import type { Errand } from './said';
import type { WardView } from './ward';
import { sayIn } from './words';

export function Staff(props: { ward: WardView; errands: readonly Errand[]; isPast: boolean; reload(): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const said = createMemo(() => wardSaid(props.ward, props.errands, say));
  return (
    <>
      <section aria-labelledby="ward-rooms">
        <h2 id="ward-rooms">{say('environment')}</h2>
        <ul data-said="rooms">
          <For each={said().rooms} fallback={<li class="soft">{say('noValue')}</li>}>
            {(room) => <li>{roomText(room, say)}</li>}
          </For>
        </ul>
      </section>
      <section data-said="staff">
        <h2 id="ward-staff">{say('staff')}</h2>
        <Show when={said().staff.length > 0} fallback={<Notice kind="warn">{say('noStaff')}</Notice>}>
          <DataTable
            stacks
            caption={say('staff')}
            rows={said().staff}
            columns={[
              { heading: say('name'), cell: ({ name }) => name },
              { heading: say('role'), cell: ({ role }) => role },
              { heading: say('where'), cell: ({ where }) => where },
              { heading: say('doing'), cell: ({ doing }) => doing },
            ]}
          />
        </Show>
        <Show when={!props.isPast}>
          <OnDuty ward={props.ward} reload={props.reload} />
        </Show>
      </section>
    </>
  );
}
