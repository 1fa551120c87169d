/** Referrals between levels: what was asked and answered, and the next one, with its criterion and reason. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import type { App } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import type { Person, Referral } from './course';
import type { Part } from './CourseView';
import { doctors } from './people';
import { directionOf, levelsShown, mayTakeBack, standShown } from './shown';

/** One that goes back is the answer itself: it was answered when it was made. */
function referredWord({ direction, at, answered }: Referral): 'referredBack' | 'referredUp' | 'referredDown' {
  if (answered === at) return 'referredBack';
  return direction === 'up' ? 'referredUp' : 'referredDown';
}

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
            {say(referredWord(one), {
              from: one.from.name,
              to: one.to.name,
              criterion: criterion(one.criterion),
              reason: one.reason,
            })}{' '}
            <span class="soft small">
              <Show when={levelsShown(props.part.of.levels, one, app.language())}>{(words) => <span data-levels="">{words()} · </span>}</Show>
              {momentOf(one.at, app.language(), props.part.of.time_zone)}
            </span>{' '}
            <Show when={standShown(one, say, app.language(), props.part.of.time_zone)}>
              {(words) => <span class={one.withdrawn === undefined ? 'chip warn' : 'soft'}>{words()}</span>}
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}

const isDoctor = (app: App): boolean => app.me()?.roles.some((role) => ['terminal-doctor', 'expert'].includes(role)) ?? false;

/** Whether somebody may ask another level: a doctor, while nobody is asked. */
export function mayAskAnother(app: App, { of }: Part): boolean {
  return isDoctor(app) && of.is_active && of.referral === null;
}

export function Refer(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const isMine = (): boolean => props.part.of.referral?.to.id === app.me()?.id;
  const mayAsk = (): boolean => isMine() || props.part.of.referral === null;
  // Only what changes opens or shuts it anew: what somebody is writing stays open when news come.
  const opens = createMemo(() => isMine() || props.part.suggested !== undefined);
  return (
    <Show when={mayAsk() && isDoctor(app)}>
      <details open={opens()} ref={(element) => createEffect(() => props.part.suggested !== undefined && element.scrollIntoView({ block: 'center' }))}>
        <summary>{say(isMine() ? 'refer.back' : 'refer')}</summary>
        <Show when={isMine() ? 'back' : 'asks'} keyed>
          {(now) => <Form part={props.part} back={now === 'back'} />}
        </Show>
      </details>
    </Show>
  );
}

/** Who asked, or is told first by now, takes it back, with a reason, as long as nobody has answered. */
export function TakeBack(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  return (
    <Show when={mayTakeBack(props.part.of, app.me()?.id)}>
      <details>
        <summary>{say('withdraw')}</summary>
        <Withdraw part={props.part} />
      </details>
    </Show>
  );
}

function Withdraw(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const [reason, setReason] = createSignal('');
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (await props.part.act('withdraw', { reason: reason() })) app.announce(say('kept'));
  };
  return (
    <form class="follow-form" data-form="withdraw" onSubmit={(event) => void send(event)} noValidate>
      <Field label={say('withdrawWhy')}>
        {(control) => (
          <input {...control} class="input" name="reason" autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <p class="soft small">{say('withdrawHint', { name: props.part.of.referral?.to.name ?? '' })}</p>
      <div class="row">
        <button type="submit" class="button">
          {say('withdraw')}
        </button>
      </div>
    </form>
  );
}

function Form(props: { part: Part; back: boolean }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const [levels, setLevels] = createSignal({ from_level: '', to_level: '' });
  const direction = createMemo((): 'up' | 'down' =>
    props.back ? (props.part.of.referral?.direction === 'up' ? 'down' : 'up') : directionOf(props.part.of.levels, levels().from_level, levels().to_level),
  );
  const [chosen, setCriterion] = createSignal<string>();
  const criteria = () => props.part.of.criteria.filter((one) => one.direction === direction());
  const suggested = () => criteria().find(({ id }) => id === props.part.suggested)?.id;
  const criterion = (): string => chosen() ?? suggested() ?? '';
  // A criterion is for one direction.
  createEffect(on([() => props.part.suggested, direction], () => setCriterion(undefined), { defer: true }));
  const [to, setTo] = createSignal('');
  const [reason, setReason] = createSignal('');
  const others = createQuery<readonly Person[]>(() => (signal) => (props.back ? Promise.resolve([]) : doctors(app, signal)));
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const where = props.back ? {} : { to: to(), ...levels() };
    void props.part.act('refer', { direction: direction(), criterion: criterion(), reason: reason(), ...where });
  };
  return (
    <form class="follow-form" data-form="refer" onSubmit={send} noValidate>
      <Show when={!props.back}>
        <For each={['from_level', 'to_level'] as const}>
          {(end) => (
            <Field label={say(end === 'from_level' ? 'fromLevel' : 'toLevel')}>
              {(control) => (
                <select {...control} class="input" name={end} onChange={(event) => setLevels((all) => ({ ...all, [end]: event.currentTarget.value }))}>
                  <option value="">{say('choose')}</option>
                  <For each={props.part.of.levels}>
                    {(level) => (
                      <option value={level.id} selected={levels()[end] === level.id}>
                        {inLanguage(level.label, app.language())}
                      </option>
                    )}
                  </For>
                </select>
              )}
            </Field>
          )}
        </For>
      </Show>
      <Field label={say('criterion')}>
        {(control) => (
          <select {...control} class="input" name="criterion" onChange={(event) => setCriterion(event.currentTarget.value)}>
            <option value="" selected={criterion() === ''}>
              {say('choose')}
            </option>
            <For each={criteria()}>
              {(one) => (
                <option value={one.id} selected={criterion() === one.id}>
                  {inLanguage(one.label, app.language())}
                </option>
              )}
            </For>
          </select>
        )}
      </Field>
      <Notice kind="warn">{say('confirm')}</Notice>
      <Show when={!props.back}>
        <Field label={say('to')}>
          {(control) => (
            <select {...control} class="input" name="to" onChange={(event) => setTo(event.currentTarget.value)}>
              <option value="">{say('choose')}</option>
              <For each={others.data()?.filter(({ id }) => id !== app.me()?.id)}>
                {(one) => <option value={one.id}>{one.name}</option>}
              </For>
            </select>
          )}
        </Field>
      </Show>
      <Field label={say(props.back ? 'advice' : 'reason')}>
        {(control) => (
          <textarea {...control} class="input" name="reason" rows="2" onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <Show when={!props.back && direction() === 'down'}>
        <p class="soft small">{say('downHint')}</p>
      </Show>
      <div class="row">
        <button type="submit" class="button primary">
          {say(props.back ? 'refer.back' : `refer.${direction()}`)}
        </button>
      </div>
    </form>
  );
}
