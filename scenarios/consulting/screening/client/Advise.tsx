/** Advise: which guideline is followed, what the patient is told, tobacco where it applies. */
import { For, Show, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { colonIn, inLanguage } from '../../../../client/core/language';
import type { Text } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import type { Part } from './course';
import { READY, stateOf } from './course';

const NONE = 'none';

export function Advise(props: { part: Part }): JSX.Element {
  const part = (): Part => props.part;
  const advice = () => part().of.advice ?? undefined;
  const text = (value: Text): string => inLanguage(value, part().language);
  const speaking = () => part().of.guidelines.filter(({ result }) => result.state === 'recommended');
  const [guideline, setGuideline] = createSignal('');
  const [note, setNote] = createSignal('');
  const [reason, setReason] = createSignal('');
  const [tried, setTried] = createSignal(false);
  createEffect(
    on(
      () => JSON.stringify(advice() ?? null),
      () => {
        setGuideline(advice() ? (advice()?.guideline ?? NONE) : '');
        setNote(advice()?.note ?? '');
      },
    ),
  );
  const needsReason = (): boolean => guideline() === NONE;
  const isWrong = (): boolean =>
    guideline() === '' || (needsReason() && (reason().trim() === '' || note().trim() === ''));
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (isWrong()) return;
    void part().act('advise', {
      guideline: needsReason() ? null : guideline(),
      note: note(),
      reason: needsReason() ? reason() : '',
    });
  };
  const isOpen = (): boolean => part().of.state === 'draft' && part().decides;
  return (
    <div class="stack">
      <Show when={stateOf(part().of, 'advise') === 'stale'}>
        <Notice kind="warn">{part().say('adviseStale')}</Notice>
      </Show>
      <Show when={isOpen()}>
        <form class="stack" onSubmit={save} noValidate data-form="advise">
          <fieldset class="screen-follow">
            <legend class="legend">{part().say('follow')}</legend>
            <For each={speaking()}>
              {(one) => (
                <label class="choice">
                  <input
                    type="radio"
                    name="guideline"
                    value={one.guideline}
                    checked={guideline() === one.guideline}
                    onChange={() => setGuideline(one.guideline)}
                  />
                  <span>
                    <strong>{text(one.title)}</strong>
                    <Show when={one.needs_confirmation}>
                      {' '}
                      <span class="chip warn">{part().say('confirm')}</span>
                    </Show>
                    <br />
                    {one.result.state === 'recommended' ? text(one.result.advice) : ''}
                  </span>
                </label>
              )}
            </For>
            <label class="choice">
              <input
                type="radio"
                name="guideline"
                value={NONE}
                checked={guideline() === NONE}
                onChange={() => setGuideline(NONE)}
              />
              <span>{part().say('followNone')}</span>
            </label>
          </fieldset>
          <Show when={tried() && guideline() === ''}>
            <p class="wrong small" role="alert">
              {part().say('needGuideline')}
            </p>
          </Show>
          <Field
            label={part().say(needsReason() ? 'ownAdvice' : 'note')}
            wrong={tried() && needsReason() && note().trim() === '' ? part().say('needOwnAdvice') : undefined}
          >
            {(control) => (
              <textarea
                {...control}
                class="input"
                name="note"
                maxLength={1000}
                value={note()}
                onInput={(event) => setNote(event.currentTarget.value)}
              />
            )}
          </Field>
          <Show when={needsReason()}>
            <Field
              label={part().say('whyNone')}
              wrong={tried() && reason().trim() === '' ? part().say('needReason') : undefined}
            >
              {(control) => (
                <textarea
                  {...control}
                  class="input"
                  name="reason"
                  maxLength={1000}
                  value={reason()}
                  onInput={(event) => setReason(event.currentTarget.value)}
                />
              )}
            </Field>
          </Show>
          <div class="row">
            <button type="submit" class="button primary" disabled={part().busy || part().offline}>
              {part().say(advice() ? 'adviseAgain' : 'adviseNow')}
            </button>
          </div>
        </form>
      </Show>
      <Show when={advice()}>
        {(now) => (
          <section class="stack" aria-labelledby="screen-advice" data-advice={now().guideline ?? NONE}>
            <h3 id="screen-advice">{part().say('advised', { name: now().by.name })}</h3>
            <Show when={now().doctor}>
              {(words) => (
                <p>
                  <span class="legend">{part().say('forDoctor')}</span> {text(words())}
                  <Show when={now().rule}>{(rule) => <span class="soft small"> · {part().say('rule', { rule: rule() })}</span>}</Show>
                  <Show when={now().needs_confirmation}>
                    {' '}
                    <span class="chip warn">{part().say('confirm')}</span>
                  </Show>
                </p>
              )}
            </Show>
            <Show when={now().patient}>
              {(words) => (
                <p class="screen-plain">
                  <span class="legend">{part().say('forPatient')}</span>
                  <br />
                  {text(words())}
                </p>
              )}
            </Show>
            <Show when={now().note}>{(words) => <p>{words()}</p>}</Show>
          </section>
        )}
      </Show>
      <Tobacco part={part()} />
    </div>
  );
}

/** The tobacco 5A for who smokes now; the five Rs for who does not want to stop yet. */
function Tobacco(props: { part: Part }): JSX.Element {
  const text = (value: Text): string => inLanguage(value, props.part.language);
  const ready = (): 'yes' | 'no' | undefined => {
    const now = props.part.unsent[READY]?.value ?? props.part.of.smoking.ready_to_quit;
    return typeof now === 'boolean' ? (now ? 'yes' : 'no') : undefined;
  };
  return (
    <Show when={props.part.of.smoking.five_a}>
      {(five) => (
        <section class="stack" aria-labelledby="screen-tobacco" data-tobacco="">
          <h3 id="screen-tobacco">
            {text(five().title)} <span class="chip warn">{props.part.say('confirm')}</span>
          </h3>
          <Show when={props.part.of.state === 'draft'}>
            <div class="field">
              <span class="legend">{props.part.say('ready')}</span>
              <Segmented
                label={props.part.say('ready')}
                options={(['yes', 'no'] as const).map((value) => ({ value, label: props.part.say(value) }))}
                chosen={ready()}
                onChoose={(value) => void props.part.answer(READY, value === 'yes')}
              />
            </div>
          </Show>
          <ol class="screen-list">
            <For each={five().steps}>
              {(step) => (
                <li>
                  <strong>{text(step.name)}</strong>{colonIn(props.part.language)}{text(step.doctor)}
                  <Show when={step.patient}>{(words) => <p class="screen-plain">{text(words())}</p>}</Show>
                </li>
              )}
            </For>
          </ol>
          <Show when={ready() === 'no'}>
            <p>{props.part.say('unwilling')}</p>
            <ul class="screen-list">
              <For each={five().unwilling}>
                {(step) => (
                  <li>
                    <strong>{text(step.name)}</strong>{colonIn(props.part.language)}{text(step.doctor)}
                  </li>
                )}
              </For>
            </ul>
          </Show>
          <p class="soft small">{props.part.say('notTheSame')}</p>
        </section>
      )}
    </Show>
  );
}
