/** A picture of the stage, looked at before it goes into the record. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { studyAddress } from '../../core/hospital';
import { LONGEST_TITLE, keepSnapshot } from '../../core/room-snapshot';
import type { Snapshot as Saved } from '../../core/room-snapshot';
import { Link } from '../../core/router';
import type { Stage } from '../../stage/stage';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { Notice } from '../Notice';

export function Snapshot(props: { room: string; title: string; stage: Stage }): JSX.Element {
  const app = useApp();
  const [picture, setPicture] = createSignal<string>();
  const [title, setTitle] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [kept, setKept] = createSignal<Saved>();
  const [refusal, setRefusal] = createSignal('');
  const take = (): void => {
    setKept(undefined);
    setRefusal('');
    setTitle(props.title);
    setPicture(props.stage.picture());
  };
  const keep = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const png = picture();
    if (!png || busy() || title().trim() === '') return;
    setBusy(true);
    setRefusal('');
    try {
      setKept(await keepSnapshot(app.api, props.room, title(), png));
      app.announce(app.t('snap.kept'));
    } catch (error) {
      setRefusal(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" class="button" onClick={take}>
        <Icon name="camera" />
        {app.t('snap.take')}
      </button>
      <Show when={picture()}>
        {(png) => (
          <Dialog open title={app.t('snap.title')} onClose={() => setPicture(undefined)}>
            <form class="stack" onSubmit={(event) => void keep(event)}>
              <img class="snapshot" src={png()} alt={app.t('snap.title')} />
              <p class="soft small">{app.t('snap.hint')}</p>
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
                <button type="button" class="button" onClick={() => setPicture(undefined)}>
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
        )}
      </Show>
    </>
  );
}
