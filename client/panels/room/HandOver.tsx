/** Who has the images in hand: asking for them, giving or keeping them, taking them by who keeps order; and the lock. */
import { For, Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import type { InHand, RoomHands } from '../../core/room-hands';
import type { RoomOrder } from '../../core/room-order';
import type { EntityId, Locked } from '../../stage/room-view';
import { Icon } from '../Icon';

interface HandsProps {
  readonly hands: RoomHands;
  readonly order: RoomOrder;
}

/** A hold as short as a turn by key or wheel comes and goes without a word. */
const SHOWN_AFTER_ms = 700;

/**
 * Shown on the stage while somebody else has them in hand, or somebody asks for what one has. Who holds them by mouse or
 * finger has no pointer left for a button: they answer by key as well.
 */
export function HandOver(props: HandsProps): JSX.Element {
  const app = useApp();
  const [lasting, setLasting] = createSignal(false);
  const holder = createMemo(() => {
    const held = props.hands.held();
    return held && !held.isOwn ? held.holder : undefined;
  });
  createEffect(
    on(holder, (now) => {
      setLasting(false);
      if (now === undefined) return;
      const timer = setTimeout(() => setLasting(true), SHOWN_AFTER_ms);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  const shown = (): InHand | undefined => {
    const held = props.hands.held();
    return held && (held.isOwn ? held.asked.length > 0 : lasting()) ? held : undefined;
  };
  const give = (held: InHand, to: number | undefined): void => {
    if (to !== undefined) props.hands.act({ act: 'give', id: held.entity, to });
  };
  const keep = (held: InHand): void => props.hands.act({ act: 'keep-hold', id: held.entity });
  const ask = (held: InHand): void => {
    if (!held.hasAsked) props.hands.act({ act: 'ask-for', id: held.entity });
  };

  const onKey = (event: KeyboardEvent): void => {
    const held = shown();
    if (!held?.isOwn || isTyped(event) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    if (key === 'g') give(held, held.asked[0]);
    else if (key === 'k') keep(held);
    else return;
    event.preventDefault();
  };
  onMount(() => document.addEventListener('keydown', onKey));
  onCleanup(() => document.removeEventListener('keydown', onKey));

  return (
    <Show when={shown()}>
      {(held) => (
        <section class="stage-progress hand-over" data-hands={held().isOwn ? 'asked' : 'held'} aria-label={app.t('hands.title')}>
          <Switch>
            <Match when={held().isOwn}>
              <For each={held().asked}>
                {(seat, at) => (
                  <>
                    <p>{app.t('hands.asks', { name: props.hands.nameOf(seat) })}</p>
                    <button type="button" class="button small primary" aria-keyshortcuts={at() === 0 ? 'G' : undefined} {...answers(() => give(held(), seat))}>
                      {app.t('hands.give', { name: props.hands.nameOf(seat) })}
                      <Show when={at() === 0}>
                        <kbd>G</kbd>
                      </Show>
                    </button>
                  </>
                )}
              </For>
              <button type="button" class="button small" aria-keyshortcuts="K" {...answers(() => keep(held()))}>
                {app.t('hands.keep')} <kbd>K</kbd>
              </button>
            </Match>
            <Match when={!held().isOwn}>
              <p>{app.t('hands.held', { name: props.hands.nameOf(held().holder) })}</p>
              <Show when={props.order.own()?.may_act}>
                <button type="button" class="button small" aria-disabled={held().hasAsked} onClick={() => ask(held())}>
                  {app.t(held().hasAsked ? 'hands.asked' : 'hands.ask')}
                  <span class="for-listeners"> {props.hands.nameOf(held().holder)}</span>
                </button>
              </Show>
              <Show when={props.order.keeps()}>
                <button type="button" class="button small" onClick={() => props.hands.act({ act: 'take-over', id: held().entity })}>
                  {app.t('hands.take')}
                  <span class="for-listeners"> {props.hands.nameOf(held().holder)}</span>
                </button>
              </Show>
            </Match>
          </Switch>
        </section>
      )}
    </Show>
  );
}

/** While one finger holds the images a tap of another makes no click. */
function answers(then: () => void): Pick<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'onClick' | 'onPointerUp'> {
  return {
    onClick: () => then(),
    onPointerUp: ({ pointerType, isPrimary }) => {
      if (pointerType === 'touch' && !isPrimary) then();
    },
  };
}

function isTyped({ target }: Event): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

interface LockProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly id: EntityId;
  readonly locked: Locked | undefined;
  /** What it is, for those who listen. */
  readonly what: string;
  /** Nothing can be put on it. */
  readonly plain?: boolean;
}

/** Locks what stands there, and says who has; for those who may. */
export function LockChoice(props: LockProps): JSX.Element {
  const app = useApp();
  const mayUnlock = (): boolean => props.order.keeps() || (props.order.works() && props.locked?.by === props.order.own()?.actor);
  const mayLock = (): boolean => props.order.own()?.may_act ?? false;
  return (
    <div class="stack tight" data-lock={props.locked ? 'locked' : 'free'}>
      <Show
        when={props.locked}
        fallback={
          <Show when={mayLock()}>
            <div class="row">
              <For each={props.plain ? [false] : [false, true]}>
                {(marks) => (
                  <button type="button" class="button small" onClick={() => props.control.lock(props.id, marks)}>
                    <Icon name="lock" size={16} />
                    {app.t(marks ? 'lock.withMarks' : 'lock.lock')}
                    <span class="for-listeners"> {props.what}</span>
                  </button>
                )}
              </For>
            </div>
          </Show>
        }
      >
        {(locked) => (
          <>
            <p class="small">
              <Icon name="lock" size={16} /> {app.t(locked().marks ? 'lock.byWithMarks' : 'lock.by', { name: locked().name })}
            </p>
            <Show when={mayUnlock()}>
              <button type="button" class="button small" onClick={() => props.control.unlock(props.id)}>
                {app.t('lock.unlock')}
                <span class="for-listeners"> {props.what}</span>
              </button>
            </Show>
          </>
        )}
      </Show>
    </div>
  );
}
