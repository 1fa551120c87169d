/** The way in for images: drop or choose, watch, hold, and see what was not taken. */
import { Match, Show, Switch, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { startUpload } from '../../core/upload/upload';
import type { Upload } from '../../core/upload/upload';
import { chosen, entriesOf, walk } from '../../core/upload/walk';
import type { Found } from '../../core/upload/walk';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { UploadProgressView } from './UploadProgressView';

export function UploadPanel(props: { may: boolean | undefined; onEnd(): void }): JSX.Element {
  const app = useApp();
  const [upload, setUpload] = createSignal<Upload>();
  const [reading, setReading] = createSignal<number>();
  const [over, setOver] = createSignal(false);
  const [nothing, setNothing] = createSignal(false);
  let files!: HTMLInputElement;
  let folder!: HTMLInputElement;

  const begin = (found: readonly Found[], unreadable: readonly string[]): void => {
    setReading(undefined);
    setNothing(found.length + unreadable.length === 0);
    if (found.length + unreadable.length > 0) setUpload(startUpload(found, unreadable));
  };
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const free = (): boolean => props.may === true && upload() === undefined && reading() === undefined;
  const onOver = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    // A file that misses its place must not replace the page.
    event.preventDefault();
    setOver(free());
  };
  const onDrop = (event: DragEvent): void => {
    if (!hasFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    setOver(false);
    if (!free()) return;
    const entries = entriesOf(event.dataTransfer);
    setReading(0);
    void walk(entries, setReading).then(({ found, unreadable }) => begin(found, unreadable));
  };
  const onLeave = (event: DragEvent): void => {
    if (event.relatedTarget === null) setOver(false);
  };
  const onChosen = (input: HTMLInputElement): void => {
    const found = chosen(input.files ?? []);
    input.value = '';
    begin(found, []);
  };

  // The whole page takes what is dropped.
  onMount(() => {
    folder.webkitdirectory = true;
    document.addEventListener('dragover', onOver);
    document.addEventListener('drop', onDrop);
    document.addEventListener('dragleave', onLeave);
  });
  onCleanup(() => {
    document.removeEventListener('dragover', onOver);
    document.removeEventListener('drop', onDrop);
    document.removeEventListener('dragleave', onLeave);
    upload()?.cancel();
  });

  return (
    <section class="panel upload" classList={{ over: over() }} aria-labelledby="upload-title">
      <header>
        <h2 id="upload-title">{app.t('upload.title')}</h2>
        <Show when={props.may === false}>
          <p class="soft small">{app.t('upload.refusedRole')}</p>
        </Show>
      </header>
      <Show when={props.may !== false}>
        <div class="panel-body stack">
          <Switch>
            <Match when={upload()}>
              {(running) => <UploadProgressView upload={running()} onAgain={() => setUpload(undefined)} onEnd={() => props.onEnd()} />}
            </Match>
            <Match when={reading() !== undefined}>
              <p role="status">{app.t('upload.reading', { n: reading() ?? 0 })}</p>
            </Match>
            <Match when={true}>
              <div class="upload-drop">
                <Icon name="add" size={24} />
                <div>
                  <p>{app.t(over() ? 'upload.dropNow' : 'upload.drop')}</p>
                  <p class="soft small">{app.t('upload.hint')}</p>
                </div>
                <div class="row">
                  <button type="button" class="button" disabled={!free()} onClick={() => folder.click()}>
                    <Icon name="folder" />
                    {app.t('upload.folder')}
                  </button>
                  <button type="button" class="button" disabled={!free()} onClick={() => files.click()}>
                    <Icon name="document" />
                    {app.t('upload.files')}
                  </button>
                </div>
              </div>
              <Show when={nothing()}>
                <Notice kind="warn">{app.t('upload.nothing')}</Notice>
              </Show>
            </Match>
          </Switch>
          <input ref={files} type="file" multiple hidden data-choose="files" onChange={(event) => onChosen(event.currentTarget)} />
          <input ref={folder} type="file" multiple hidden data-choose="folder" onChange={(event) => onChosen(event.currentTarget)} />
        </div>
      </Show>
    </section>
  );
}
