/** The programme beside the hologram, in a room. */
import type { JSX } from 'solid-js';
import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';
import { Programme } from './Programme';

export default function Panel(props: ScenarioPanelProps): JSX.Element {
  return <Programme id={props.caseId} inRoom />;
}
