/** Arrange: each thing that the guideline arranges is ordered, changed or left out; then a referral; then signed. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { createStore } from 'solid-js/store';
import { useApp } from '../../../../client/core/app';
import { dayOf, momentOf } from '../../../../client/core/dates';
import { sourceAddress } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { ProofBadge } from '../../../../client/panels/ProofBadge';
import { SourceChip } from '../../../../client/panels/SourceChip';
import { Link } from '../../../../client/core/router';
import type { Course, Decision, OrderKind, Part } from './course';
import { stateOf } from './course';
import { Orders } from './Orders';
import { EMPTY_REFERRAL, ReferralForm, isWhole } from './ReferralForm';
import type { ReferralWish } from './ReferralForm';
import { repeatShown, windowShown } from './shown';

interface Wish {
  ordered: boolean;
  from: string;
  until: string;
  reason: string;
}

interface Added {
  step: OrderKind;
  from: string;
  until: string;
  reason: string;
}

const KINDS: readonly OrderKind[] = ['ct', 'pet-ct', 'tissue', 'surgery', 'referral'];

export function Arrange(props: { part: Part }): JSX.Element {
  const part = (): Part => props.part;
  const isDraft = (): boolean => part().of.state === 'draft';
  return (
    <div class="stack">
      <Decided part={part()} />
      <Show when={isDraft() && stateOf(part().of, 'arrange') === 'stale'}>
        <Notice kind="warn">{part().say('arrangeStale')}</Notice>
      </Show>
      <Show when={isDraft() && part().decides}>
        <Form part={part()} />
      </Show>
      <Orders part={part()} />
      <div class="row">
        <Link class="button" href={`/patients/${encodeURIComponent(part().of.patient.id)}?ask`}>
          {part().say('askExpert')}
        </Link>
      </div>
    </div>
  );
}

/** What a consultation or another report has concluded meanwhile: what is arranged can follow it. */
function Decided(props: { part: Part }): JSX.Element {
  // What was kept on a device by an earlier client has no such list.
  const all = (): Course['decided'] => props.part.of.decided ?? [];
  const { t } = useApp();
  return (
    <Show when={all().length > 0}>
      <section class="stack" aria-labelledby="screen-decided" data-decided={all().length}>
        <h3 id="screen-decided">{props.part.say('decided')}</h3>
        <For each={all()}>
          {(one) => (
            <article class="screen-decided">
              <p class="soft small">
                {one.title}
                <Show when={one.at}>{(at) => <> · {momentOf(at(), props.part.language)}</>}</Show>
              </p>
              <p class="screen-plain">{one.conclusion}</p>
              <div class="row">
                <SourceChip label={t('kind.DiagnosticReport')} href={sourceAddress(one.reference)} />
                <Show when={one.sequence ?? undefined}>{(sequence) => <ProofBadge sequence={sequence()} />}</Show>
              </div>
            </article>
          )}
        </For>
      </section>
    </Show>
  );
}

/** What a proposal's window was changed to, if it was. */
function changed(proposal: Decision, wish: Wish): boolean {
  return wish.from !== proposal.from || wish.until !== (proposal.until ?? '');
}

/** Whether this needs a reason: it is not what the guideline says. */
function differs(proposal: Decision, wish: Wish): boolean {
  return wish.ordered ? changed(proposal, wish) : !proposal.optional;
}

