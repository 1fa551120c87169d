/** How far an upload is, the ways to hold it, and what it did not take. */
import { For, Show, createEffect, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { App } from '../../core/app';
import { save } from '../../core/download/download';
import { studyAddress } from '../../core/hospital';
import { Link } from '../../core/router';
import type { Refused } from '../../core/upload/stow';
import { remaining_s } from '../../core/upload/upload';
import type { Upload } from '../../core/upload/upload';
import { DataTable } from '../DataTable';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { Progress } from '../Progress';

const MB = 1_000_000;
/** Lines that are shown; the list as text has all. */
const MOST_LINES = 200;
const MOST_STUDIES = 5;

const megabytes = (bytes: number): string => (bytes / MB).toFixed(1);

function timeWords(app: App, seconds: number): string {
  return seconds < 90 ? app.t('upload.seconds', { n: Math.ceil(seconds) }) : app.t('upload.minutes', { n: Math.round(seconds / 60) });
}

/** Why a file was not taken, in words, with the server's reason where it gave one. */
export function refusalWords(app: App, { reason, code, detail }: Refused): string {
  const words = [app.t(`refusal.${reason}`)];
  if (code !== undefined) words.push(app.t('refusal.code', { code: `0x${code.toString(16).toUpperCase().padStart(4, '0')}` }));
  if (detail !== undefined) words.push(detail);
  return words.join(' ');
}

interface UploadProgressViewProps {
  readonly upload: Upload;
  onAgain(): void;
  /** The upload has come to its end: there may be something new to see. */
  onEnd(): void;
}

export function UploadProgressView(props: UploadProgressViewProps): JSX.Element {
  const app = useApp();
  const now = (): ReturnType<Upload['progress']> => props.upload.progress();
  const ended = (): boolean => props.upload.broken() || now().state === 'done' || now().state === 'cancelled';
  const counts = (): string =>
    [
      app.t('upload.stored', { n: now().stored }),
      ...(now().keptBefore > 0 ? [app.t('upload.keptBefore', { n: now().keptBefore })] : []),
      ...(props.upload.refused().length > 0 ? [app.t('upload.refusedCount', { n: props.upload.refused().length })] : []),
    ].join(' · ');
  const pace = (): string => {
    const [rate, left] = [props.upload.rate(), remaining_s(now(), props.upload.rate())];
    const words = [app.t('upload.progress', { done: megabytes(now().bytesDone), total: megabytes(now().bytesTotal) })];
    if (rate !== undefined && now().state === 'running') words.push(app.t('upload.rate', { rate: megabytes(rate) }));
    if (left !== undefined) words.push(app.t('upload.left', { time: timeWords(app, left) }));
    return words.join(' · ');
  };
  const share = (): number => (now().state === 'done' ? 1 : now().bytesDone / Math.max(1, now().bytesTotal));
  // Said once at each turn, not at each per cent.
  createEffect(
    on(
      () => now().state,
      (state, before) => {
        if (before !== undefined) app.announce(`${app.t(`upload.${state}`)} ${counts()}`);
        if (state === 'done' || state === 'cancelled') props.onEnd();
      },
    ),
  );
  const exportList = (): void => {
    const lines = props.upload.refused().map((one) => `${one.path}\t${refusalWords(app, one)}`);
    save(new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/plain;charset=utf-8' }), 'refused.txt');
  };

  return (
    <div class="stack upload-run">
      <Show when={props.upload.broken()}>
        <Notice kind="bad">{app.t('upload.broken')}</Notice>
      </Show>
      <Show when={now().state === 'waiting' || now().state === 'signed-out' || now().state === 'cancelled'}>
        <Notice kind="warn">{app.t(`upload.${now().state}`)}</Notice>
      </Show>
      <Progress label={`${app.t(`upload.${now().state}`)} · ${pace()}`} done={share()} />
      <p class="upload-counts">{counts()}</p>
      <div class="row">
        <Show when={!ended()} fallback={<button type="button" class="button small" onClick={() => props.onAgain()}>{app.t('upload.again')}</button>}>
          <Show
            when={now().state === 'paused' || now().state === 'signed-out'}
            fallback={
              <button type="button" class="button small" onClick={() => props.upload.pause()}>
                <Icon name="pause" size={16} />
                {app.t('upload.pause')}
              </button>
            }
          >
            <button type="button" class="button small" onClick={() => props.upload.resume()}>
              <Icon name="play" size={16} />
              {app.t('upload.resume')}
            </button>
          </Show>
          <button type="button" class="button small" onClick={() => props.upload.cancel()}>
            <Icon name="stop" size={16} />
            {app.t('upload.cancel')}
          </button>
        </Show>
        <Show when={ended()}>
          <For each={now().studies.slice(0, MOST_STUDIES)}>
            {(study) => (
              <Link class="button small" href={studyAddress(study)}>
                <Icon name="image" size={16} />
                {app.t('upload.showStudy')}
              </Link>
            )}
          </For>
        </Show>
      </div>
      <Show when={props.upload.refused().length > 0}>
        <div class="stack">
          <div class="row">
            <h3>{app.t('upload.refusals')}</h3>
            <button type="button" class="button small" onClick={exportList}>
              <Icon name="download" size={16} />
              {app.t('upload.export')}
            </button>
          </div>
          <DataTable<Refused>
            caption={app.t('upload.refusals')}
            rows={props.upload.refused().slice(0, MOST_LINES)}
            columns={[
              { heading: app.t('upload.file'), cell: ({ path }) => <span class="upload-path">{path}</span> },
              { heading: app.t('upload.why'), cell: (one) => refusalWords(app, one) },
            ]}
          />
          <Show when={props.upload.refused().length > MOST_LINES}>
            <p class="soft small">{app.t('upload.moreRefusals', { n: props.upload.refused().length - MOST_LINES })}</p>
          </Show>
        </div>
      </Show>
    </div>
  );
}
