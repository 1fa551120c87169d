/** Where people meet and no twin stands: the place with those around its table, and what can be done there. */
import { For, Show, createEffect, createSignal, on, onCleanup, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { looksOf } from '../../core/pseudonym';
import type { RoomControl } from '../../core/room-control';
import type { RoomPages } from '../../core/room-pages';
import { initialOf } from '../../core/words-of';
import type { Gathering } from '../../stage/gathering';
import type { Lean } from '../../stage/seats';
import type { Setting } from './PlaceChoice';

interface GatheringHostProps {
  readonly control: RoomControl;
  /** What is seen around the table; flat: the table from above, without a stage. */
  readonly setting: Setting;
  readonly title: string;
  /** Whether one may put up a board or a page here. */
  readonly works: boolean;
  /** What is seen of the pages that stand here. */
  readonly pages: RoomPages;
  /** At the foot of the stage: voice. */
  readonly foot: JSX.Element;
  /** What is said on it besides. */
  readonly words: JSX.Element;
  /** At its side: pictures. */
  readonly side: JSX.Element;
  /** Whether the place is drawn, and pages stand in it. */
  onDrawn(is: boolean): void;
  /** A page that stands there was pressed. */
  onPage(): void;
  /** How a webcam sees the own head lean. */
  leans(): Lean | undefined;
}

export function GatheringHost(props: GatheringHostProps): JSX.Element {
  const app = useApp();
  const [none, setNone] = createSignal(false);
  const [drawn, setDrawn] = createSignal<Gathering>();
  const flat = (): boolean => props.setting === 'flat';
  let canvas!: HTMLCanvasElement;

  createEffect(
    on(flat, (isFlat) => {
      let alive = true;
      let end: (() => void) | undefined;
      const sit = async (): Promise<void> => {
        const { takeSeat } = await import('../../stage/seats');
        if (alive) end = takeSeat(props.control.view, () => props.leans());
      };
      const open = async (): Promise<void> => {
        const { createGathering } = await import('../../stage/gathering');
        if (!alive) return;
        const made = createGathering(canvas, props.control.view, props.setting === 'flat' ? 'teaching' : props.setting);
        if (!made) {
          setNone(true);
          return sit();
        }
        made.leans = () => props.leans();
        made.pages.cardOf = (id) => untrack(() => props.pages.cardOf(id));
        made.onPage = (id, isAbove) => {
          props.pages.press(id, isAbove, false);
          props.onPage();
        };
        end = () => made.dispose();
        setDrawn(made);
        props.onDrawn(true);
      };
      void (isFlat ? sit() : open());
      onCleanup(() => {
        alive = false;
        setDrawn(undefined);
        props.onDrawn(false);
        end?.();
      });
    }),
  );
  createEffect(() => {
    const made = drawn();
    if (made && props.setting !== 'flat') made.surroundings = props.setting;
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
      <p class="circle-words">
        <strong>{app.t('circle.what')}</strong> {app.t('circle.can')} <Show when={props.works}>{app.t('circle.works')}</Show>
      </p>
      {props.side}
      {props.foot}
      <div class="stage-words">{props.words}</div>
    </section>
  );
}

/** Those who are here around a table, as it is seen from above. */
function TableFromAbove(props: { control: RoomControl }): JSX.Element {
  const app = useApp();
  const people = (): ReturnType<RoomControl['people']> => props.control.people();
  return (
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
  );
}
