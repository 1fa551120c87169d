/** The joint plan: written together, dissent beside it, signed by each. */
import { For, Show, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { ManagementChoice } from './Vote';
import { votersOf } from './case';
import type { Management, Part, Plan as Written } from './case';
import type { Say } from './words';

interface PlanProps {
  readonly part: Part;
  readonly say: Say;
}

export function Plan(props: PlanProps): JSX.Element {
  return (
    <Show
      when={props.part.of.step === 'planning' || props.part.of.step === 'signed'}
      fallback={<Notice>{props.say('planLater')}</Notice>}
    >
      <div class="stack">
        <Show when={props.part.of.step === 'planning'} fallback={<Notice kind="good">{props.say('done')}</Notice>}>
          <p class="soft small">{props.say('planHint')}</p>
        </Show>
        <PlanForm {...props} />
      </div>
    </Show>
  );
}

function PlanForm(props: PlanProps): JSX.Element {
  const plan = (): Written | undefined => props.part.of.plan ?? undefined;
  const isOpen = (): boolean => props.part.of.step === 'planning';
  const ownDissent = (): string => plan()?.dissents.find(({ id }) => id === props.part.me)?.text ?? '';
  const [text, setText] = createSignal('');
  const [management, setManagement] = createSignal<Management | ''>('');
  const [dissent, setDissent] = createSignal('');
  const [basis, setBasis] = createSignal(0);
  const [dirty, setDirty] = createSignal(false);
  const [tried, setTried] = createSignal(false);
  const wrong = (): boolean => tried() && (text().trim() === '' || management() === '');

  const take = (): void => {
    setText(plan()?.text ?? '');
    setManagement(plan()?.management ?? '');
    setDissent(ownDissent());
    setBasis(plan()?.version ?? 0);
    setDirty(false);
  };
  // Another's version is taken over, unless something is being written here.
  createEffect(on(() => plan()?.version, () => dirty() || take()));
  const isBehind = (): boolean => dirty() && basis() !== (plan()?.version ?? 0);

  const edit = <Value,>(set: (value: Value) => unknown, value: Value): void => {
    set(value);
    setDirty(true);
  };
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (wrong()) return;
    const body = { text: text(), management: management(), dissent: dissent(), version: basis() || undefined };
    if (await props.part.act('put', 'plan', body)) take();
  };

  return (
    <form class="stack" onSubmit={(event) => void save(event)} noValidate data-form="plan">
      <Show when={isBehind() && plan()}>
        {(theirs) => (
          <Notice kind="warn">
            <p>{props.say('planChanged', { name: theirs().by })}</p>
            <button type="button" class="button small" onClick={take}>
              {props.say('takeTheirs')}
            </button>
          </Notice>
        )}
      </Show>
      <Field label={props.say('planText')} wrong={wrong() ? props.say('needPlan') : undefined}>
        {(control) => (
          <textarea
            {...control}
            class="input"
            name="plan"
            maxLength={4000}
            readOnly={!isOpen()}
            value={text()}
            onInput={(event) => edit(setText, event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={props.say('management')}>
        {(control) => (
          <ManagementChoice
            control={control}
            say={props.say}
            chosen={management()}
            disabled={!isOpen()}
            onChoose={(value) => edit(setManagement, value)}
          />
        )}
      </Field>
      <Show when={isOpen()}>
        <Field label={props.say('dissent')}>
          {(control) => (
            <textarea
              {...control}
              class="input"
              name="dissent"
              maxLength={1000}
              value={dissent()}
              onInput={(event) => edit(setDissent, event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="row">
          <button type="submit" class="button" disabled={props.part.busy}>
            {props.say('savePlan')}
          </button>
        </div>
      </Show>
      <Show when={plan()}>{(written) => <Signing {...props} plan={written()} isOpen={isOpen()} dirty={dirty()} />}</Show>
    </form>
  );
}

interface SigningProps extends PlanProps {
  readonly plan: Written;
  readonly isOpen: boolean;
  readonly dirty: boolean;
}

function Signing(props: SigningProps): JSX.Element {
  const hasSigned = (): boolean =>
    props.part.of.participants.some(({ id, signed }) => id === props.part.me && signed);
  const minutesOf = (id: string): number | null | undefined =>
    props.plan.signatures.find((signature) => signature.id === id)?.minutes;
  return (
    <section class="stack consult-signing" data-version={props.plan.version}>
      <p class="soft small">{props.say('planBy', { version: props.plan.version, name: props.plan.by })}</p>
      <Show when={props.plan.dissents.length > 0}>
        <div>
          <h2 class="consult-heading">{props.say('dissents')}</h2>
          <ul>
            <For each={props.plan.dissents}>
              {(one) => <li>{props.say('dissentOf', { name: one.name, text: one.text })}</li>}
            </For>
          </ul>
        </div>
      </Show>
      <ul class="row consult-people">
        <For each={votersOf(props.part.of)}>
          {(person) => (
            <li class={`chip ${person.signed ? 'good' : ''}`}>
              {props.say(person.signed ? 'signedBy' : 'notSignedBy', { name: person.name })}
              <Show when={minutesOf(person.id)}>{(entries) => <> · {props.say('withMinutes', { count: entries() })}</>}</Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.isOpen && !hasSigned()}>
        <p class="soft small">{props.say(props.dirty ? 'unsaved' : 'signHint', { version: props.plan.version })}</p>
        <div class="row">
          <button
            type="button"
            class="button primary"
            disabled={props.part.busy || props.dirty}
            onClick={() => void props.part.act('post', 'sign', { version: props.plan.version })}
          >
            {props.say('sign')}
          </button>
        </div>
      </Show>
    </section>
  );
}
