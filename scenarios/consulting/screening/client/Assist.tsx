/** Assist: the patient's own picture, the plan with its days, and whether it was understood. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Link } from '../../../../client/core/router';
import { roomPath } from '../../../../client/core/hospital';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import type { Part } from './course';
import { Picture } from './Picture';
import { repeatShown, windowShown } from './shown';

const UNDERSTOOD = ['yes', 'partly', 'no'] as const;

export function Assist(props: { part: Part; inRoom: boolean }): JSX.Element {
  const part = (): Part => props.part;
  const say = props.part.say;
  const isSigned = (): boolean => part().of.state === 'active' || part().of.state === 'completed';
  const ordered = () => (part().of.arrangement.decisions ?? []).filter((one) => one.ordered);
  return (
    <div class="stack">
      <section class="stack" aria-labelledby="screen-teach">
        <h3 id="screen-teach">{say('teach')}</h3>
        <Show when={!props.inRoom}>
          <Picture patient={part().of.patient.id} say={say} language={part().language} />
          <div class="row">
            <Link class="button" href={roomPath(part().of.id)}>
              {say('hologram')}
            </Link>
          </div>
        </Show>
        <Show when={part().of.advice?.patient}>
          {(words) => <p class="screen-plain large">{inLanguage(words(), part().language)}</p>}
        </Show>
        <Show when={ordered().length > 0}>
          <ul class="screen-list">
            <For each={ordered()}>
              {(one) => (
                <li>
                  <strong>{inLanguage(one.label, part().language)}</strong>{colonIn(part().language)}{windowShown(one, say, part().language)}
                  {repeatShown(one, say, part().language)}
                </li>
              )}
            </For>
          </ul>
        </Show>
      </section>
      <Show when={isSigned()} fallback={<Notice>{say('teachLater')}</Notice>}>
        <TeachBack part={part()} />
      </Show>
    </div>
  );
}

function TeachBack(props: { part: Part }): JSX.Element {
  const say = props.part.say;
  const taught = () => props.part.of.taught ?? undefined;
  const [understood, setUnderstood] = createSignal<(typeof UNDERSTOOD)[number] | undefined>(taught()?.understood);
  const [note, setNote] = createSignal(taught()?.note ?? '');
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    if (understood()) void props.part.act('assist', { understood: understood(), note: note() });
  };
  return (
    <form class="stack" onSubmit={save} noValidate data-form="assist">
      <Show when={taught()}>
        {(now) => (
          <Notice kind={now().understood === 'yes' ? 'good' : 'warn'}>
            {say('taught', { name: now().by.name, how: say(`understood.${now().understood}`) })}
          </Notice>
        )}
      </Show>
      <div class="field">
        <span class="legend">{say('teachBack')}</span>
        <Segmented
          label={say('teachBack')}
          options={UNDERSTOOD.map((value) => ({ value, label: say(`understood.${value}`) }))}
          chosen={understood()}
          onChoose={setUnderstood}
        />
      </div>
      <Field label={say('note')}>
        {(control) => (
          <textarea
            {...control}
            class="input"
            maxLength={1000}
            value={note()}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class="row">
        <button
          type="submit"
          class="button primary"
          disabled={!understood() || props.part.busy || props.part.offline}
        >
          {say('teachSave')}
        </button>
      </div>
    </form>
  );
}
