/** Further experts: asked in by who takes part, until the votes are open. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import type { StaffRow } from '../../../../client/core/hospital';
import { createQuery } from '../../../../client/core/query';
import { Field } from '../../../../client/panels/Field';
import { ReasonField } from '../../../../client/panels/ReasonField';
import type { Part } from './case';
import type { Say } from './words';

export function Invite(props: { part: Part; say: Say }): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  return (
    <div class="stack">
      <div class="row">
        <button type="button" class="button small" aria-expanded={asking()} onClick={() => setAsking((now) => !now)}>
          {props.say('invite')}
        </button>
      </div>
      <Show when={asking()}>
        <InviteForm {...props} onDone={() => setAsking(false)} />
      </Show>
    </div>
  );
}

function InviteForm(props: { part: Part; say: Say; onDone(): void }): JSX.Element {
  const app = useApp();
  const staff = createQuery<StaffRow[]>(() => (signal) => app.api.get('/api/staff?role=expert', { signal }));
  const free = (): StaffRow[] => {
    const here = new Set(props.part.of.participants.filter(({ standing }) => standing !== 'left').map(({ id }) => id));
    return (staff.data() ?? []).filter(({ id }) => !here.has(id));
  };
  const [expert, setExpert] = createSignal('');
  const [reason, setReason] = createSignal('');
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (expert() === '' || reason().trim() === '') return;
    if (await props.part.act('post', 'invite', { expert: expert(), reason: reason() })) props.onDone();
  };
  return (
    <Show when={free().length > 0} fallback={<p class="soft small">{props.say('inviteNobody')}</p>}>
      <form class="stack" onSubmit={(event) => void send(event)} data-form="invite">
        <p class="soft small">{props.say('inviteHint')}</p>
        <Field label={props.say('inviteWhom')}>
          {(control) => (
            <select {...control} class="input" required onChange={(event) => setExpert(event.currentTarget.value)}>
              <option value="">{props.say('choose')}</option>
              <For each={free()}>{(one) => <option value={one.id}>{one.name}</option>}</For>
            </select>
          )}
        </Field>
        <ReasonField label={props.say('inviteWhy')} longest={1000} required value={reason()} onInput={setReason} />
        <div class="row">
          <button type="submit" class="button primary" disabled={props.part.busy}>
            {props.say('inviteSend')}
          </button>
        </div>
      </form>
    </Show>
  );
}

/** The doctor who asked lets somebody go who was invited and has not voted. */
export function Release(props: { part: Part; say: Say; person: string }): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  const [reason, setReason] = createSignal('');
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    if (reason().trim() !== '') void props.part.act('post', 'release', { person: props.person, reason: reason() });
  };
  return (
    <>
      <button type="button" class="button small" aria-expanded={asking()} onClick={() => setAsking((now) => !now)}>
        {props.say('release')}
      </button>
      <Show when={asking()}>
        <form class="row" onSubmit={send}>
          <Field label={props.say('releaseWhy')}>
            {(control) => <input {...control} class="input" maxLength={1000} required onInput={(event) => setReason(event.currentTarget.value)} />}
          </Field>
          <button type="submit" class="button small" disabled={props.part.busy}>
            {props.say('releaseConfirm')}
          </button>
        </form>
      </Show>
    </>
  );
}
