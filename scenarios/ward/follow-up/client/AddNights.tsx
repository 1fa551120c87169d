/** Reads nights from a therapy device's card, from recordings, or from a ZIP of them; the server finds what is in them. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import { coursePath } from './course';
import type { NightsRead } from './course';
import { foundHere, nothingYet, sendNights } from './sending';
import type { Came } from './sending';
import type { Say, Word } from './words';

/** What came of the files. */
interface Told extends Readonly<Came> {
  readonly kind: 'note' | 'good' | 'bad';
  readonly words: string;
}

/** Which words say what came of files, and how serious that is. */
function outcome({ taken, broken, short }: Came): readonly [Told['kind'], Word] {
  if (taken === 0) return ['bad', 'nightsNotAdded'];
  if (broken.length > 0) return ['bad', 'nightsAddedInPart'];
  return short.length > 0 ? ['note', 'nightsAddedShort'] : ['good', 'nightsAdded'];
}

interface NightsTaker {
  readonly course: string;
  readonly say: Say;
  /** To patients it is said in their words. */
  readonly own?: boolean;
  /** The follow-up is to be read anew. */
  readonly onTaken?: () => void;
}

export function AddNights(props: NightsTaker): JSX.Element {
  const app = useApp();
  const { say } = props;
  const [told, setTold] = createSignal<Told>();
  const tell = (kind: Told['kind'], words: string, came: Came = nothingYet()): void => void setTold({ kind, words, ...came });
  const post = (body: unknown): Promise<{ readonly read?: NightsRead }> => app.api.post(coursePath(props.course, '/nights'), body);
  const read = async (chosen: readonly File[]): Promise<void> => {
    const came = nothingYet();
    try {
      await sendNights(chosen, came, post, (n, all) => tell('note', say('sending', { n, all })));
      const [kind, word] = outcome(came);
      tell(kind, say(word), came);
      app.announce(say(word));
    } catch (error) {
      const why = foundHere(error);
      tell('bad', why ? inLanguage(why, app.language()) : app.explain(error), { ...came, staying: 0 });
    }
    // What went before something failed is kept, too.
    props.onTaken?.();
  };
  const chosen = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const files = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = '';
    if (files.length > 0) void read(files);
  };
  return (
    <details data-add-nights="">
      <summary>{say(props.own ? 'addOwnNights' : 'addNights')}</summary>
      <div class="stack follow-form">
        <p class="soft small">{say(props.own ? 'addOwnNightsHint' : 'addNightsHint')}</p>
        <label class="field">
          <span>{say(props.own ? 'chooseOwnFile' : 'chooseFile')}</span>
          <input type="file" name="recording" accept=".edf,.bdf,.rec,.zip" onChange={chosen} />
        </label>
        <label class="field">
          <span>{say(props.own ? 'chooseOwnFolder' : 'chooseFolder')}</span>
          <input type="file" name="card" ref={(element) => element.setAttribute('webkitdirectory', '')} multiple onChange={chosen} />
        </label>
        <Show when={told()}>
          {(now) => (
            <Notice kind={now().kind}>
              <span role="status">{now().words}</span>
              <Show when={now().broken.length > 0}>
                <ul data-broken="">
                  <For each={now().broken}>
                    {(file) => (
                      <li>
                        <span class="follow-file">{file.path}</span>{colonIn(app.language())}{inLanguage(file.why, app.language())}
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
              <Show when={now().short.length > 0}>
                <ul data-short-nights="">
                  <For each={now().short}>
                    {(night) => (
                      <li>
                        {dayOf(night.date, app.language())}{colonIn(app.language())}{inLanguage(night.why, app.language())}
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
              <Show when={now().staying > 0}>
                <p class="small">{say('staysOnCard', { n: now().staying })}</p>
              </Show>
            </Notice>
          )}
        </Show>
      </div>
    </details>
  );
}
