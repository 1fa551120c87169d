/** Taking images along: as a ZIP made in this browser, or as a link that asks for the same permit again. */
import { Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { downloadZip } from '../../core/download/download';
import { studyAddress } from '../../core/hospital';
import { Icon } from '../Icon';

const MB = 1_000_000;

export function DownloadButton(props: { study: string; series?: string | undefined }): JSX.Element {
  const app = useApp();
  const [bytes, setBytes] = createSignal<number>();
  let running: AbortController | undefined;
  onCleanup(() => running?.abort());

  async function start(): Promise<void> {
    const own = new AbortController();
    running = own;
    setBytes(0);
    try {
      await downloadZip(props.study, props.series, setBytes, own.signal);
      app.toast(app.t('download.done'));
      app.announce(app.t('download.done'));
    } catch (error) {
      if (!own.signal.aborted) app.toast(`${app.t('download.failed')} ${app.explain(error)}`);
    } finally {
      setBytes(undefined);
    }
  }

  return (
    <Show
      when={bytes() !== undefined}
      fallback={
        <button type="button" class="button small" onClick={() => void start()}>
          <Icon name="download" size={16} />
          <span class="button-words">{app.t(props.series === undefined ? 'download.study' : 'download.series')}</span>
        </button>
      }
    >
      <button type="button" class="button small" aria-label={app.t('download.cancel')} onClick={() => running?.abort()}>
        <Icon name="stop" size={16} />
        <span class="number">{app.t('download.running', { mb: ((bytes() ?? 0) / MB).toFixed(1) })}</span>
      </button>
    </Show>
  );
}

/** The study's address. It carries no right: whoever opens it is asked for their own. */
export function ShareButton(props: { study: string }): JSX.Element {
  const app = useApp();
  async function copy(): Promise<void> {
    const link = new URL(studyAddress(props.study), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      app.toast(app.t('share.copied'));
      app.announce(app.t('share.copied'));
    } catch {
      app.toast(app.t('share.failed', { link }));
    }
  }
  // A patient's own account is the patient's; the hospital's staff pass links on among themselves.
  const why = (): string | undefined => (app.me()?.roles.every((role) => role === 'patient') ? app.t('share.refused') : undefined);
  return (
    <button type="button" class="button small" disabled={why() !== undefined} title={why()} onClick={() => void copy()}>
      <Icon name="link" size={16} />
      <span class="button-words">{app.t('share.copy')}</span>
      <Show when={why()}>{(words) => <span class="for-listeners">{words()}</span>}</Show>
    </button>
  );
}
