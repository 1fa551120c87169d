/** What came of the case, once it is signed. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { dayOf } from '../../../../client/core/dates';
import type { Language } from '../../../../client/core/language';
import { Link } from '../../../../client/core/router';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import { EVIDENCE, OUTCOMES } from './case';
import type { Outcome as Said, Part, Settings } from './case';
import { Setting } from './Setting';
import type { Say, Word } from './words';

interface OutcomeProps {
  readonly part: Part;
  readonly say: Say;
  readonly language: Language;
}

/** After how many months it is asked, and that nobody's guideline says so. */
function Months(props: OutcomeProps): JSX.Element {
  const settings = (): Settings => props.part.of.settings;
  return (
    <Show when={settings().outcome_months}>
      {(n) => <Setting words={props.say('outcomeAfter', { n: n() })} needsConfirmation={settings().outcome_needs_confirmation} say={props.say} />}
    </Show>
  );
}

export function Outcome(props: OutcomeProps): JSX.Element {
  const said = (): Said | null => props.part.of.outcome;
  return (
    <Show
      when={props.part.of.step === 'signed'}
      fallback={
        <div class="stack">
          <Notice>{props.say('outcomeLater')}</Notice>
          <Months {...props} />
        </div>
      }
    >
      <div class="stack" data-outcome={said()?.found ?? ''}>
        <Show when={said()}>
          {(known) => (
            <p>
              <strong>{props.say(`outcome-${known().found}` as Word)}</strong> · {props.say(`evidence-${known().evidence}` as Word)} ·{' '}
              {dayOf(known().day, props.language)} · {known().by.name}
              <Show when={known().note}> · {known().note}</Show>
            </p>
          )}
        </Show>
        <Show when={props.part.of.outcome_due}>
          {(day) => <p class="soft small">{props.say('outcomeDue', { day: dayOf(day(), props.language) })}</p>}
        </Show>
        <Months {...props} />
        <OutcomeForm {...props} />
        <p>
          <Link href="/quality/decisions">{props.say('seeFigures')}</Link>
        </p>
      </div>
    </Show>
  );
}

function OutcomeForm(props: OutcomeProps): JSX.Element {
  const [found, setFound] = createSignal<Said['found']>();
  const [evidence, setEvidence] = createSignal<Said['evidence'] | ''>('');
  const [day, setDay] = createSignal('');
  const [note, setNote] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const isWhole = (): boolean => found() !== undefined && evidence() !== '' && day() !== '';
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!isWhole()) return;
    void props.part.act('put', 'outcome', { found: found(), evidence: evidence(), day: day(), note: note() });
  };
  return (
    <form class="stack" onSubmit={send} noValidate data-form="outcome">
      <div class="field">
        <span class="legend">{props.say('outcomeAsked')}</span>
        <Segmented
          label={props.say('outcomeAsked')}
          options={OUTCOMES.map((value) => ({ value, label: props.say(`outcome-${value}`) }))}
          chosen={found()}
          onChoose={setFound}
        />
      </div>
      <Field label={props.say('evidence')} wrong={tried() && !isWhole() ? props.say('needOutcome') : undefined}>
        {(control) => (
          <select
            {...control}
            class="input"
            onChange={(event) => setEvidence(EVIDENCE.find((one) => one === event.currentTarget.value) ?? '')}
          >
            <option value="">{props.say('choose')}</option>
            <For each={EVIDENCE}>{(one) => <option value={one}>{props.say(`evidence-${one}`)}</option>}</For>
          </select>
        )}
      </Field>
      <Field label={props.say('outcomeDay')}>
        {(control) => <input {...control} class="input" type="date" onInput={(event) => setDay(event.currentTarget.value)} />}
      </Field>
      <Field label={props.say('comment')}>
        {(control) => <textarea {...control} class="input" maxLength={1000} onInput={(event) => setNote(event.currentTarget.value)} />}
      </Field>
      <div class="row">
        <button type="submit" class="button primary" disabled={props.part.busy}>
          {props.say('outcomeKeep')}
        </button>
      </div>
    </form>
  );
}
