/** Referrals between levels: what was asked and answered, and the next one, with its criterion and reason. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import type { StaffRow } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import type { Part } from './CourseView';

export function Referrals(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const criterion = (id: string): string => {
    const found = props.part.of.criteria.find((one) => one.id === id);
    return found === undefined ? id : inLanguage(found.label, app.language());
  };
  return (
    <ul class="follow-facts">
      <For each={props.part.of.referrals} fallback={<li class="soft">{say('noReferrals')}</li>}>
        {(one) => (
          <li data-referral={one.direction}>
            {say(one.direction === 'up' ? 'referredUp' : 'referredDown', {
              from: one.from.name,
              to: one.to.name,
              criterion: criterion(one.criterion),
              reason: one.reason,
            })}{' '}
            <span class="soft small">{momentOf(one.at, app.language())}</span>{' '}
            <Show when={one.answered === undefined}>
              <span class="chip warn">{say('waitsForAnswer')}</span>
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}

export function Refer(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const isMine = (): boolean => props.part.of.referral?.to.id === app.me()?.id;
  const direction = (): 'up' | 'down' => (isMine() ? 'down' : 'up');
  const mayAsk = (): boolean => isMine() || props.part.of.referral === null;
  const isDoctor = (): boolean => app.me()?.roles.some((role) => ['terminal-doctor', 'expert'].includes(role)) ?? false;
  // Only what changes opens or shuts it anew: what somebody is writing stays open when news come.
  const opens = createMemo(() => isMine() || props.part.suggested !== undefined);
  return (
    <Show when={mayAsk() && isDoctor()}>
      <details open={opens()} ref={(element) => createEffect(() => props.part.suggested !== undefined && element.scrollIntoView({ block: 'center' }))}>
        <summary>{say(`refer.${direction()}`)}</summary>
        <Show when={direction()} keyed>
          {(now) => <Form part={props.part} direction={now} />}
        </Show>
      </details>
    </Show>
  );
}

function Form(props: { part: Part; direction: 'up' | 'down' }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const [chosen, setCriterion] = createSignal<string>();
  const criterion = (): string => chosen() ?? props.part.suggested ?? '';
  createEffect(on(() => props.part.suggested, () => setCriterion(undefined), { defer: true }));
  const [to, setTo] = createSignal('');
  const [reason, setReason] = createSignal('');
  const criteria = () => props.part.of.criteria.filter(({ direction }) => direction === props.direction);
  const experts = createQuery<readonly StaffRow[]>(() => (signal) =>
    props.direction === 'up' ? app.api.get('/api/staff?role=expert', { signal }) : Promise.resolve([]),
  );
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const where = props.direction === 'up' ? { to: to() } : {};
    void props.part.act('refer', { direction: props.direction, criterion: criterion(), reason: reason(), ...where });
  };
  return (
    <form class="follow-form" data-form="refer" onSubmit={send} noValidate>
      <Field label={say('criterion')}>
        {(control) => (
          <select {...control} class="input" name="criterion" value={criterion()} onChange={(event) => setCriterion(event.currentTarget.value)}>
            <option value="">{say('choose')}</option>
            <For each={criteria()}>{(one) => <option value={one.id}>{inLanguage(one.label, app.language())}</option>}</For>
          </select>
        )}
      </Field>
      <Notice kind="warn">{say('confirm')}</Notice>
      <Show when={props.direction === 'up'}>
        <Field label={say('to')}>
          {(control) => (
            <select {...control} class="input" name="to" onChange={(event) => setTo(event.currentTarget.value)}>
              <option value="">{say('choose')}</option>
              <For each={experts.data()?.filter(({ id }) => id !== app.me()?.id)}>
                {(one) => <option value={one.id}>{one.name}</option>}
              </For>
            </select>
          )}
        </Field>
      </Show>
      <Field label={say(props.direction === 'up' ? 'reason' : 'reasonDown')}>
        {(control) => (
          <textarea {...control} class="input" name="reason" rows="2" onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <div class="row">
        <button type="submit" class="button primary">
          {say(`refer.${props.direction}`)}
        </button>
      </div>
    </form>
  );
}
