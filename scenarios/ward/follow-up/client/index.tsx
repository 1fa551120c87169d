/** The follow-up beside the room: for the patient what is due, for those who treat the whole of it. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';
import { CourseView } from './CourseView';
import { Own } from './Own';
import './style.css';

export default function Panel(props: ScenarioPanelProps): JSX.Element {
  return (
    <Show when={props.me.patient === undefined} fallback={<Own inRoom />}>
      <CourseView id={props.caseId} inRoom />
    </Show>
  );
}
