/** Removing a recording's bytes for good: who runs the archive says why, without seeing what was recorded. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Erasure } from '../../../contract/recordings';
import { useApp } from '../../core/app';
import { Dialog } from '../Dialog';
import { Notice } from '../Notice';
import { ReasonField } from '../ReasonField';

interface EraseDialogProps {
  readonly room: string;
  readonly recording: number;
  /** When it began, in words. */
  readonly at: string;
  onErased(): void;
  onClose(): void;
}

export function EraseDialog(props: EraseDialogProps): JSX.Element {
  const app = useApp();
  const [reason, setReason] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const [sending, setSending] = createSignal(false);
  const [failed, setFailed] = createSignal<unknown>();
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (reason().trim() === '' || sending()) return;
    setSending(true);
    setFailed(undefined);
    try {
      const why: Erasure = { reason: reason().trim() };
      await app.api.post(`/api/rooms/${encodeURIComponent(props.room)}/recordings/${props.recording}/erase`, why);
      props.onErased();
    } catch (error) {
      setFailed(error);
    }
    setSending(false);
  };
  return (
    <Dialog open title={app.t('erase.title', { at: props.at })} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={(event) => void send(event)} noValidate>
        <Notice kind="warn">{app.t('erase.what')}</Notice>
        <ReasonField label={app.t('erase.reason')} hint={app.t('erase.reasonHint')} wrong={tried() && reason().trim() === '' ? app.t('erase.needReason') : undefined} longest={300} value={reason()} onInput={setReason} />
        <Show when={failed()}>{(error) => <Notice kind="bad">{app.explain(error())}</Notice>}</Show>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            {app.t('app.cancel')}
          </button>
          <button type="submit" class="button primary" disabled={sending()}>
            {app.t('erase.do')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
