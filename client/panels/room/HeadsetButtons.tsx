/** Into virtual or augmented reality, where the browser has them. */
import type { JSX } from 'solid-js';
import type { Stage } from '../../stage/stage';

export function HeadsetButtons(props: { stage: Stage }): JSX.Element {
  return <span data-stage={props.stage.scene.uuid} hidden />;
}
