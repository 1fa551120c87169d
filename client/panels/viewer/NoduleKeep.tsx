/** What a nodule is called, which earlier one it is, and the way to keep it or to let it go. */
import { For, Show, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import type { FollowedNodule } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { Said } from '../../core/nodules';
import { Field } from '../Field';

interface NoduleKeepProps {
  /** Tells one nodule from another: with another one the form begins anew. */
  readonly subject: string;
  /** Nodules of the patient that were kept before. */
  readonly known: readonly FollowedNodule[];
  /** The one of them that this is taken for. */
  readonly kept: { readonly label: string; readonly tracking_uid: string } | undefined;
  readonly may: boolean;
  readonly isReady: boolean;
  readonly isKeeping: boolean;
  onKeep(said: Omit<Said, 'byHand'>): void;
  onCancel(): void;
}

const LONGEST_NAME = 64;

export function NoduleKeep(props: NoduleKeepProps): JSX.Element {
  const app = useApp();
  const [label, setLabel] = createSignal('');
  const [sameAs, setSameAs] = createSignal('');
  const [wrong, setWrong] = createSignal(false);
  createEffect(
    on(
      () => props.subject,
      () => {
        setLabel(props.kept?.label ?? app.t('nodule.labelFirst', { n: props.known.length + 1 }));
        setSameAs(props.kept?.tracking_uid ?? '');
      },
    ),
  );
  const choose = (uid: string): void => {
    setSameAs(uid);
    const found = props.known.find(({ tracking_uid }) => tracking_uid === uid);
    if (found) setLabel(found.label);
  };
  const words = (one: FollowedNodule): string => {
    const last = one.seen.at(-1);
    const date = last?.date === undefined ? app.t('nodule.undated') : dayOf(last.date, app.language());
    return app.t('nodule.sameAsOne', { label: one.label, date, mm: last?.nodule.measures.mean_diameter_mm.toFixed(1) ?? '—' });
  };
  function keep(): void {
    const name = label().trim();
    const bad = name === '' || Array.from(name).length > LONGEST_NAME || name.includes('\\');
    setWrong(bad);
    if (!bad) props.onKeep({ label: name, sameAs: sameAs() === '' ? undefined : sameAs() });
  }
  return (
    <div class="stack tight nodule-keep">
      <Show when={props.may} fallback={<p class="soft small">{app.t('nodule.mayNot')}</p>}>
        <Field label={app.t('nodule.sameAs')}>
          {(field) => (
            <select {...field} class="input" value={sameAs()} onChange={(event) => choose(event.currentTarget.value)}>
              <option value="">{app.t('nodule.sameAsNone')}</option>
              <For each={props.known}>{(one) => <option value={one.tracking_uid} selected={one.tracking_uid === sameAs()}>{words(one)}</option>}</For>
            </select>
          )}
        </Field>
        <Field label={app.t('nodule.label')} wrong={wrong() ? app.t('nodule.labelWrong') : undefined}>
          {(field) => <input {...field} class="input" maxLength={LONGEST_NAME} value={label()} onInput={(event) => setLabel(event.currentTarget.value)} />}
        </Field>
      </Show>
      <div class="row">
        <Show when={props.may}>
          <button type="button" class="button small primary" disabled={!props.isReady} aria-busy={props.isKeeping} onClick={keep}>
            {app.t('nodule.keep')}
          </button>
        </Show>
        <button type="button" class="button small" disabled={props.isKeeping} onClick={() => props.onCancel()}>
          {app.t('nodule.cancel')}
        </button>
      </div>
    </div>
  );
}
