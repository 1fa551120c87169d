/** The consultation's panel: ask, vote blind, assess, plan and sign, prove. */
import { Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { useApp } from '../../../../client/core/app';
import { createQuery } from '../../../../client/core/query';
import type { ScenarioPanelProps } from '../../../../client/core/scenario-panel';
import { createTurns } from '../../../../client/core/turns';
import { Answer } from '../../../../client/panels/Answer';
import { NotYours } from '../../../../client/panels/NotYours';
import { Notice } from '../../../../client/panels/Notice';
import { Tabs } from '../../../../client/panels/Tabs';
import { Ask } from './Ask';
import { Assess } from './Assess';
import { Minutes } from './Minutes';
import { Outcome } from './Outcome';
import { Plan } from './Plan';
import { Proof } from './Proof';
import { Summary } from './Summary';
import { Vote } from './Vote';
import { Head } from './Head';
import { createAnswers } from './answers';
import type { Case, Part, Summary as Told } from './case';
import './style.css';
import { sayIn } from './words';

const STEPS = ['summary', 'ask', 'vote', 'assess', 'minutes', 'plan', 'proof', 'outcome'] as const;
type Step = (typeof STEPS)[number];

/** Where a person's next act is. */
function nextOf(now: Case): Step {
  if (now.step === 'signed') {
    return now.outcome_asked || now.outcome !== null ? 'outcome' : 'proof';
  }
  if (now.step === 'planning') return now.plan ? 'plan' : 'assess';
  return now.own_vote ? 'vote' : 'ask';
}

export default function Panel(props: ScenarioPanelProps): JSX.Element {
  const app = useApp();
  const say = sayIn(() => props.language);
  const path = (): string => `/api/scenarios/remote-consult/cases/${encodeURIComponent(props.caseId)}`;
  const query = createQuery<Case>(() => {
    const address = path();
    return (signal) => props.client.get(address, { signal });
  });
  const summary = createQuery<Told>(() => {
    const address = `${path()}/summary`;
    return (signal) => props.client.get(address, { signal });
  });
  const [kept, keep] = createStore<{ case?: Case }>({});
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  const [step, setStep] = createSignal<Step>('ask');

  // What has not changed stays as it is on the page, with its focus and what is being typed.
  const show = (now: Case): void => keep('case', reconcile(now, { key: 'name', merge: true }));
  createEffect(on(query.data, (now) => now && show(now)));
  createEffect(
    on(
      () => props.caseVersion,
      () => {
        query.reload();
        summary.reload();
      },
      { defer: true },
    ),
  );
  // A lesion that somebody keeps meanwhile is part of the case in one minute.
  app.onServerEvent(({ kind }) => {
    if (kind === 'imaging') summary.reload();
  });
  // Only where it is another one: whatever else changes, a person stays where they are.
  const next = createMemo(() => kept.case && nextOf(kept.case));
  createEffect(on(next, (now) => now && setStep(now)));

  // Each step builds on the case as it is: one after the other, and the answers before all that can end them.
  const inTurn = createTurns();
  let left = false;
  const answers = createAnswers(
    async (name, value) => {
      show(await inTurn(() => props.client.put<Case>(`${path()}/answers`, { answers: { [name]: value } })));
      props.announce(say('saved'));
    },
    (error) => {
      query.reload();
      // Who has left the room does not see the question any more.
      if (left) app.toast(() => say('notSaved', { why: app.explain(error) }));
    },
  );
  const isUnsaved = (): boolean => Object.keys(answers.drafts()).length > 0;
  // Who closes the page is asked first, where it has what the record has not.
  const warn = (event: BeforeUnloadEvent): void => {
    if (isUnsaved()) event.preventDefault();
  };
  addEventListener('beforeunload', warn);
  onCleanup(() => {
    left = true;
    removeEventListener('beforeunload', warn);
  });

  const act: Part['act'] = async (method, what, body) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await answers.settled();
      if (what === 'vote' && isUnsaved()) {
        setRefusal(say('unsavedBeforeVote'));
        return false;
      }
      show(await inTurn(() => props.client[method]<Case>(`${path()}/${what}`, body ?? {})));
      props.announce(say('saved'));
      return true;
    } catch (error) {
      setRefusal(app.explain(error));
      query.reload();
      return false;
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="consult" data-step={kept.case?.step}>
      <Answer of={query} lines={8} closed={<NotYours />}>
        {() => (
          <Show when={kept.case}>
            {(now) => {
              const part: Part = {
                get of() {
                  return now();
                },
                get me() {
                  return props.me.id;
                },
                get busy() {
                  return busy();
                },
                answers,
                act,
              };
              return (
                <>
                  <Head part={part} say={say} here={props.participants} />
                  <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
                  <Show when={!['asked', 'declined', 'withdrawn'].includes(now().step)}>
                    <Tabs
                      label={say('steps')}
                      tabs={STEPS.map((name) => ({ name, label: say(name) }))}
                      chosen={step()}
                      onChoose={setStep}
                    >
                      {(name) => (
                        <Switch>
                          <Match when={name === 'summary'}>
                            <Summary of={summary} say={say} language={props.language} />
                          </Match>
                          <Match when={name === 'minutes'}>
                            <Minutes part={part} say={say} language={props.language} />
                          </Match>
                          <Match when={name === 'outcome'}>
                            <Outcome part={part} say={say} language={props.language} />
                          </Match>
                          <Match when={name === 'ask'}>
                            <Ask part={part} say={say} language={props.language} />
                          </Match>
                          <Match when={name === 'vote'}>
                            <Vote part={part} say={say} />
                          </Match>
                          <Match when={name === 'assess'}>
                            <Assess part={part} say={say} language={props.language} />
                          </Match>
                          <Match when={name === 'plan'}>
                            <Plan part={part} say={say} />
                          </Match>
                          <Match when={name === 'proof'}>
                            <Proof part={part} say={say} />
                          </Match>
                        </Switch>
                      )}
                    </Tabs>
                  </Show>
                </>
              );
            }}
          </Show>
        )}
      </Answer>
    </div>
  );
}
