/** The documents of a study: PDFs that are kept beside its images, opened by the browser's own reader. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { StudyDocument } from '../../../contract/documents';
import { useApp } from '../../core/app';
import { createQuery } from '../../core/query';
import type { Query } from '../../core/query';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { Notice } from '../Notice';

const KB = 1_000;

function address(study: string, rest = ''): string {
  return `/api/imaging/studies/${encodeURIComponent(study)}/documents${rest}`;
}

export function createDocuments(study: () => string): Query<readonly StudyDocument[]> {
  const app = useApp();
  return createQuery<readonly StudyDocument[]>(() => {
    const path = address(study());
    return (signal) => app.api.get(path, { signal });
  });
}

interface DocumentsProps {
  readonly study: string;
  readonly of: Query<readonly StudyDocument[]>;
}

export function DocumentList(props: DocumentsProps): JSX.Element {
  const app = useApp();
  return (
    <Show when={(props.of.data() ?? []).length > 0}>
      <ul class="document-list" aria-label={app.t('documents.title')}>
        <For each={props.of.data()}>
          {(one) => (
            <li>
              <a class="button small" href={address(props.study, `/${one.sop}`)} target="_blank" rel="noreferrer">
                <Icon name="document" size={16} />
                <span>{one.title || app.t('documents.untitled')}</span>
                <span class="soft number">{app.t('documents.size', { kb: Math.max(1, Math.round(one.bytes / KB)) })}</span>
              </a>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

/** Keeps a PDF with the study. */
export function AttachButton(props: DocumentsProps): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="button small" title={app.t('documents.attach')} onClick={() => setOpen(true)}>
        <Icon name="document" size={16} />
        <span class="button-words">{app.t('documents.attach')}</span>
      </button>
      <Show when={open()}>
        <Dialog open title={app.t('documents.attach')} onClose={() => setOpen(false)}>
          <AttachForm study={props.study} of={props.of} onDone={() => setOpen(false)} />
        </Dialog>
      </Show>
    </>
  );
}

function AttachForm(props: DocumentsProps & { onDone: () => void }): JSX.Element {
  const app = useApp();
  const [file, setFile] = createSignal<File>();
  const [title, setTitle] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [wrong, setWrong] = createSignal<string>();

  const onChosen = (input: HTMLInputElement): void => {
    const chosen = input.files?.[0];
    setFile(chosen);
    if (chosen && title() === '') setTitle(chosen.name.replace(/\.pdf$/i, ''));
  };

  async function keep(event: Event): Promise<void> {
    event.preventDefault();
    const chosen = file();
    if (!chosen) return;
    setBusy(true);
    setWrong(undefined);
    try {
      await app.api.post(address(props.study), { title: title(), pdf: await base64Of(chosen) });
      props.of.reload();
      app.toast(() => app.t('documents.kept'));
      props.onDone();
    } catch (error) {
      setWrong(app.explain(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form class="stack" onSubmit={(event) => void keep(event)}>
      <p class="soft">{app.t('documents.hint')}</p>
      <Field label={app.t('documents.file')}>
        {(control) => <input {...control} class="input" type="file" accept="application/pdf,.pdf" required onChange={(event) => onChosen(event.currentTarget)} />}
      </Field>
      <Field label={app.t('documents.name')}>
        {(control) => <input {...control} class="input" type="text" required maxLength={200} value={title()} onInput={(event) => setTitle(event.currentTarget.value)} />}
      </Field>
      <Show when={wrong()}>{(words) => <Notice kind="bad">{words()}</Notice>}</Show>
      <div class="row">
        <button type="submit" class="button primary" disabled={busy() || !file()}>
          {busy() ? app.t('documents.keeping') : app.t('documents.keep')}
        </button>
      </div>
    </form>
  );
}

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
    reader.readAsDataURL(file);
  });
}
