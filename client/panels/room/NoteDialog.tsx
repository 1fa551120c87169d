/** The words of a note that is to stand at a point of the images. */
import { createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { Dialog } from '../Dialog';
import { Field } from '../Field';

const LONGEST_NOTE = 500;

interface NoteDialogProps {
  onPlace(text: string): void;
  onClose(): void;
}

export function NoteDialog(props: NoteDialogProps): JSX.Element {
  const { t } = useApp();
  const [text, setText] = createSignal('');
  const place = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text().trim() === '') return;
    props.onPlace(text().trim());
    props.onClose();
  };
  return (
    <Dialog open title={t('note.title')} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={place}>
        <Field label={t('note.text')}>
          {(control) => (
            <input
              {...control}
              class="input"
              maxLength={LONGEST_NOTE}
              value={text()}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            {t('app.cancel')}
          </button>
          <button type="submit" class="button primary">
            {t('note.place')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
