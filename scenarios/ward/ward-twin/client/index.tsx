/** In a room the ward is one step away: its page has the space that a table of beds needs. */
import type { JSX } from 'solid-js';
import { Link } from '../../../../client/core/router';
import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';
import { sayIn } from './words';

export default function Panel(props: ScenarioPanelProps): JSX.Element {
  const say = sayIn(() => props.language);
  return (
    <Link href="/scenarios/ward-twin" class="button">
      {say('title')}
    </Link>
  );
}
