/** The words of a text that is to stand on a picture. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Mark } from '../../viewer/measure';
import { Dialog } from '../Dialog';
import { Field } from '../Field';

const LONGEST_TEXT = 120;

/** A text without its words yet. */
export type TextWanted = Omit<Mark, 'id'>;

interface TextDialogProps {
  readonly wanted: TextWanted | undefined;
  onSet(wanted: TextWanted, text: string): void;
  onClose(): void;
}

export function TextDialog(props: TextDialogProps): JSX.Element {
  return <Show when={props.wanted}>{(wanted) => <TextForm wanted={wanted()} onSet={props.onSet} onClose={props.onClose} />}</Show>;
}

function TextForm(props: { wanted: TextWanted; onSet(wanted: TextWanted, text: string): void; onClose(): void }): JSX.Element {
  const { t } = useApp();
  const [text, setText] = createSignal('');
  const [tried, setTried] = createSignal(false);
  const set = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (text().trim() === '') return;
    props.onSet(props.wanted, text().trim());
    props.onClose();
  };
  return (
    <Dialog open title={t('measure.text')} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={set} noValidate>
        <Field label={t('measure.text')} wrong={tried() && text().trim() === '' ? t('measure.textNeed') : undefined}>
          {(control) => (
            <input {...control} class="input" maxLength={LONGEST_TEXT} value={text()} onInput={(event) => setText(event.currentTarget.value)} />
          )}
        </Field>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            {t('app.cancel')}
          </button>
          <button type="submit" class="button primary">
            {t('measure.set')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
