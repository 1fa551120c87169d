/** Makes a teaching case of a patient: which images, and what the teacher sees on them. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import { isImages, questionsOf } from '../../core/hospital';
import type { ModelCard, PatientTwin, Question } from '../../core/hospital';
import { inLanguage } from '../../core/language';
import { createQuery } from '../../core/query';
import { go } from '../../core/router';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import './teaching.css';

/** The models and guidelines that a case asks about. */
const ASKED: ReadonlySet<string> = new Set(['mayo', 'fleischner-2017', 'c-lung-rads-2024']);

export function MakeCase(props: { twin: PatientTwin }): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="teaching" />
        {app.t('teaching.make')}
      </button>
      <Show when={open()}>
        <Dialog open title={app.t('teaching.make')} onClose={() => setOpen(false)}>
          <Form twin={props.twin} />
        </Dialog>
      </Show>
    </>
  );
}

function Form(props: { twin: PatientTwin }): JSX.Element {
  const app = useApp();
  const all = createMemo(() =>
    props.twin.studies.flatMap((study) =>
      study.series.filter((series) => series.modality === 'CT' && isImages(series)).map((series) => ({ study, series })),
    ),
  );
  const [series, setSeries] = createSignal(all()[0]?.series.uid ?? '');
  const [answers, setAnswers] = createSignal<Readonly<Record<string, string | number | boolean>>>({});
  const [vouched, setVouched] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  const cards = createQuery<ModelCard[]>(() => (signal) => app.api.get('/api/assess', { signal }));
  const open = createMemo((): readonly Question[] =>
    [...questionsOf((cards.data() ?? []).filter(({ id }) => ASKED.has(id))).values()].filter(
      ({ name }) => props.twin.answers[name]?.state !== 'known',
    ),
  );
  const give = (name: string, value: string | number | boolean | undefined): void => {
    const { [name]: _, ...others } = answers();
    setAnswers(value === undefined ? others : { ...others, [name]: value });
  };
  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      const wanted = { patient: props.twin.id, series: series(), answers: answers(), pixels_vouched_for: vouched() };
      const made = await app.api.post<{ id: string }>('/api/teaching/cases', wanted);
      app.toast(() => app.t('teaching.makeDone'));
      go(`/teaching/${encodeURIComponent(made.id)}`);
    } catch (error) {
      setRefusal(app.explain(error));
      setBusy(false);
    }
  }
  return (
    <Show when={all().length > 0} fallback={<Notice>{app.t('teaching.makeNone')}</Notice>}>
      <form class="teaching-form" onSubmit={(event) => void send(event)}>
        <p class="soft small">{app.t('teaching.makeLead')}</p>
        <Field label={app.t('teaching.makeSeries')}>
          {(control) => (
            <select {...control} class="input" onChange={(event) => setSeries(event.currentTarget.value)}>
              <For each={all()}>
                {({ study, series: one }) => (
                  <option value={one.uid} selected={one.uid === series()}>
                    {`${one.description || study.description} · ${dayOf(study.date, app.language())}`}
                  </option>
                )}
              </For>
            </select>
          )}
        </Field>
        <fieldset class="teaching-form">
          <legend>{app.t('teaching.makeAnswers')}</legend>
          <p class="soft small">{app.t('teaching.makeHint')}</p>
          <For each={open()}>
            {(question) => (
              <Field label={inLanguage(question.label, app.language())}>
                {(control) => (
                  <Show
                    when={question.kind === 'number'}
                    fallback={
                      <select {...control} class="input" onChange={(event) => give(question.name, chosen(event.currentTarget.value))}>
                        <option value="">{app.t('teaching.open.unknown')}</option>
                        <Show
                          when={question.choices?.length}
                          fallback={
                            <>
                              <option value="yes">{app.t('teaching.yes')}</option>
                              <option value="no">{app.t('teaching.no')}</option>
                            </>
                          }
                        >
                          <For each={question.choices}>
                            {({ id, label }) => <option value={id}>{inLanguage(label, app.language())}</option>}
                          </For>
                        </Show>
                      </select>
                    }
                  >
                    <input
                      {...control}
                      class="input"
                      type="number"
                      step="any"
                      onInput={(event) => {
                        const value = event.currentTarget.valueAsNumber;
                        give(question.name, Number.isNaN(value) ? undefined : value);
                      }}
                    />
                  </Show>
                )}
              </Field>
            )}
          </For>
        </fieldset>
        <label class="row">
          <input type="checkbox" checked={vouched()} onChange={(event) => setVouched(event.currentTarget.checked)} />
          {app.t('teaching.makeVouch')}
        </label>
        <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
        <footer>
          <button type="submit" class="button primary" disabled={busy()}>
            {app.t(busy() ? 'teaching.makeBusy' : 'teaching.makeSubmit')}
          </button>
        </footer>
      </form>
    </Show>
  );
}

/** Yes and no are values of their own; everything else is the id of a choice. */
function chosen(value: string): string | boolean | undefined {
  if (value === '') return undefined;
  return value === 'yes' ? true : value === 'no' ? false : value;
}
