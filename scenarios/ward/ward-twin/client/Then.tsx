/** Where everybody and everything was at a moment that is looked back to, and who was sent where: only to look at. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { FloorPlan } from './FloorPlan';
import { Missions } from './Missions';
import { Whereabouts } from './Whereabouts';
import type { CommandView } from './command';
import type { Say } from './words';

export function Then(props: { view: CommandView | undefined; say: Say }): JSX.Element {
  return (
    <Show when={props.view}>
      {(view) => (
        <section class="command" aria-labelledby="ward-then" data-then={view().now}>
          <h2 id="ward-then">{props.say('whereThen')}</h2>
          <p class="soft small">{props.say('whereThenWhose')}</p>
          <FloorPlan view={view()} trace={[]} say={props.say} />
          <Missions view={view()} say={props.say} />
          <Whereabouts view={view()} say={props.say} />
        </section>
      )}
    </Show>
  );
}
