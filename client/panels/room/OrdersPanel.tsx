/** Orders by voice, or typed: shown first, and done only when they are confirmed. */
import { For, Show, createEffect, createSignal, on, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { gazeChooses, gazeTime_s, letGazeChoose, letGazeTake } from '../../core/gaze';
import type { RoomOrders } from '../../core/room-orders';
import { DWELLS_S } from '../../xr/dwell';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { Notice } from '../Notice';

/** Who holds the button longer than this has said it when they let go; a shorter press is ended by falling silent. */
const HELD_ms = 400;

export function OrdersPanel(props: { readonly orders: RoomOrders }): JSX.Element {
  const app = useApp();
  const [typed, setTyped] = createSignal('');
  let pressedAt = 0;
  let confirm: HTMLButtonElement | undefined;
  onMount(() => props.orders.prepare());
  createEffect(on(props.orders.asked, (order) => order && queueMicrotask(() => confirm?.focus()), { defer: true }));

  const listens = (): boolean => props.orders.state() === 'listening';
  function press(): void {
    pressedAt = performance.now();
    props.orders.hear(!listens());
  }
  function release(): void {
    if (performance.now() - pressedAt > HELD_ms) props.orders.hear(false);
  }
  const isKey = ({ key }: KeyboardEvent): boolean => key === ' ' || key === 'Enter';

  return (
    <section class="stack tight" aria-labelledby="orders-title">
      <h2 class="legend" id="orders-title">{app.t('orders.title')}</h2>
      <Show when={props.orders.by()} fallback={<p class="soft small">{app.t('orders.none')}</p>}>
        {(by) => (
          <>
            <button
              type="button"
              class="button"
              data-orders={props.orders.state()}
              aria-pressed={listens()}
              aria-busy={props.orders.state() === 'writing'}
              onPointerDown={(event) => {
                // What is held stays held where the pointer goes.
                event.currentTarget.setPointerCapture(event.pointerId);
                if (event.button === 0) press();
              }}
              onPointerUp={release}
              onPointerCancel={release}
              onKeyDown={(event) => {
                if (!isKey(event)) return;
                event.preventDefault();
                if (!event.repeat) press();
              }}
              onKeyUp={(event) => isKey(event) && release()}
              // A listener presses without pointer or key.
              onClick={(event) => event.detail === 0 && press()}
            >
              <Icon name="microphone" />
              {app.t(props.orders.state() === 'idle' ? 'orders.listen' : `orders.${props.orders.state() as 'listening' | 'writing'}`)}
            </button>
            <p class="soft small">{app.t(by() === 'hospital' ? 'orders.ofHospital' : 'orders.remote')}</p>
          </>
        )}
      </Show>
      <Show when={props.orders.trouble()}>{(words) => <Notice kind="bad">{words()}</Notice>}</Show>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed().trim() === '') return;
          props.orders.understand(typed().trim());
          setTyped('');
        }}
      >
        <Field label={app.t('orders.type')}>
          {(control) => <input {...control} class="input" value={typed()} onInput={(event) => setTyped(event.currentTarget.value)} />}
        </Field>
      </form>
      <Show when={props.orders.heard() !== ''}>
        <Show when={props.orders.asked()} fallback={<p>{app.t('orders.unknown', { words: props.orders.heard() })}</p>}>
          {(order) => (
            <div class="row" data-order={order().id}>
              <span>
                {app.t('orders.heard', { words: props.orders.heard() })} <strong>{app.t('orders.confirm', { order: order().words })}</strong>
              </span>
              <button ref={(button) => (confirm = button)} type="button" class="button primary" onClick={() => props.orders.carryOut()}>
                {app.t('orders.do')}
              </button>
              <button type="button" class="button quiet" onClick={() => props.orders.drop()}>{app.t('app.cancel')}</button>
              <Show when={listens()}>
                <span class="soft small">{app.t('orders.answer')}</span>
              </Show>
            </div>
          )}
        </Show>
      </Show>
      <p class="soft small">{app.t('orders.words')}</p>
      <label>
        <input type="checkbox" data-gaze checked={gazeChooses()} onChange={(event) => letGazeChoose(event.currentTarget.checked)} /> {app.t('gaze.title')}
      </label>
      <Show when={gazeChooses()}>
        <Field label={app.t('gaze.time')}>
          {(control) => (
            <select {...control} class="input" onChange={(event) => letGazeTake(Number(event.currentTarget.value))}>
              <For each={DWELLS_S}>{(seconds) => <option value={String(seconds)} selected={seconds === gazeTime_s()}>{app.t('inside.dwell', { seconds })}</option>}</For>
            </select>
          )}
        </Field>
      </Show>
      <p class="soft small">{app.t('gaze.hint')}</p>
    </section>
  );
}
