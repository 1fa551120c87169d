/** Where people meet and no twin stands: the place with those around its table, and what can be done there. */
import { For, Show, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { looksOf } from '../../core/pseudonym';
import type { RoomControl } from '../../core/room-control';
import type { Setting } from '../../core/room-setting';
import { initialOf } from '../../core/words-of';
import type { Gathering } from '../../stage/gathering';
import { colourOf } from '../../stage/room-view';
import { GATHERED_TOOLS } from '../../stage/tools';
import type { Tool } from '../../stage/tools';
import { ToolBar } from './ToolBar';
import { wireSpace } from './space-events';
import type { SpaceProps } from './space-events';

interface GatheringHostProps extends SpaceProps {
  /** What is seen around the table; flat: the table from above, without a stage. */
  readonly setting: Setting;
  readonly title: string;
  /** At the foot of the stage: voice. */
  readonly foot: JSX.Element;
  /** What is said on it besides. */
  readonly words: JSX.Element;
  /** At its side: pictures. */
  readonly side: JSX.Element;
  /** The place while it is drawn. */
  onDrawn(gathering: Gathering | undefined): void;
}

export function GatheringHost(props: GatheringHostProps): JSX.Element {
  const app = useApp();
  const [none, setNone] = createSignal(false);
  const [drawn, setDrawn] = createSignal<Gathering>();
  // Another place is no other stage: whoever is inside with a headset stays there.
  const flat = createMemo(() => props.setting === 'flat');
  /** The pen is for those who work here. */
  const tools = (): readonly Tool[] => (props.works ? GATHERED_TOOLS : GATHERED_TOOLS.filter((tool) => tool !== 'pen'));
  const tool = (): Tool => tools().find((one) => one === props.control.tool()) ?? 'turn';
  let canvas!: HTMLCanvasElement;

  createEffect(
    on(flat, (isFlat) => {
      let alive = true;
      let end: (() => void) | undefined;
      const sit = async (): Promise<void> => {
        const { takeSeat } = await import('../../stage/seats');
        if (alive) end = takeSeat(props.control.view, () => props.leans?.());
      };
      const open = async (): Promise<void> => {
        const { createGathering } = await import('../../stage/gathering');
        if (!alive) return;
        const made = createGathering(canvas, props.control.view, props.setting === 'flat' ? 'teaching' : props.setting);
        if (!made) {
          setNone(true);
          return sit();
        }
        wireSpace(made, props, app);
        made.onTool = (tool) => tools().includes(tool) && props.control.chooseTool(tool);
        end = () => made.dispose();
        setDrawn(made);
        props.onDrawn(made);
      };
      void (isFlat ? sit() : open());
      onCleanup(() => {
        alive = false;
        setDrawn(undefined);
        props.onDrawn(undefined);
        end?.();
      });
    }),
  );
  createEffect(() => {
    const made = drawn();
    if (made && props.setting !== 'flat') made.surroundings = props.setting;
  });

  createEffect(() => {
    const made = drawn();
    if (made) made.tool = tool();
  });

  return (
    <section class="stage" aria-label={app.t('stage.title')} data-gathering={drawn() ? 'place' : 'table'}>
      <canvas
        ref={canvas}
        class="stage-canvas"
        hidden={flat() || none()}
        tabIndex={0}
        role="application"
        aria-label={app.t('circle.region')}
        aria-description={app.t('circle.describe', { title: props.title, people: props.control.people().length })}
      />
      <Show when={flat() || none()}>
        <TableFromAbove control={props.control} />
      </Show>
      <div class="circle-side">
        <p class="circle-words">
          <strong>{app.t('circle.what')}</strong> <span class="wide-only">{app.t('circle.can')} <Show when={props.works}>{app.t('circle.works')}</Show></span>
        </p>
        <Show when={drawn()}>
          <ToolBar control={props.control} tools={tools()} tool={tool()} hint={app.t(`circle.hint.${tool() as 'turn'}`)} />
        </Show>
      </div>
      {props.side}
      {props.foot}
      <div class="stage-words">{props.words}</div>
    </section>
  );
}

/** Those who are here around a table, as it is seen from above, and the lines that were drawn in the air over it. */
function TableFromAbove(props: { control: RoomControl }): JSX.Element {
  const app = useApp();
  const people = (): ReturnType<RoomControl['people']> => props.control.people();
  return (
    <>
      <ul class="table-above" aria-label={app.t('people.here')}>
        <For each={people()}>
          {(person, at) => (
            <li style={{ '--at': `${(at() / people().length) * 360 + 90}deg` }} data-away={person.away}>
              <span class="person-mark" style={{ 'box-shadow': `0 0 0 2px ${looksOf(person).colour}` }} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              <span class="small">{person.name}</span>
            </li>
          )}
        </For>
      </ul>
      <div class="table-above lines" aria-hidden="true">
        <svg viewBox="-1.32 -1.32 2.64 2.64">
          <For each={props.control.lines()}>{({ by, line }) => <polyline points={line.points_m.map(([x, , z]) => `${x},${z}`).join(' ')} stroke={colourOf(props.control.view, by)} />}</For>
        </svg>
      </div>
    </>
  );
}