function Form(props: { part: Part }): JSX.Element {
  const part = (): Part => props.part;
  const say = props.part.say;
  const proposals = createMemo(() => part().of.arrangement.proposals);
  const [wishes, setWishes] = createStore<{ all: Wish[]; added: Added[] }>({ all: [], added: [] });
  const [referral, setReferral] = createSignal<ReferralWish>();
  const [tried, setTried] = createSignal(false);
  // What was decided is taken over, unless it was decided on another proposal.
  const take = (): void => {
    const decided = part().of.arrangement.decisions ?? [];
    const isCurrent = stateOf(part().of, 'arrange') !== 'stale';
    setWishes('all', proposals().map((proposal, n) => {
      const before = isCurrent ? decided[n] : undefined;
      const shown = before ?? proposal;
      return { ordered: shown.ordered, from: shown.from, until: shown.until ?? '', reason: before?.reason ?? '' };
    }));
    setWishes('added', decided.filter(({ added }) => added).map((one) => ({
      step: one.step, from: one.from, until: one.until ?? '', reason: one.reason ?? '',
    })));
    const before = part().of.referral;
    setReferral(before ? { ...before } : undefined);
  };
  createEffect(on(() => JSON.stringify([proposals(), part().of.arrangement.decisions, part().of.referral]), take));

  const isWrong = (): boolean =>
    proposals().some((proposal, n) => {
      const wish = wishes.all[n];
      return wish === undefined || (differs(proposal, wish) && wish.reason.trim() === '') || wish.from === '';
    }) ||
    wishes.added.some((one) => one.reason.trim() === '' || one.from === '') ||
    (referral() !== undefined && !isWhole(referral() ?? EMPTY_REFERRAL));
  const window = (one: { from: string; until: string }) => ({ from: one.from, until: one.until === '' ? null : one.until });
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (isWrong()) return;
    void part().act('arrange', {
      orders: proposals().map((proposal, n) => {
        const wish = wishes.all[n] ?? { ordered: false, from: '', until: '', reason: '' };
        const other = wish.ordered && changed(proposal, wish);
        return { ordered: wish.ordered, reason: wish.reason, ...(other ? { window: window(wish) } : {}) };
      }),
      added: wishes.added.map((one) => ({ step: one.step, reason: one.reason, ...window(one) })),
      referral: referral() ?? null,
    });
  };
  const add = (): void => {
    const { today } = part().of.arrangement;
    setWishes('added', (all) => [...all, { step: 'ct', from: today, until: '', reason: '' }]);
  };
  return (
    <form class="stack" onSubmit={save} noValidate data-form="arrange">
      <p class="soft small">
        {say(part().of.arrangement.origin.of === 'scan' ? 'fromScan' : 'fromAssessment', {
          day: dayOf(part().of.arrangement.origin.day, part().language),
        })}
      </p>
      <Show when={proposals().length === 0}>
        <Notice>{say('nothingProposed')}</Notice>
      </Show>
      <For each={proposals()}>
        {(proposal, n) => (
          <Show when={wishes.all[n()]}>
            {(wish) => (
              <fieldset class="screen-order" data-proposal={n()}>
                <legend>
                  {inLanguage(proposal.label, part().language)}
                  {': '}
                  {windowShown(proposal, say, part().language)}
                  {repeatShown(proposal, say, part().language)}
                  <Show when={proposal.optional}>
                    {' '}
                    <span class="chip">{say('optional')}</span>
                  </Show>
                </legend>
                <label class="screen-check">
                  <input
                    type="checkbox"
                    checked={wish().ordered}
                    onChange={(event) => setWishes('all', n(), 'ordered', event.currentTarget.checked)}
                  />
                  <span>{say('order')}</span>
                </label>
                <Show when={wish().ordered}>
                  <Dates part={part()} of={wish()} onEdit={(change) => setWishes('all', n(), change)} />
                </Show>
                <Show when={differs(proposal, wish())}>
                  <Field label={say('differs')} wrong={tried() && wish().reason.trim() === '' ? say('needReason') : undefined}>
                    {(control) => (
                      <input
                        {...control}
                        class="input"
                        maxLength={1000}
                        value={wish().reason}
                        onInput={(event) => setWishes('all', n(), 'reason', event.currentTarget.value)}
                      />
                    )}
                  </Field>
                </Show>
              </fieldset>
            )}
          </Show>
        )}
      </For>
      <For each={wishes.added}>
        {(one, n) => (
          <fieldset class="screen-order" data-added={n()}>
            <legend>{say('addedOrder')}</legend>
            <Field label={say('what')}>
              {(control) => (
                <select
                  {...control}
                  class="input"
                  onChange={(event) => setWishes('added', n(), 'step', event.currentTarget.value as OrderKind)}
                >
                  <For each={KINDS}>
                    {(kind) => (
                      <option value={kind} selected={one.step === kind}>
                        {say(`kind.${kind}`)}
                      </option>
                    )}
                  </For>
                </select>
              )}
            </Field>
            <Dates part={part()} of={one} onEdit={(change) => setWishes('added', n(), change)} />
            <Field label={say('whyAdded')} wrong={tried() && one.reason.trim() === '' ? say('needReason') : undefined}>
              {(control) => (
                <input
                  {...control}
                  class="input"
                  maxLength={1000}
                  value={one.reason}
                  onInput={(event) => setWishes('added', n(), 'reason', event.currentTarget.value)}
                />
              )}
            </Field>
            <button
              type="button"
              class="button small"
              onClick={() => setWishes('added', (all) => all.filter((_, at) => at !== n()))}
            >
              {say('remove')}
            </button>
          </fieldset>
        )}
      </For>
      <ReferralForm part={part()} wish={referral()} tried={tried()} onWish={setReferral} />
      <Show when={tried() && isWrong()}>
        <Notice kind="bad">{say('arrangeWrong')}</Notice>
      </Show>
      <div class="row">
        <button type="button" class="button" onClick={add}>
          {say('addOrder')}
        </button>
        <button type="submit" class="button primary" disabled={part().busy || part().offline}>
          {say('arrangeNow')}
        </button>
      </div>
    </form>
  );
}

function Dates(props: {
  part: Part;
  of: { readonly from: string; readonly until: string };
  onEdit: (change: { from?: string; until?: string }) => void;
}): JSX.Element {
  return (
    <div class="screen-phase">
      <Field label={props.part.say('from')}>
        {(control) => (
          <input
            {...control}
            type="date"
            class="input"
            value={props.of.from}
            onChange={(event) => props.onEdit({ from: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={props.part.say('until')}>
        {(control) => (
          <input
            {...control}
            type="date"
            class="input"
            value={props.of.until}
            onChange={(event) => props.onEdit({ until: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}
