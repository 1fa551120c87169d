/** What whoever keeps order can do about somebody: sanctions from mild to grave, each with its reason. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Participant, Standing, Voice } from '../../../contract/room';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { ENDINGS, ENDING_ACTS, STANDINGS, reasoned, standingsFor } from '../../core/room-order';
import type { Ending, RoomOrder, Sanction } from '../../core/room-order';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { ReasonField } from '../ReasonField';

interface OrderDialogProps {
  readonly person: Participant;
  readonly order: RoomOrder;
  /** What they show at this moment. */
  readonly shows: Pick<Voice, 'camera' | 'screen'> | undefined;
  onClose(): void;
}

export function OrderDialog(props: OrderDialogProps): JSX.Element {
  const app = useApp();
  const [what, setWhat] = createSignal<Sanction | Ending>('warn');
  const [reason, setReason] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const participant = (): number => props.person.id;
  // What is not shown, or was ended before, is not there to be ended.
  const isShown = (one: Ending): boolean => one === what() || (props.shows?.[ENDINGS[one]] === true && !props.person.ended?.includes(ENDINGS[one]));
  const offered = (): readonly (Sanction | Ending)[] => ['warn', 'mute', ...ENDING_ACTS.filter(isShown), 'put-out', 'block'];
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (reason().trim() === '') return;
    props.order.act(reasoned(what(), participant(), reason().trim()));
    props.onClose();
  };
  return (
    <Dialog open title={app.t('order.keepThis', { name: props.person.name })} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={send} noValidate>
        <fieldset class="choices">
          <legend class="legend">{app.t('order.act')}</legend>
          <For each={offered()}>
            {(one) => (
              <label class="choice">
                <input type="radio" name="sanction" value={one} checked={what() === one} onChange={() => setWhat(one)} />
                <span>
                  {app.t(`order.act.${one}`)}
                  <span class="soft small"> {app.t(`order.hint.${one}`)}</span>
                </span>
              </label>
            )}
          </For>
        </fieldset>
        <ReasonField
          label={app.t('order.reason')}
          wrong={tried() && reason().trim() === '' ? app.t('order.needReason') : undefined}
          longest={300}
          value={reason()}
          onInput={setReason}
        />
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            {app.t('app.cancel')}
          </button>
          <button type="submit" class="button primary">
            {app.t('order.do')}
          </button>
        </footer>
      </form>
      <Show when={props.person.stays_until !== null}>
        <LongerStay person={props.person} order={props.order} />
      </Show>
      <Show when={props.order.own()?.standing === 'host'}>
        <Appointment person={props.person} order={props.order} />
      </Show>
    </Dialog>
  );
}

/** A stay ends after a while, but for those who treat the patient; where the patient needs somebody, they stay. */
function LongerStay(props: Omit<OrderDialogProps, 'onClose' | 'shows'>): JSX.Element {
  const app = useApp();
  const [reason, setReason] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const letStay = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (reason().trim() === '') return;
    props.order.act({ act: 'let-stay', participant: props.person.id, reason: reason().trim() });
    setReason('');
    setTried(false);
  };
  const until = (): string => momentOf(props.person.stays_until ?? '', app.language());
  return (
    <form class="stack tight" onSubmit={letStay} noValidate>
      <Field
        label={app.t('stay.longer')}
        hint={app.t('stay.until', { until: until() })}
        wrong={tried() && reason().trim() === '' ? app.t('order.needReason') : undefined}
      >
        {(control) => (
          <input {...control} class="input" maxLength={300} value={reason()} onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <button type="submit" class="button small">
        {app.t('stay.letStay')}
      </button>
    </form>
  );
}

/** The host says who is what; what somebody cannot be is refused by the room. */
function Appointment(props: Omit<OrderDialogProps, 'onClose' | 'shows'>): JSX.Element {
  const app = useApp();
  const [chosen, setChosen] = createSignal<Standing>(props.person.standing);
  // Arrow keys pass over what is not meant: only the button appoints.
  const appoint = (event: SubmitEvent): void => {
    event.preventDefault();
    if (chosen() !== props.person.standing) props.order.act({ act: 'appoint', participant: props.person.id, standing: chosen() });
  };
  return (
    <form class="stack tight" onSubmit={appoint}>
      <Field label={app.t('order.standing')}>
        {(control) => (
          <select
            {...control}
            class="input"
            onChange={(event) => setChosen((was) => STANDINGS.find((one) => one === event.currentTarget.value) ?? was)}
          >
            <For each={standingsFor(props.person)}>
              {(one) => (
                <option value={one} selected={one === chosen()}>
                  {app.t(`order.standing.${one}`)}
                </option>
              )}
            </For>
          </select>
        )}
      </Field>
      <button type="submit" class="button small">
        {app.t('order.appoint')}
      </button>
    </form>
  );
}
