/** What came of an appeal, in words: it waits, was granted or refused, or the sanction was taken back meanwhile. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Appeal, Sanction } from '../../../contract/room';
import { useApp } from '../../core/app';
import { Notice } from '../Notice';

export function AppealState(props: { appeal: Appeal; over: Sanction['over'] }): JSX.Element {
  const app = useApp();
  return (
    <Show
      when={props.appeal.answer}
      fallback={<Notice>{app.t(props.over === null ? 'door.appealed' : 'appeal.moot')}</Notice>}
    >
      {(answer) => (
        <Notice kind={answer().granted ? 'good' : 'warn'}>
          {app.t(answer().granted ? 'appeal.granted' : 'appeal.refused', { name: answer().name, reason: answer().reason })}
        </Notice>
      )}
    </Show>
  );
}
