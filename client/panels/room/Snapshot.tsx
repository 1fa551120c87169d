/** A picture of the stage or of the slices, looked at before it goes into the record. */
import { Show, createSignal, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { studyAddress } from '../../core/hospital';
import { LONGEST_TITLE, keepSnapshot } from '../../core/room-snapshot';
import type { Snapshot as Saved, Taken } from '../../core/room-snapshot';
import { Link } from '../../core/router';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Notice } from '../Notice';

interface SnapshotProps {
  readonly room: string;
  readonly taken: Taken;
  onClose(): void;
}

export function Snapshot(props: SnapshotProps): JSX.Element {
  const app = useApp();
  const [title, setTitle] = createSignal(untrack(() => props.taken.title.slice(0, LONGEST_TITLE)));
  const [busy, setBusy] = createSignal(false);
  const [kept, setKept] = createSignal<Saved>();
  const [refusal, setRefusal] = createSignal('');
  const keep = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (busy() || title().trim() === '') return;
    setBusy(true);
    setRefusal('');
    try {
      setKept(await keepSnapshot(app.api, props.room, title(), props.taken.png));
      app.announce(app.t('snap.kept'));
    } catch (error) {
      setRefusal(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <Dialog open title={app.t(`snap.title.${props.taken.of}`)} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={(event) => void keep(event)}>
        <img class="snapshot" src={props.taken.png} alt={app.t(`snap.title.${props.taken.of}`)} />
        <p class="soft small">{app.t(`snap.hint.${props.taken.of}`)}</p>
        <Show
          when={kept()}
          fallback={
            <Field label={app.t('snap.text')}>
              {(control) => <input {...control} class="input" maxLength={LONGEST_TITLE} value={title()} onInput={(event) => setTitle(event.currentTarget.value)} />}
            </Field>
          }
        >
          {(saved) => (
            <Notice kind="good">
              {app.t('snap.kept')} <Link href={studyAddress(saved().study)}>{app.t('snap.see')}</Link>
            </Notice>
          )}
        </Show>
        <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            {app.t(kept() ? 'app.close' : 'app.cancel')}
          </button>
          <Show when={!kept()}>
            <button type="submit" class="button primary" disabled={busy()}>
              {app.t('snap.keep')}
            </button>
          </Show>
        </footer>
      </form>
    </Dialog>
  );
}
