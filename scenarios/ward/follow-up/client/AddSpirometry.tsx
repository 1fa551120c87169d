/** A session is added: the file of a spirometer's curves, or the values that it shows. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { typedNumber } from '../../../../client/core/typed-number';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import type { Part } from './CourseView';
import { SentBlows } from './SentBlows';
import { asSent } from './split';
import type { Split } from './split';
import { VALUES, blown, wrongIn } from './typed';
import type { TypedSession, ValueName } from './typed';

export function AddSpirometry(props: { part: Part; groups: readonly string[] }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const last = () => props.part.of.spirometry?.last?.person;
  const [height, setHeight] = createSignal<string>();
  const [group, setGroup] = createSignal<string>();
  const [file, setFile] = createSignal<File>();
  const [typed, setTyped] = createSignal<TypedSession>({});
  const [tried, setTried] = createSignal(false);
  const [sent, setSent] = createSignal(false);
  const [split, setSplit] = createSignal<Split>(new Map());
  const [wrong, setWrong] = createSignal<string>();
  const heightNow = (): string => height() ?? String(last()?.height_cm ?? '');
  const groupNow = (): string => group() ?? last()?.group ?? '';
  const isTyped = (): boolean => !sent() && file() === undefined;
  const wrongHeight = (): string | undefined => (tried() && typedNumber(heightNow()) === undefined ? say('wrong.none') : undefined);
  const wrongValue = (name: ValueName): string | undefined => {
    const what = tried() ? wrongIn(typed())[name] : undefined;
    return what && say(`wrong.${what}`);
  };
  const body = async (): Promise<unknown> => {
    const whom = { height_cm: typedNumber(heightNow()) ?? 0, ...(groupNow() !== '' && { group: groupNow() }) };
    if (sent()) return { ...whom, sent: asSent(split()) };
    const chosen = file();
    if (chosen !== undefined) return { ...whom, file: JSON.parse(await chosen.text()) as unknown };
    const [before, after] = [blown(typed(), 'before'), blown(typed(), 'after')];
    return { ...whom, ...(before && { before }), ...(after && { after }) };
  };
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setWrong(undefined);
    setTried(true);
    if (typedNumber(heightNow()) === undefined || (isTyped() && Object.keys(wrongIn(typed())).length > 0)) return;
    let made: unknown;
    try {
      made = await body();
    } catch {
      return void setWrong(say('noCurves'));
    }
    if (await props.part.act('spirometry', made)) {
      setTyped({});
      setTried(false);
      setFile(undefined);
      setSent(false);
      setSplit(new Map());
      app.announce(say('kept'));
    }
  };
  return (
    <details>
      <summary>{say('addSpirometry')}</summary>
      <form class="follow-form" data-form="spirometry" onSubmit={(event) => void send(event)} noValidate>
        <Field label={say('height')} wrong={wrongHeight()}>
          {(control) => (
            <input {...control} class="input" name="height" inputmode="decimal" value={heightNow()} onInput={(event) => setHeight(event.currentTarget.value)} />
          )}
        </Field>
        <Field label={say('group')} hint={say('groupHint')}>
          {(control) => (
            <select {...control} class="input" name="group" value={groupNow()} onChange={(event) => setGroup(event.currentTarget.value)}>
              <option value="">{say('noGroup')}</option>
              <For each={props.groups}>{(one) => <option value={one}>{say(`group.${one as 'caucasian'}`)}</option>}</For>
            </select>
          )}
        </Field>
        <label class="row">
          <input type="checkbox" name="sent" checked={sent()} onChange={(event) => setSent(event.currentTarget.checked)} />
          {say('sentByDevice')}
        </label>
        <Show when={sent()}>
          <SentBlows course={props.part.of.id} zone={props.part.of.time_zone} split={split()} change={setSplit} say={say} />
        </Show>
        <Show when={!sent()}>
          <Field label={say('curveFile')} hint={say('curveFileHint')}>
            {(control) => (
              <input {...control} type="file" name="curves" accept=".json,application/json" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
            )}
          </Field>
        </Show>
        <Show when={isTyped()}>
          <fieldset class="follow-values">
            <legend>{say('orValues')}</legend>
            <For each={VALUES}>
              {(name) => (
                <Field label={say(`value.${name}`)} wrong={wrongValue(name)}>
                  {(control) => (
                    <input
                      {...control}
                      class="input"
                      name={name}
                      inputmode="decimal"
                      autocomplete="off"
                      value={typed()[name] ?? ''}
                      onInput={(event) => setTyped((all) => ({ ...all, [name]: event.currentTarget.value }))}
                    />
                  )}
                </Field>
              )}
            </For>
          </fieldset>
        </Show>
        <Show when={wrong()}>{(words) => <Notice kind="bad">{words()}</Notice>}</Show>
        <div class="row">
          <button type="submit" class="button primary">
            {say('keep')}
          </button>
        </div>
      </form>
    </details>
  );
}
