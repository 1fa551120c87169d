/** The words of a note, or the name of a landmark, that is to stand at a point of the images. */
import { createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Writing } from '../../stage/tools';
import { Dialog } from '../Dialog';
import { Field } from '../Field';

/** As the room has it, in characters. */
export const LONGEST = { note: 500, landmark: 60 } as const;

interface NoteDialogProps {
  readonly as: Writing;
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
    <Dialog open title={t(`${props.as}.title`)} onClose={() => props.onClose()}>
      <form class="stack" onSubmit={place}>
        <Field label={t(`${props.as}.text`)}>
          {(control) => (
            <input
              {...control}
              class="input"
              maxLength={LONGEST[props.as]}
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
            {t(`${props.as}.place`)}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
