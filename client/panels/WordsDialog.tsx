/** Asks for the words of something that is to stand at a point of the images: a note, a landmark's name, a text. */
import { createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Dialog } from './Dialog';
import { Field } from './Field';

interface WordsDialogProps {
  readonly title: string;
  readonly label: string;
  /** What the button says that sets them. */
  readonly set: string;
  readonly longest: number;
  onSet(words: string): void;
  onClose(): void;
}

export function WordsDialog(props: WordsDialogProps): JSX.Element {
  const { t } = useApp();
  const [text, setText] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const set = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (text().trim() === '') return;
    props.onSet(text().trim());
    props.onClose();
  };
  return (
    <Dialog open title={props.title} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={set} noValidate>
        <Field label={props.label} wrong={tried() && text().trim() === '' ? t('measure.textNeed') : undefined}>
          {(control) => (
            <input {...control} class="input" maxLength={props.longest} value={text()} onInput={(event) => setText(event.currentTarget.value)} />
          )}
        </Field>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            {t('app.cancel')}
          </button>
          <button type="submit" class="button primary">
            {props.set}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
