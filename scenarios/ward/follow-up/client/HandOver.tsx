/** Who is told of alerts, who was before, and the way to name others while the follow-up goes on. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { createQuery } from '../../../../client/core/query';
import { Field } from '../../../../client/panels/Field';
import type { Part } from './CourseView';
import type { Handover, Person } from './course';
import { doctors, eachOnce } from './people';
import { othersShown } from './shown';

export function HandOver(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const [open, setOpen] = createSignal(false);
  const course = () => props.part.of;
  const mayChange = (): boolean => course().is_active && course().treats.some(({ id }) => id === app.me()?.id);
  const before = ({ first, second }: Handover): string =>
    [first, ...(second === undefined ? [] : [second])].map(({ name }) => name).join(app.language() === 'zh' ? '、' : ', ');
  return (
    <section class="panel" aria-labelledby="follow-told" data-told-first={course().first.id}>
      <header>
        <h2 id="follow-told">{say('whoIsTold')}</h2>
      </header>
      <div class="panel-body stack">
        <ul class="follow-facts">
          <li>{say('firstIs', { name: course().first.name })}</li>
          <Show when={course().second} fallback={<Show when={course().is_active}><li>{othersShown(course().team, say, app.language())}</li></Show>}>
            {(second) => <li>{say('secondIs', { name: second().name })}</li>}
          </Show>
          <For each={course().handovers.toReversed()}>
            {(one) => (
              <li class="soft small" data-handover>
                {say('handedOver', { at: momentOf(one.at, app.language(), course().time_zone), who: before(one), by: one.by.name, reason: one.reason })}
              </li>
            )}
          </For>
        </ul>
        <Show when={mayChange()}>
          <details open={open()} onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>{say('handOver')}</summary>
            <Show when={open()}>
              <Form part={props.part} onDone={() => setOpen(false)} />
            </Show>
          </details>
        </Show>
      </div>
    </section>
  );
}

function Form(props: { part: Part; onDone: () => void }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const course = () => props.part.of;
  const [first, setFirst] = createSignal(course().first.id);
  const [second, setSecond] = createSignal(course().second?.id ?? '');
  const [reason, setReason] = createSignal('');
  const isDoctor = (): boolean => app.me()?.roles.some((role) => ['terminal-doctor', 'expert'].includes(role)) ?? false;
  // Who does not treat the patient is let in by a doctor only.
  const others = createQuery<readonly Person[]>(() => (signal) => (isDoctor() ? doctors(app, signal) : Promise.resolve([])));
  const named = (): readonly Person[] => {
    const { first: now, second: then, treats } = course();
    return eachOnce([now, ...(then === null ? [] : [then]), ...treats, ...(others.data() ?? [])]);
  };
  const choose = (id: string): void => {
    setFirst(id);
    if (second() === id) setSecond('');
  };
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const wish = { first: first(), reason: reason(), ...(second() === '' ? {} : { second: second() }) };
    if (await props.part.act('handover', wish)) {
      app.announce(say('kept'));
      props.onDone();
    }
  };
  return (
    <form class="follow-form" data-form="handover" onSubmit={(event) => void send(event)} noValidate>
      <p class="soft small">{say('handOverHint')}</p>
      <Field label={say('toldFirst')}>
        {(control) => (
          <select {...control} class="input" name="first" onChange={(event) => choose(event.currentTarget.value)}>
            <For each={named()}>
              {(one) => (
                <option value={one.id} selected={one.id === first()}>
                  {one.name}
                </option>
              )}
            </For>
          </select>
        )}
      </Field>
      <Field label={say('second', { n: course().escalate_after_min })}>
        {(control) => (
          <select {...control} class="input" name="second" onChange={(event) => setSecond(event.currentTarget.value)}>
            <option value="" selected={second() === ''}>
              {say('everybodyElse')}
            </option>
            <For each={named().filter(({ id }) => id !== first())}>
              {(one) => (
                <option value={one.id} selected={one.id === second()}>
                  {one.name}
                </option>
              )}
            </For>
          </select>
        )}
      </Field>
      <Field label={say('reason')}>
        {(control) => (
          <input {...control} class="input" name="reason" autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <div class="row">
        <button type="submit" class="button primary">
          {say('handOver')}
        </button>
      </div>
    </form>
  );
}
