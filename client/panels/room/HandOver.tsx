/** Who has the images in hand: asking for them, giving or keeping them, taking them by who keeps order; and the lock. */
import { For, Match, Show, Switch } from 'solid-js';
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

/** Shown while somebody else has them in hand, or somebody asks for what one has. */
export function HandOver(props: HandsProps): JSX.Element {
  const app = useApp();
  const shown = (): InHand | undefined => {
    const held = props.hands.held();
    return held && (!held.isOwn || held.asked.length > 0) ? held : undefined;
  };
  const button = (words: string, name: string, press: () => void): JSX.Element => (
    <button type="button" class="button small" onClick={press}>
      {words}
      <span class="for-listeners"> {name}</span>
    </button>
  );
  return (
    <Show when={shown()}>
      {(held) => (
        <section class="recording-strip" data-hands={held().isOwn ? 'asked' : 'held'} aria-label={app.t('hands.title')}>
          <Switch>
            <Match when={held().isOwn}>
              <For each={held().asked}>
                {(seat) => (
                  <>
                    <p>{app.t('hands.asks', { name: props.hands.nameOf(seat) })}</p>
                    <button type="button" class="button small primary" onClick={() => props.hands.act({ act: 'give', id: held().entity, to: seat })}>
                      {app.t('hands.give', { name: props.hands.nameOf(seat) })}
                    </button>
                  </>
                )}
              </For>
              {button(app.t('hands.keep'), '', () => props.hands.act({ act: 'keep-hold', id: held().entity }))}
            </Match>
            <Match when={!held().isOwn}>
              <p>{app.t('hands.held', { name: props.hands.nameOf(held().holder) })}</p>
              <Show when={props.order.own()?.may_act}>
                <Show when={!held().hasAsked} fallback={<span class="chip accent">{app.t('hands.asked')}</span>}>
                  {button(app.t('hands.ask'), props.hands.nameOf(held().holder), () => props.hands.act({ act: 'ask-for', id: held().entity }))}
                </Show>
              </Show>
              <Show when={props.order.keeps()}>
                {button(app.t('hands.take'), props.hands.nameOf(held().holder), () => props.hands.act({ act: 'take-over', id: held().entity }))}
              </Show>
            </Match>
          </Switch>
        </section>
      )}
    </Show>
  );
}

interface LockProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly id: EntityId;
  readonly locked: Locked | undefined;
  /** What it is, for those who listen. */
  readonly what: string;
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
              <For each={[false, true]}>
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
