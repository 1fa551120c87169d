/** Who has what in hand: asking for it, giving or keeping it, taking it by who keeps order; and the lock. */
import { For, Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import type { InHand, RoomHands } from '../../core/room-hands';
import { idsOf } from '../../core/room-order';
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
 * Shown on the stage while somebody else has something in hand, or somebody asks for what one has. Who holds it by mouse or
 * finger has no pointer left for a button: they answer by key as well.
 */
export function HandOver(props: HandsProps): JSX.Element {
  const ids = idsOf(() => props.hands.held().map(({ entity }) => ({ id: entity })));
  const onKey = (event: KeyboardEvent): void => {
    const held = props.hands.held().find((one) => one.isOwn && one.asked.length > 0);
    if (!held || isTyped(event) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    if (key === 'g') give(props.hands, held, held.asked[0]);
    else if (key === 'k') keep(props.hands, held);
    else return;
    event.preventDefault();
  };
  onMount(() => document.addEventListener('keydown', onKey));
  onCleanup(() => document.removeEventListener('keydown', onKey));
  return <For each={ids()}>{(id) => <OneInHand {...props} id={id} />}</For>;
}

function give(hands: RoomHands, { entity }: InHand, to: number | undefined): void {
  if (to !== undefined) hands.act({ act: 'give', id: entity, to });
}

function keep(hands: RoomHands, { entity }: InHand): void {
  hands.act({ act: 'keep-hold', id: entity });
}

function OneInHand(props: HandsProps & { readonly id: EntityId }): JSX.Element {
  const app = useApp();
  const [lasting, setLasting] = createSignal(false);
  const held = (): InHand | undefined => props.hands.held().find(({ entity }) => entity === props.id);
  const holder = createMemo(() => {
    const now = held();
    return now && !now.isOwn ? now.holder : undefined;
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
    const now = held();
    return now && (now.isOwn ? now.asked.length > 0 : lasting()) ? now : undefined;
  };
  const words = (name: string): { readonly name: string; readonly what: string; readonly it: string } => ({ name, ...props.hands.wordsOf(props.id) });
  const ask = ({ entity, hasAsked }: InHand): void => {
    if (!hasAsked) props.hands.act({ act: 'ask-for', id: entity });
  };

  return (
    <Show when={shown()}>
      {(held) => (
        <section class="stage-progress hand-over" data-hands={held().isOwn ? 'asked' : 'held'} aria-label={app.t('hands.title')}>
          <Switch>
            <Match when={held().isOwn}>
              <For each={held().asked}>
                {(seat, at) => (
                  <>
                    <p>{app.t('hands.asks', words(props.hands.nameOf(seat)))}</p>
                    <button type="button" class="button small primary" aria-keyshortcuts={at() === 0 ? 'G' : undefined} {...answers(() => give(props.hands, held(), seat))}>
                      {app.t('hands.give', { name: props.hands.nameOf(seat) })}
                      <Show when={at() === 0}>
                        <kbd>G</kbd>
                      </Show>
                    </button>
                  </>
                )}
              </For>
              <button type="button" class="button small" aria-keyshortcuts="K" {...answers(() => keep(props.hands, held()))}>
                {app.t('hands.keep', words(''))} <kbd>K</kbd>
              </button>
            </Match>
            <Match when={!held().isOwn}>
              <p>{app.t('hands.held', words(props.hands.nameOf(held().holder)))}</p>
              <Show when={props.order.own()?.may_act}>
                <button type="button" class="button small" aria-disabled={held().hasAsked} onClick={() => ask(held())}>
                  {app.t(held().hasAsked ? 'hands.asked' : 'hands.ask', words(''))}
                  <span class="for-listeners"> {props.hands.nameOf(held().holder)}</span>
                </button>
              </Show>
              <Show when={props.order.keeps()}>
                <button type="button" class="button small" onClick={() => props.hands.act({ act: 'take-over', id: held().entity })}>
                  {app.t('hands.take', words(''))}
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

/** While one finger holds something a tap of another makes no click. */
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
