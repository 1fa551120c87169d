/** Orders by voice, or typed: shown first, and done only when they are confirmed. */
import { Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { gazeChooses, letGazeChoose } from '../../core/gaze';
import { canListen, listen } from '../../core/listening';
import { orderOf } from '../../core/orders';
import type { Order } from '../../core/orders';
import { WINDOWS } from '../../core/room-control';
import type { RoomControl, WindowName } from '../../core/room-control';
import type { RoomLead } from '../../core/room-lead';
import type { RoomOrder } from '../../core/room-order';
import { TOOLS } from '../../stage/tools';
import type { Tool } from '../../stage/tools';
import { Field } from '../Field';
import { Icon } from '../Icon';

interface OrdersPanelProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly lead: RoomLead;
}

export function OrdersPanel(props: OrdersPanelProps): JSX.Element {
  const app = useApp();
  const [typed, setTyped] = createSignal('');
  const [isListening, setListening] = createSignal(false);
  const [heard, setHeard] = createSignal('');
  const [asked, setAsked] = createSignal<Order>();
  let stop = (): void => undefined;
  let confirm: HTMLButtonElement | undefined;
  onCleanup(() => stop());

  const all = (): readonly Order[] => [
    ...TOOLS.map((tool) => ({ id: `tool:${tool}`, words: app.t(`tool.${tool}`) })),
    ...(Object.keys(WINDOWS) as WindowName[]).map((window) => ({ id: `window:${window}`, words: app.t(`window.${window}`) })),
    { id: 'undo', words: app.t('tool.undo') },
    { id: 'lead', words: app.t('lead.begin') },
    { id: 'gather', words: app.t('lead.gather') },
    { id: 'hand', words: app.t('order.raise') },
    { id: 'all', words: app.t('parts.all') },
  ];

  function understood(words: string): void {
    const order = orderOf(words, all());
    setHeard(words);
    setAsked(order);
    app.announce(order ? app.t('orders.confirm', { order: order.words }) : app.t('orders.unknown', { words }));
    if (order) queueMicrotask(() => confirm?.focus());
  }

  function carryOut({ id, words }: Order): void {
    const [kind, name] = id.split(':');
    if (kind === 'tool') props.control.chooseTool(name as Tool);
    else if (kind === 'window') props.control.change({ window: WINDOWS[name as WindowName] });
    else if (kind === 'undo') props.control.undo();
    else if (kind === 'lead') props.lead.lead(true);
    else if (kind === 'gather') props.lead.gather();
    else if (kind === 'hand') props.order.act({ act: 'raise-hand' });
    else if (kind === 'all') props.control.change({ within: null, only: null, crop: null, apart: 0 });
    setAsked(undefined);
    setHeard('');
    setTyped('');
    app.announce(app.t('orders.done', { order: words }));
  }

  return (
    <section class="stack tight" aria-labelledby="orders-title">
      <h2 class="legend" id="orders-title">{app.t('orders.title')}</h2>
      <Show when={canListen()} fallback={<p class="soft small">{app.t('orders.none')}</p>}>
        <button
          type="button"
          class="button"
          aria-pressed={isListening()}
          onClick={() => {
            if (isListening()) return stop();
            setListening(true);
            stop = listen(app.language(), understood, () => setListening(false));
          }}
        >
          <Icon name="microphone" />
          {app.t(isListening() ? 'orders.listening' : 'orders.listen')}
        </button>
        <p class="soft small">{app.t('orders.remote')}</p>
      </Show>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed().trim() !== '') understood(typed().trim());
        }}
      >
        <Field label={app.t('orders.type')}>
          {(control) => <input {...control} class="input" value={typed()} onInput={(event) => setTyped(event.currentTarget.value)} />}
        </Field>
      </form>
      <Show when={heard() !== ''}>
        <Show when={asked()} fallback={<p>{app.t('orders.unknown', { words: heard() })}</p>}>
          {(order) => (
            <div class="row" data-order={order().id}>
              <span>
                {app.t('orders.heard', { words: heard() })} <strong>{app.t('orders.confirm', { order: order().words })}</strong>
              </span>
              <button ref={(button) => (confirm = button)} type="button" class="button primary" onClick={() => carryOut(order())}>
                {app.t('orders.do')}
              </button>
              <button type="button" class="button quiet" onClick={() => setAsked(undefined)}>{app.t('app.cancel')}</button>
            </div>
          )}
        </Show>
      </Show>
      <p class="soft small">{app.t('orders.words')}</p>
      <label>
        <input type="checkbox" data-gaze checked={gazeChooses()} onChange={(event) => letGazeChoose(event.currentTarget.checked)} /> {app.t('gaze.title')}
      </label>
      <p class="soft small">{app.t('gaze.hint')}</p>
    </section>
  );
}
