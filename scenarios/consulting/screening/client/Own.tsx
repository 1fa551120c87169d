/** The plan as its patient reads it: plain words, large type, days. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { dayOfMoment, momentOf } from '../../../../client/core/dates';
import { inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { roomPath } from '../../../../client/core/hospital';
import { Link } from '../../../../client/core/router';
import { Notice } from '../../../../client/panels/Notice';
import type { OwnPlan } from './course';
import { Picture } from './Picture';
import { repeatShown, windowShown } from './shown';
import type { Say } from './words';

export function Own(props: { plan: OwnPlan; say: Say; language: Language; offline: boolean }): JSX.Element {
  const { say } = props;
  const text = (value: { zh: string; en: string }): string => inLanguage(value, props.language);
  return (
    <div class="stack screen-own">
      <h1>{say('ownTitle')}</h1>
      <p class="soft">
        {say('ownBy', {
          name: props.plan.doctor ?? '',
          day: props.plan.signed_at ? dayOfMoment(props.plan.signed_at, props.language) : '',
        })}
      </p>
      <Show when={props.plan.advice}>{(words) => <p class="screen-plain large">{text(words())}</p>}</Show>
      <Show when={props.plan.note}>{(words) => <p class="screen-plain large">{words()}</p>}</Show>
      <h2>{say('ownNext')}</h2>
      <Show when={props.plan.plan.length > 0} fallback={<Notice>{say('ownNothing')}</Notice>}>
        <ol class="screen-own-plan">
          <For each={props.plan.plan}>
            {(one) => (
              <li data-due={one.due}>
                <strong>{text(one.plain)}</strong>
                <span>
                  {windowShown(one, say, props.language)}
                  {repeatShown(one, say, props.language)}
                </span>
                <Show when={one.visit}>
                  {(visit) => <span>{say('booked', { at: momentOf(visit().start, props.language) })}</span>}
                </Show>
                <span class={`chip ${{ overdue: 'bad', now: 'warn', planned: '', done: 'good' }[one.due]}`}>
                  {say(`own.${one.due}`)}
                </span>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <Show when={props.plan.referral}>
        {(referral) => <p class="screen-plain large">{say('ownReferral', { level: text(referral().to) })}</p>}
      </Show>
      <Show when={props.plan.tobacco}>
        {(steps) => (
          <section class="stack">
            <h2>{say('ownTobacco')}</h2>
            <For each={steps()}>
              {(step) => <Show when={step.patient}>{(words) => <p class="screen-plain large">{text(words())}</p>}</Show>}
            </For>
          </section>
        )}
      </Show>
      <Show when={!props.offline}>
        <h2>{say('ownPicture')}</h2>
        <Picture patient={props.plan.patient.id} say={say} language={props.language} />
        <div class="row">
          <Link class="button" href={roomPath(props.plan.id)}>
            {say('hologram')}
          </Link>
        </div>
      </Show>
      <p class="soft">{say('ownAsk')}</p>
    </div>
  );
}
