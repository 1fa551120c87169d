/** Command and location: the ward from above, who and what is where, and what is sent for. */
import { Show, createMemo, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { FloorPlan } from './FloorPlan';
import { Missions } from './Missions';
import { Old } from './Old';
import { SendForm } from './SendForm';
import { TraceOf } from './TraceOf';
import { Whereabouts } from './Whereabouts';
import type { CommandView, Placed, TracePoint } from './command';
import { commandIn, namedIn } from './names';
import { sayIn } from './words';

const AGAIN_ms = 2_000;

export function Command(props: { ward: string }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const view = createQuery<CommandView>(() => {
    const address = `/api/wards/${encodeURIComponent(props.ward)}/command`;
    return (signal) => app.api.get(address, { signal });
  });
  const timer = setInterval(() => view.reload(), AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  app.onServerEvent(({ kind }) => {
    if (kind === 'alarm' || kind === 'missed') view.reload();
  });
  const { busy, run } = createDoing(app);
  const [traced, setTraced] = createSignal<Placed>();
  const [trace, setTrace] = createSignal<readonly TracePoint[]>([]);
  const follow = (one: Placed | undefined): void => {
    setTrace([]);
    setTraced(one);
  };

  const post = (path: string, body: unknown): Promise<void> =>
    run(async () => {
      await app.api.post(path, body);
      view.reload();
    });

  return (
    <Answer of={view}>
      {(answer) => {
        const found = createMemo(() => commandIn(answer(), app.language()));
        return (
          <div class="command">
            <h1>{found().name}</h1>
            <Old of={found().old} say={say} />
            <FloorPlan view={found()} trace={trace()} say={say} />
            <Show when={traced()} keyed>
              {(one) => <TraceOf one={one} name={namedIn(found(), one)} say={say} onPoints={setTrace} onHide={() => follow(undefined)} />}
            </Show>
            <Missions view={found()} busy={busy()} say={say} post={post} />
            <SendForm view={found()} busy={busy()} say={say} post={post} />
            <Whereabouts view={found()} say={say} onTrace={follow} />
          </div>
        );
      }}
    </Answer>
  );
}
