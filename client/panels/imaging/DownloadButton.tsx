/** Taking images along: as a ZIP that is made in this browser. */
import { Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { downloadZip } from '../../core/download/download';
import { Icon } from '../Icon';

const MB = 1_000_000;

export function DownloadButton(props: { study: string; series?: string | undefined }): JSX.Element {
  const app = useApp();
  const [bytes, setBytes] = createSignal<number>();
  let running: AbortController | undefined;
  onCleanup(() => running?.abort());

  const words = (): string => app.t(props.series === undefined ? 'download.study' : 'download.series');

  async function start(): Promise<void> {
    const own = new AbortController();
    running = own;
    setBytes(0);
    try {
      await downloadZip(props.study, props.series, setBytes, own.signal);
      app.toast(() => app.t('download.done'));
    } catch (error) {
      if (!own.signal.aborted) app.toast(() => `${app.t('download.failed')} ${app.explain(error)}`);
    } finally {
      setBytes(undefined);
    }
  }

  return (
    <Show
      when={bytes() !== undefined}
      fallback={
        <button type="button" class="button small" title={words()} onClick={() => void start()}>
          <Icon name="download" size={16} />
          <span class="button-words">{words()}</span>
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
