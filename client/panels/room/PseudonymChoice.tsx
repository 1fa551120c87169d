/** Before the door of a room that is not about them, patients choose whether others learn who they are. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { isPseudonym } from '../../core/pseudonym';
import type { KnownAs } from '../../core/pseudonym';
import { Icon } from '../Icon';
import { Notice } from '../Notice';

interface PseudonymChoiceProps {
  /** The path of the room's API. */
  readonly path: string;
  /** With the code under which one is known from now on; without one, by name. */
  onChosen(code: string | null): void;
}

export function PseudonymChoice(props: PseudonymChoiceProps): JSX.Element {
  const app = useApp();
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal('');
  const take = async (): Promise<void> => {
    if (busy()) return;
    setBusy(true);
    setRefusal('');
    try {
      const { code } = await app.api.post<KnownAs>(`${props.path}/pseudonym`, {});
      props.onChosen(code);
    } catch (error) {
      setRefusal(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <section class="stack" data-pseudonym-choice>
      <p>{app.t('pseudonym.lead')}</p>
      <ul class="stack tight door-rules">
        <li>{app.t('pseudonym.shown')}</li>
        <li>{app.t('pseudonym.voice')}</li>
        <li>{app.t('pseudonym.opened')}</li>
        <li>{app.t('pseudonym.stays')}</li>
      </ul>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <button type="button" class="button primary" aria-busy={busy()} onClick={() => void take()}>
        {app.t('pseudonym.take')}
      </button>
      <button type="button" class="button" disabled={busy()} onClick={() => props.onChosen(null)}>
        {app.t('pseudonym.byName', { name: app.me()?.name ?? '' })}
      </button>
    </section>
  );
}

/** Says of somebody that the name is none. */
export function PseudonymChip(props: { actor: string }): JSX.Element {
  const app = useApp();
  return (
    <Show when={isPseudonym(props.actor)}>
      <span class="chip" title={app.t('pseudonym.shown')}>
        <Icon name="lock" size={14} /> {app.t('pseudonym.chip')}
      </span>
    </Show>
  );
}
