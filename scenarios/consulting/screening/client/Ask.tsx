/** Ask: the record first, then what matters and is still missing, one question at a time. */
import { For, Match, Show, Switch, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import { SourceChip } from '../../../../client/panels/SourceChip';
import type { AnswerValue } from '../../../../contract/knowledge';
import { Control } from './Control';
import type { Part, Question, Unsent } from './course';
import { PHASES, answerOf, phasesOf } from './course';
import { History } from './History';
import { addressOf, labelOf, sourceShown, valueShown } from './shown';
import { canListen, listen } from './voice';
import { answerIn } from './heard';

/** A question as it is put, from the programme or from the dependence scale. */
type Put = Pick<Question, 'name' | 'kind' | 'choices' | 'plain' | 'to'> & { readonly of?: Question };

export function Ask(props: { part: Part }): JSX.Element {
  const part = (): Part => props.part;
  const isOpen = (): boolean => part().of.state === 'draft';
  const scale = createMemo((): Put[] =>
    part().of.smoking.smokes_now === true
      ? part().of.smoking.items.map(({ name, label, choices }) => ({
          name,
          choices,
          kind: 'choice' as const,
          plain: label,
          to: 'patient' as const,
        }))
      : [],
  );
  const all = createMemo((): Put[] => [...part().of.questions.map((one) => ({ ...one, of: one })), ...scale()]);
  const hasWaiting = (name: string): boolean =>
    part().unsent[name] !== undefined || (name === 'pack_years' && part().unsent[PHASES] !== undefined);
  const open = createMemo((): Put[] =>
    all().filter((one) => {
      if (hasWaiting(one.name)) return false;
      return one.of ? one.of.matters : !part().of.smoking.items.find(({ name }) => name === one.name)?.answer;
    }),
  );
  const named = (name: string): Put | undefined => all().find((one) => one.name === name);
  const [chosen, setChosen] = createSignal<string>();
  const [passed, setPassed] = createSignal<ReadonlySet<string>>(new Set());
  const current = createMemo((): Put | undefined => {
    const wanted = all().find(({ name }) => name === chosen());
    return wanted ?? open().find(({ name }) => !passed().has(name)) ?? open()[0];
  });
  const isKnown = (one: Question): boolean => Boolean(one.answer) || one.not_known || hasWaiting(one.name);
  const answered = createMemo(() => part().of.questions.filter(isKnown));
  const unneeded = createMemo(() => part().of.questions.filter((one) => !isKnown(one) && !one.matters));
  const save = (name: string, value: Unsent['value']): void => {
    setChosen(undefined);
    void part().answer(name, value);
  };
  const pass = (name: string): void => {
    setChosen(undefined);
    // Round and round: what was passed by comes again after all others.
    setPassed((before) => (open().every((one) => one.name === name || before.has(one.name)) ? new Set<string>() : new Set([...before, name])));
  };

  return (
    <div class="screen-ask">
      <section class="stack" aria-labelledby="screen-next">
        <h3 id="screen-next">{part().say('stillMissing', { n: open().length })}</h3>
        {/* A card stays while its question stays, whatever else is read again: something may be being typed. */}
        <Show
          when={isOpen() && current()?.name}
          fallback={<Notice kind="good">{part().say('nothingMissing')}</Notice>}
          keyed
        >
          {(name) => (
            <Show when={named(name)}>
              {(question) => (
                <Card part={part()} question={question()} onSave={save} onPass={open().length > 1 ? pass : undefined} />
              )}
            </Show>
          )}
        </Show>
        <p class="soft small">{part().say('askHint')}</p>
      </section>
      <section class="stack" aria-labelledby="screen-known">
        <h3 id="screen-known">{part().say('known')}</h3>
        <ul class="screen-known">
          <For each={answered()}>
            {(question) => (
              <Known part={part()} question={question} onEdit={isOpen() ? () => setChosen(question.name) : undefined} />
            )}
          </For>
          <For each={scale().map(({ name }) => name)}>
            {(name) => (
              <Show when={named(name)}>
                {(item) => (
                  <ScaleLine part={part()} item={item()} onEdit={isOpen() ? () => setChosen(name) : undefined} />
                )}
              </Show>
            )}
          </For>
        </ul>
        <Dependence part={part()} />
        <Show when={unneeded().length > 0}>
          <details class="screen-more">
            <summary>{part().say('unneeded', { n: unneeded().length })}</summary>
            <ul class="screen-known">
              <For each={unneeded()}>
                {(question) => (
                  <Known part={part()} question={question} onEdit={isOpen() ? () => setChosen(question.name) : undefined} />
                )}
              </For>
            </ul>
          </details>
        </Show>
      </section>
    </div>
  );
}

/** A question of the dependence scale with its answer. */
function ScaleLine(props: { part: Part; item: Put; onEdit: (() => void) | undefined }): JSX.Element {
  const words = (): string => inLanguage(props.item.plain, props.part.language);
  const isUnsent = (): boolean => props.part.unsent[props.item.name] !== undefined;
  return (
    <li data-known={props.item.name} data-unsent={isUnsent() ? '' : undefined}>
      <span>
        {words()} <strong>{scaleAnswer(props.part, props.item)}</strong>
      </span>
      <span class="row">
        <Show when={isUnsent()}>
          <span class="chip warn">{props.part.say('unsent')}</span>
        </Show>
        <Show when={props.onEdit}>
          {(onEdit) => (
            <button type="button" class="button quiet small" onClick={() => onEdit()()}>
              {props.part.say('change')}
              <span class="for-listeners">: {words()}</span>
            </button>
          )}
        </Show>
      </span>
    </li>
  );
}

function scaleAnswer(part: Part, item: Put): string {
  const found = part.of.smoking.items.find(({ name }) => name === item.name);
  const value = answerOf(part, { name: item.name, answer: found?.answer ?? null });
  const choice = item.choices.find(({ id }) => id === value);
  return choice ? inLanguage(choice.label, part.language) : part.say('notKnown');
}

/** One question, large enough for a thumb. */
function Card(props: {
  part: Part;
  question: Put;
  onSave: (name: string, value: Unsent['value']) => void;
  onPass: ((name: string) => void) | undefined;
}): JSX.Element {
  const say = props.part.say;
  const [heard, setHeard] = createSignal<string>();
  const [listening, setListening] = createSignal<() => void>();
  const hear = async (): Promise<void> => {
    const stop = listening();
    if (stop) return stop();
    const ear = listen(props.part.language === 'zh' ? 'zh-CN' : 'en-GB');
    setListening(() => ear.stop);
    const said = await ear.said;
    setListening(undefined);
    if (said === undefined) return;
    const value = answerIn(said, props.question);
    setHeard(said);
    if (value !== undefined) props.onSave(props.question.name, value);
  };
  const isHistory = (): boolean => props.question.name === 'pack_years';
  return (
    <div class="panel screen-card" data-question={props.question.name}>
      <p class="soft small">{say(`to.${props.question.to}`)}</p>
      <h4 id="screen-question">{inLanguage(props.question.plain, props.part.language)}</h4>
      <Show when={props.question.of}>
        {(of) => (
          <p class="soft small">
            {inLanguage(of().label, props.part.language)}
            <Show when={of().help}>{(help) => <> · {inLanguage(help(), props.part.language)}</>}</Show>
          </p>
        )}
      </Show>
      <Show when={props.question.of?.unknown}>
        {(why) => <p class="soft small">{inLanguage(why(), props.part.language)}</p>}
      </Show>
      <Switch>
        <Match when={isHistory()}>
          <History part={props.part} onDone={(phases) => props.onSave(PHASES, phases)} />
        </Match>
        <Match when={!isHistory()}>
          <Control part={props.part} question={props.question} onSave={(value) => props.onSave(props.question.name, value)} />
        </Match>
      </Switch>
      <div class="row">
        <button type="button" class="button" onClick={() => props.onSave(props.question.name, null)}>
          {say('notKnown')}
        </button>
        <Show when={props.onPass}>
          {(onPass) => (
            <button type="button" class="button quiet" onClick={() => onPass()(props.question.name)}>
              {say('later')}
            </button>
          )}
        </Show>
        <Show when={canListen() && !isHistory()}>
          <button type="button" class="button" aria-pressed={listening() !== undefined} onClick={() => void hear()}>
            {say(listening() ? 'listening' : 'speak')}
          </button>
        </Show>
      </div>
      <Show when={heard()}>{(text) => <p class="small" role="status">{say('heard', { text: text() })}</p>}</Show>
    </div>
  );
}

/** A question with its answer, where it comes from, and what the record says where that is something else. */
function Known(props: { part: Part; question: Question; onEdit: (() => void) | undefined }): JSX.Element {
  const part = (): Part => props.part;
  const value = (): AnswerValue | undefined => answerOf(part(), props.question);
  const isUnsent = (): boolean =>
    part().unsent[props.question.name] !== undefined ||
    (props.question.name === 'pack_years' && part().unsent[PHASES] !== undefined);
  const shown = (): string => {
    const now = value();
    if (props.question.name === 'pack_years' && part().unsent[PHASES] !== undefined) {
      return clausesIn(phasesOf(part()).map((one) => part().say('phase', { n: one.cigarettes_per_day, years: one.years })), part().language);
    }
    if (now !== undefined) return valueShown(props.question, now, part().say, part().language);
    return part().say(props.question.not_known || isUnsent() ? 'notKnown' : 'notNeeded');
  };
  const recordSays = (): string | undefined => {
    const known = props.question.record;
    if (!known || known.value === value()) return undefined;
    return part().say('recordSays', { value: valueShown(props.question, known.value, part().say, part().language) });
  };
  return (
    <li data-known={props.question.name} data-unsent={isUnsent() ? '' : undefined}>
      <span>
        {labelOf(part().of, props.question.name, part().say, part().language)}{colonIn(part().language)}<strong>{shown()}</strong>
        <Show when={recordSays()}>{(text) => <span class="soft small"> · {text()}</span>}</Show>
      </span>
      <span class="row">
        <Show when={isUnsent()}>
          <span class="chip warn">{part().say('unsent')}</span>
        </Show>
        <Show when={!isUnsent() && props.question.answer?.source}>
          {(from) => <SourceChip label={sourceShown(from(), part().say)} href={addressOf(from())} />}
        </Show>
        <Show when={props.onEdit}>
          {(onEdit) => (
            <button type="button" class="button quiet small" onClick={() => onEdit()()}>
              {part().say('change')}
              <span class="for-listeners">: {inLanguage(props.question.label, part().language)}</span>
            </button>
          )}
        </Show>
      </span>
    </li>
  );
}

/** How dependent on nicotine the person is, once all six questions are answered. */
export function Dependence(props: { part: Part }): JSX.Element {
  return (
    <Show when={props.part.of.smoking.score}>
      {(score) => {
        const sum = (): number | undefined => {
          const { result } = score();
          return result.state === 'assessed' ? result.value : undefined;
        };
        return (
          <p class="screen-score" data-score={sum() ?? 'open'}>
            {inLanguage(score().title, props.part.language)}:{' '}
            <Show when={sum() !== undefined} fallback={props.part.say('notAssessable')}>
              <strong>
                {sum()} / {score().most}
              </strong>{' '}
              {inLanguage(score().band?.label ?? '', props.part.language)}
            </Show>
            <Show when={score().needs_confirmation}>
              {' '}
              <span class="chip warn">{props.part.say('confirm')}</span>
            </Show>
          </p>
        );
      }}
    </Show>
  );
}
