/** Who waits at the door; whoever keeps order lets them in, or says why not. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Act, Knocking, Participant } from '../../../contract/room';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { companionOf, companionsIn, idsOf, reasoned } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { Field } from '../Field';
import { roleWords } from '../person';
import { PseudonymChip } from './PseudonymChoice';

interface WaitingPanelProps {
  readonly order: RoomOrder;
  readonly people: readonly Participant[];
}

export function WaitingPanel(props: WaitingPanelProps): JSX.Element {
  const app = useApp();
  // By their numbers, so that a reason that is being typed stays when somebody else comes to the door.
  const ids = idsOf(() => props.order.waiting());
  return (
    <Show when={props.order.waiting().length > 0}>
      <section class="stack tight" aria-labelledby="waiting-title">
        <h2 class="legend" id="waiting-title">
          {app.t('order.waitingTitle')}
        </h2>
        <ul class="waiting-people">
          <For each={ids()}>
            {(id) => (
              <Show when={props.order.waiting().find((one) => one.id === id)}>{(one) => <Waiting {...props} one={one()} />}</Show>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}

function Waiting(props: WaitingPanelProps & { one: Knocking }): JSX.Element {
  const app = useApp();
  const [refusing, setRefusing] = createSignal(false);
  const [reason, setReason] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const [companion, setCompanion] = createSignal<number>();
  const companions = (): readonly Participant[] => companionsIn(props.people);
  const chosen = (): number | undefined => companionOf(companions(), companion());
  const admit = (): void => {
    const who = props.one.needs_companion ? chosen() : undefined;
    props.order.act({ act: 'admit', waiting: props.one.id, ...(who === undefined ? {} : { companion: who }) });
  };
  const turnAway = (act: (reason: string) => Act): void => {
    setTried(true);
    const said = reason().trim();
    if (said !== '') props.order.act(act(said));
  };
  return (
    <li class="stack tight" data-waiting-person={props.one.actor}>
      <span>
        {props.one.name} <PseudonymChip actor={props.one.actor} />
        <span class="soft small"> {roleWords(app, props.one.role)}</span>
        <Show when={props.one.blocked_until}>
          {(until) => (
            <span class="chip bad">{app.t('order.blockedUntil', { until: momentOf(until(), app.language()) })}</span>
          )}
        </Show>
      </span>
      <Show when={props.one.needs_licence}>
        <p class="small">{app.t('order.noLicence')}</p>
      </Show>
      <Show when={props.order.keeps()}>
        <Show when={props.one.needs_companion}>
          <Field label={app.t('order.companion')} hint={companions().length === 0 ? app.t('order.companionNone') : undefined}>
            {(control) => (
              <select {...control} class="input" onChange={(event) => setCompanion(Number(event.currentTarget.value))}>
                <For each={companions()}>
                  {(person) => (
                    <option value={person.id} selected={person.id === chosen()}>
                      {[person.name, roleWords(app, person.role)].filter(Boolean).join(' · ')}
                    </option>
                  )}
                </For>
              </select>
            )}
          </Field>
        </Show>
        <div class="row">
          <Show
            when={props.one.blocked_until}
            fallback={
              <button type="button" class="button small primary" onClick={admit}>
                {app.t('order.admit')}
                <span class="for-listeners"> {props.one.name}</span>
              </button>
            }
          >
            <button
              type="button"
              class="button small"
              onClick={() => props.order.act({ act: 'lift', whom: props.one.actor })}
            >
              {app.t('order.lift')}
              <span class="for-listeners"> {props.one.name}</span>
            </button>
          </Show>
          <button type="button" class="button small quiet" aria-expanded={refusing()} onClick={() => setRefusing((now) => !now)}>
            {app.t('order.turnAway')}
            <span class="for-listeners"> {props.one.name}</span>
          </button>
        </div>
        <Show when={refusing()}>
          <form
            class="stack tight"
            onSubmit={(event) => {
              event.preventDefault();
              turnAway((said) => ({ act: 'turn-away', waiting: props.one.id, reason: said }));
            }}
            noValidate
          >
            <Field label={app.t('order.reason')} wrong={tried() && reason().trim() === '' ? app.t('order.needReason') : undefined}>
              {(control) => (
                <input {...control} class="input" maxLength={300} onInput={(event) => setReason(event.currentTarget.value)} />
              )}
            </Field>
            <div class="row">
              <button type="submit" class="button small">
                {app.t('order.do')}
              </button>
              <Show when={!props.one.blocked_until}>
                <button type="button" class="button small quiet" onClick={() => turnAway((said) => reasoned('block', props.one.id, said))}>
                  {app.t('order.keepOut')}
                </button>
              </Show>
            </div>
          </form>
        </Show>
      </Show>
    </li>
  );
}
