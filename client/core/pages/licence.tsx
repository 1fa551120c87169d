/** The licence to practise in virtual rooms: one's own, the exam, and for the administrator everybody's. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DataTable } from '../../panels/DataTable';
import type { Column } from '../../panels/DataTable';
import { Dialog } from '../../panels/Dialog';
import { Notice } from '../../panels/Notice';
import { OwnReach } from '../../panels/OwnReach';
import { ReasonField } from '../../panels/ReasonField';
import { roleWords } from '../../panels/person';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { inLanguage } from '../language';
import type { ExamQuestion, LicenceStanding, Licensed, OwnLicence, Sat } from '../licence';
import { createQuery } from '../query';

export function LicencePage(): JSX.Element {
  const app = useApp();
  const own = createQuery<OwnLicence>(() => (signal) => app.api.get('/api/licence', { signal }));
  return (
    <div class="page stack">
      <h1>{app.t('licence.title')}</h1>
      <p class="soft">{app.t('licence.what')}</p>
      <Answer of={own} lines={6}>
        {(answer) => (
          <>
            <Show when={answer().practises}>
              <Own licence={answer()} onPassed={() => own.reload()} />
              <OwnReach />
            </Show>
            <Show when={answer().may_administer}>
              <Everybody />
            </Show>
          </>
        )}
      </Answer>
    </div>
  );
}

function Standing(props: { of: LicenceStanding }): JSX.Element {
  const app = useApp();
  const kind = (): string => ({ valid: 'good', ended: 'bad', 'not-recorded': '' })[props.of.state];
  return (
    <span class="stack tight">
      <span>
        <span class={`chip ${kind()}`}>{app.t(`licence.is.${props.of.state}`)}</span>{' '}
        <Show when={props.of.until}>{(until) => <span class="small soft">{app.t('licence.until', { until: momentOf(until(), app.language()) })}</span>}</Show>
      </span>
      <Show when={props.of.withdrawn}>{(why) => <span class="small">{app.t('licence.withdrawnWhy', { reason: why().reason })}</span>}</Show>
    </span>
  );
}

function Own(props: { licence: OwnLicence; onPassed(): void }): JSX.Element {
  const app = useApp();
  const [sitting, setSitting] = createSignal(false);
  return (
    <section class="panel" aria-labelledby="licence-own">
      <header>
        <h2 id="licence-own">{app.t('licence.own')}</h2>
      </header>
      <div class="panel-body stack">
        <Standing of={props.licence.standing} />
        <Show when={!props.licence.standing.withdrawn} fallback={<Notice kind="warn">{app.t('licence.askLift')}</Notice>}>
          <Show
            when={sitting()}
            fallback={
              <button type="button" class="button primary" onClick={() => setSitting(true)}>
                {app.t(props.licence.standing.state === 'valid' ? 'licence.renew' : 'licence.sit')}
              </button>
            }
          >
            <Exam exam={props.licence.exam} onPassed={() => { setSitting(false); props.onPassed(); }} />
          </Show>
        </Show>
      </div>
    </section>
  );
}

function Exam(props: { exam: OwnLicence['exam']; onPassed(): void }): JSX.Element {
  const app = useApp();
  const [answers, setAnswers] = createSignal<Readonly<Record<string, string>>>({});
  const [sat, setSat] = createSignal<Sat>();
  const [refusal, setRefusal] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const open = (): number => props.exam.questions.filter(({ id }) => answers()[id] === undefined).length;
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setRefusal('');
    if (open() > 0) return void setRefusal(app.t('licence.open', { n: open() }));
    setBusy(true);
    try {
      const result = await app.api.post<Sat>('/api/licence/exam', { version: props.exam.version, answers: answers() });
      setSat(result);
      if (result.passed) {
        app.toast(() => app.t('licence.passed'));
        props.onPassed();
      } else app.announce(app.t('licence.failed', { right: result.right, of: result.of }));
    } catch (error) {
      setRefusal(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <form class="stack" onSubmit={(event) => void send(event)}>
      <p class="soft small">{app.t('licence.rules', { days: props.exam.good_days })}</p>
      <For each={props.exam.questions}>
        {(question) => (
          <Question
            question={question}
            because={sat()?.wrong.find(({ id }) => id === question.id)?.because}
            onChoose={(choice) => setAnswers((now) => ({ ...now, [question.id]: choice }))}
          />
        )}
      </For>
      <Show when={sat() && !sat()?.passed}>
        <Notice kind="warn">{app.t('licence.failed', { right: sat()?.right ?? 0, of: sat()?.of ?? 0 })}</Notice>
      </Show>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <button type="submit" class="button primary" aria-busy={busy()}>
        {app.t('licence.hand')}
      </button>
    </form>
  );
}

function Question(props: { question: ExamQuestion; because: OwnBecause; onChoose(choice: string): void }): JSX.Element {
  const app = useApp();
  return (
    <fieldset class="choices" data-question={props.question.id}>
      <legend class="legend">{inLanguage(props.question.text, app.language())}</legend>
      <For each={props.question.choices}>
        {(choice) => (
          <label class="choice">
            <input type="radio" name={`exam-${props.question.id}`} value={choice.id} onChange={() => props.onChoose(choice.id)} />
            <span>{inLanguage(choice, app.language())}</span>
          </label>
        )}
      </For>
      <Show when={props.because}>{(because) => <p class="wrong">{app.t('licence.wrong', { because: inLanguage(because(), app.language()) })}</p>}</Show>
    </fieldset>
  );
}

type OwnBecause = Sat['wrong'][number]['because'] | undefined;

function Everybody(): JSX.Element {
  const app = useApp();
  const all = createQuery<readonly Licensed[]>(() => (signal) => app.api.get('/api/licences', { signal }));
  const [whom, setWhom] = createSignal<Licensed>();
  const lift = async (one: Licensed): Promise<void> => {
    try {
      await app.api.post(`/api/licences/${encodeURIComponent(one.account)}/lift`, {});
      all.reload();
    } catch (error) {
      app.toast(() => app.explain(error));
    }
  };
  const columns = (): Column<Licensed>[] => [
    { heading: app.t('licence.name'), cell: (one) => <>{one.name} <span class="soft small">{roleWords(app, one.roles[0] ?? '')}</span></> },
    { heading: app.t('licence.stands'), cell: (one) => <Standing of={one.standing} /> },
    {
      heading: app.t('licence.do'),
      cell: (one) => (
        <Show
          when={one.standing.withdrawn}
          fallback={
            <Show when={one.standing.state === 'valid'}>
              <button type="button" class="button small" onClick={() => setWhom(one)}>
                {app.t('licence.withdraw')}
                <span class="for-listeners"> {one.name}</span>
              </button>
            </Show>
          }
        >
          <button type="button" class="button small" onClick={() => void lift(one)}>
            {app.t('licence.lift')}
            <span class="for-listeners"> {one.name}</span>
          </button>
        </Show>
      ),
    },
  ];
  return (
    <section class="panel" aria-labelledby="licence-all">
      <header>
        <h2 id="licence-all">{app.t('licence.everybody')}</h2>
      </header>
      <div class="panel-body licences">
        <Answer of={all} lines={4}>
          {(rows) => <DataTable caption={app.t('licence.caption')} columns={columns()} rows={rows()} />}
        </Answer>
      </div>
      <Show when={whom()}>
        {(one) => (
          <Withdraw
            one={one()}
            onClose={(done) => {
              setWhom(undefined);
              if (done) all.reload();
            }}
          />
        )}
      </Show>
    </section>
  );
}

function Withdraw(props: { one: Licensed; onClose(done: boolean): void }): JSX.Element {
  const app = useApp();
  const [reason, setReason] = createSignal('');
  const [wrong, setWrong] = createSignal<string>();
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (reason().trim() === '') return void setWrong(app.t('order.needReason'));
    try {
      await app.api.post(`/api/licences/${encodeURIComponent(props.one.account)}/withdraw`, { reason: reason().trim() });
      props.onClose(true);
    } catch (error) {
      setWrong(app.explain(error));
    }
  };
  return (
    <Dialog open title={app.t('licence.withdrawOf', { name: props.one.name })} onClose={() => props.onClose(false)}>
      <form class="stack" onSubmit={(event) => void send(event)} noValidate>
        <p>{app.t('licence.withdrawHint')}</p>
        <ReasonField label={app.t('order.reason')} wrong={wrong()} longest={300} value={reason()} onInput={setReason} />
        <footer>
          <button type="button" class="button" onClick={() => props.onClose(false)}>
            {app.t('app.cancel')}
          </button>
          <button type="submit" class="button primary">
            {app.t('licence.withdraw')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
