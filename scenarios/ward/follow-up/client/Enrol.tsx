/** Begins a follow-up: for whom, by which plan, who is told if nobody takes an alert. */
import { For, Show, createSignal, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import type { Home } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { go } from '../../../../client/core/router';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { nameWords } from '../../../../client/panels/person';
import { COURSES } from './course';
import type { Course, Person, PlanChoice, Plans } from './course';
import { numberOf } from './days';
import { doctors } from './people';
import { Sources } from './Sources';
import type { Say } from './words';

export function Enrol(props: { say: Say; onOpened: () => void }): JSX.Element {
  const app = useApp();
  const { say } = props;
  const home = createQuery<Home>(() => (signal) => app.api.get('/api/home', { signal }));
  const plans = createQuery<Plans>(() => (signal) => app.api.get('/api/scenarios/follow-up/plans', { signal }));
  const others = createQuery<readonly Person[]>(() => (signal) => doctors(app, signal));
  const [patient, setPatient] = createSignal(new URLSearchParams(location.search).get('patient') ?? '');
  const [plan, setPlan] = createSignal('');
  const [second, setSecond] = createSignal('');
  const [usual, setUsual] = createSignal<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = createSignal<string>();
  let section!: HTMLElement;
  // Who came from a patient's page, or from a bed, came for this.
  onMount(() => {
    if (patient() !== '') section.scrollIntoView();
  });
  const chosen = (): PlanChoice | undefined => plans.data()?.plans.find(({ id }) => id === plan());
  const escalatesAfter = (): number | '' => chosen()?.escalate_after_min ?? plans.data()?.escalate_after_min ?? '';
  const isDoctor = (): boolean => app.me()?.roles.some((role) => ['terminal-doctor', 'expert'].includes(role)) ?? false;
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (patient() === '' || plan() === '') return void setRefusal(say('mustChoose'));
    const values: Record<string, number> = {};
    for (const question of chosen()?.usual ?? []) {
      const typed = usual()[question.name] ?? '';
      const found = numberOf(typed, question);
      if (typeof found === 'number') values[question.name] = found;
      else if (typed.trim() !== '') {
        const [low, high] = question.range;
        return void setRefusal(say(`wrong.${found}`, { low: low ?? '', high: high ?? '' }));
      }
    }
    try {
      const made = await app.api.post<Course>(COURSES, {
        patient: patient(),
        plan: plan(),
        usual: values,
        ...(second() === '' ? {} : { second: second() }),
      });
      props.onOpened();
      go(`/scenarios/follow-up/${encodeURIComponent(made.id)}`);
    } catch (error) {
      setRefusal(app.explain(error));
    }
  };
  return (
    <section class="panel" aria-labelledby="follow-enrol" ref={section}>
      <header>
        <h2 id="follow-enrol">{say('enrol')}</h2>
      </header>
      <form class="panel-body follow-form" data-form="enrol" onSubmit={(event) => void send(event)} noValidate>
        <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
        <Field label={say('patient')}>
          {(control) => (
            <select {...control} class="input" name="patient" onChange={(event) => setPatient(event.currentTarget.value)}>
              <option value="">{say('choose')}</option>
              <For each={home.data()?.patients.filter(({ relation }) => relation === 'care-team')}>
                {(one) => (
                  <option value={one.id} selected={one.id === patient()}>
                    {nameWords(app, one.name)} {one.mrn}
                  </option>
                )}
              </For>
            </select>
          )}
        </Field>
        <Field label={say('plan')}>
          {(control) => (
            <select {...control} class="input" name="plan" onChange={(event) => setPlan(event.currentTarget.value)}>
              <option value="">{say('choose')}</option>
              <For each={plans.data()?.plans}>
                {(one) => (
                  <option value={one.id}>
                    {inLanguage(one.title, app.language())}
                    {one.own === null ? '' : ` · ${say('ownMark')}`}
                  </option>
                )}
              </For>
            </select>
          )}
        </Field>
        <Show when={isDoctor()} fallback={<p class="soft small">{say('teamIsTold', { n: escalatesAfter() })}</p>}>
          <Field label={say('second', { n: escalatesAfter() })} hint={say('secondHint')}>
            {(control) => (
              <select {...control} class="input" name="second" onChange={(event) => setSecond(event.currentTarget.value)}>
                <option value="">{say('everybodyElse')}</option>
                <For each={others.data()?.filter(({ id }) => id !== app.me()?.id)}>{(one) => <option value={one.id}>{one.name}</option>}</For>
              </select>
            )}
          </Field>
        </Show>
        <For each={chosen()?.usual}>
          {(question) => (
            <Field label={say('usual', { label: inLanguage(question.label, app.language()) })}>
              {(control) => (
                <input
                  {...control}
                  class="input"
                  name={`usual-${question.name}`}
                  inputmode="decimal"
                  autocomplete="off"
                  onInput={(event) => {
                    const { value } = event.currentTarget;
                    setUsual((all) => ({ ...all, [question.name]: value }));
                  }}
                />
              )}
            </Field>
          )}
        </For>
        <Show when={chosen()}>{(one) => <Sources sources={one().sources} dangers={one().dangers} own={one().own} silentDays={one().silent_days} say={say} />}</Show>
        <div class="row">
          <button type="submit" class="button primary">
            {say('begin')}
          </button>
        </div>
      </form>
    </section>
  );
}
