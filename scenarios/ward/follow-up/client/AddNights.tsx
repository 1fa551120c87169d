/** Reads nights from a therapy device's card or one recording; the server finds what is in them. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { Notice } from '../../../../client/panels/Notice';
import { coursePath } from './course';
import type { Part } from './CourseView';
import { bundles, toBase64 } from './card';
import { thinned } from './thin';

export function AddNights(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const [told, setTold] = createSignal<{ kind: 'note' | 'good' | 'bad'; words: string }>();
  /** One recording goes without the signals that nothing is made of: a whole night of sleep would be too large. */
  const lighter = async (files: readonly File[]): Promise<readonly File[]> => {
    const [only, ...others] = files;
    const thin = only && others.length === 0 ? await thinned(only) : undefined;
    return only && thin ? [new File([thin], only.name)] : files;
  };
  const read = async (chosen: readonly File[]): Promise<void> => {
    const files = await lighter(chosen);
    const { all, tooLarge } = bundles(files.map((file) => ({ path: file.webkitRelativePath || file.name, size: file.size, file })));
    if (tooLarge !== undefined) return void setTold({ kind: 'bad', words: say('tooLarge', { name: tooLarge }) });
    if (all.length === 0) return void setTold({ kind: 'bad', words: say('noNights') });
    try {
      for (const [at, bundle] of all.entries()) {
        setTold({ kind: 'note', words: say('sending', { n: at + 1, all: all.length }) });
        const sent = await Promise.all(
          bundle.map(async ({ path, file }) => ({ path, base64: toBase64(new Uint8Array(await file.arrayBuffer())) })),
        );
        await app.api.post(coursePath(props.part.of.id, '/nights'), { files: sent });
      }
      setTold({ kind: 'good', words: say('nightsAdded') });
      app.announce(say('nightsAdded'));
    } catch (error) {
      setTold({ kind: 'bad', words: app.explain(error) });
    }
  };
  const chosen = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const files = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = '';
    if (files.length > 0) void read(files);
  };
  return (
    <details>
      <summary>{say('addNights')}</summary>
      <div class="stack follow-form">
        <p class="soft small">{say('addNightsHint')}</p>
        <label class="field">
          <span>{say('chooseFolder')}</span>
          <input type="file" name="card" ref={(element) => element.setAttribute('webkitdirectory', '')} multiple onChange={chosen} />
        </label>
        <label class="field">
          <span>{say('chooseFile')}</span>
          <input type="file" name="recording" accept=".edf,.bdf,.rec" onChange={chosen} />
        </label>
        <Show when={told()}>
          {(now) => (
            <Notice kind={now().kind}>
              <span role="status">{now().words}</span>
            </Notice>
          )}
        </Show>
      </div>
    </details>
  );
}
