/** Something that is asked for by saying why. */
import { createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { inLanguage } from '../../core/language';
import type { Language } from '../../core/language';
import { ActError } from '../../room/pending';
import { ReasonField } from '../ReasonField';

const WORDS = {
  appeal: { title: 'door.appeal', hint: 'door.appealHint', send: 'door.send' },
  'come-urgently': { title: 'door.urgent', hint: 'door.urgentHint', send: 'door.comeIn' },
} as const;

/** Why the room refused what was asked at its door. Who comes in, or is put out meanwhile, leaves the door: that is no refusal. */
export function refusedBy(error: unknown, language: Language): string | undefined {
  const is = error instanceof ActError && error.reason !== 'outcome-unknown' && error.reason !== 'closed';
  return is ? inLanguage(error.text, language) : undefined;
}

export function Plea(props: { kind: keyof typeof WORDS; ask(reason: string): Promise<unknown> }): JSX.Element {
  const app = useApp();
  const [reason, setReason] = createSignal('');
  const [wrong, setWrong] = createSignal<string>();
  const words = (): (typeof WORDS)[keyof typeof WORDS] => WORDS[props.kind];
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setWrong(undefined);
    try {
      await props.ask(reason());
    } catch (error) {
      setWrong(refusedBy(error, app.language()));
    }
  };
  return (
    <details class="door-plea" data-plea={props.kind}>
      <summary>{app.t(words().title)}</summary>
      <form class="stack" onSubmit={(event) => void send(event)} noValidate>
        <ReasonField label={app.t('door.why')} hint={app.t(words().hint)} wrong={wrong()} longest={300} value={reason()} onInput={setReason} />
        <button type="submit" class="button">
          {app.t(words().send)}
        </button>
      </form>
    </details>
  );
}
