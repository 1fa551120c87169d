/** Reads nights from a therapy device's card or one recording; the server finds what is in them. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import { coursePath } from './course';
import type { BrokenFile, NightsRead, ShortNight } from './course';
import { bundles, staying, toBase64 } from './card';
import { cutOf, thinned } from './thin';
import type { Cut } from './thin';
import type { Say } from './words';

interface SaidCut extends Cut {
  readonly path: string;
}

/** What came of the files. */
interface Told {
  readonly kind: 'note' | 'good' | 'bad';
  readonly words: string;
  readonly broken: readonly BrokenFile[];
  readonly short: readonly ShortNight[];
  /** Files that stayed on the card. */
  readonly staying: number;
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
  const tell = (kind: Told['kind'], words: string, more: Partial<Told> = {}): void =>
    void setTold({ kind, words, broken: [], short: [], staying: 0, ...more });
  /** One recording goes without the signals that nothing is made of: a whole night of sleep would be too large. */
  const lighter = async (files: readonly File[]): Promise<{ files: readonly File[]; cut: readonly SaidCut[] }> => {
    const [only, ...others] = files;
    const thin = only && others.length === 0 ? await thinned(only) : undefined;
    if (only === undefined || thin === undefined) return { files, cut: [] };
    const cut = await cutOf(only);
    return { files: [new File([thin], only.name)], cut: cut ? [{ path: only.name, ...cut }] : [] };
  };
  const read = async (chosen: readonly File[]): Promise<void> => {
    const { files, cut } = await lighter(chosen);
    const card = files.map((file) => ({ path: file.webkitRelativePath || file.name, size: file.size, file }));
    const { all, tooLarge } = bundles(card);
    if (tooLarge !== undefined) return tell('bad', say('tooLarge', { name: tooLarge }));
    if (all.length === 0) return tell('bad', say('noNights'));
    const left = staying(card);
    const broken: BrokenFile[] = [];
    const short: ShortNight[] = [];
    try {
      const ofLeft = await Promise.all(left.map(async ({ path, file }) => ({ path, cut: await cutOf(file) })));
      const said = [...cut, ...ofLeft.flatMap(({ path, cut: one }) => (one ? [{ path, ...one }] : []))];
      for (const [at, bundle] of all.entries()) {
        tell('note', say('sending', { n: at + 1, all: all.length }));
        const sent = await Promise.all(
          bundle.map(async ({ path, file }) => ({ path, base64: toBase64(new Uint8Array(await file.arrayBuffer())) })),
        );
        // What is wrong with files that did not come as they are is said once, with the first.
        const body = { files: sent, ...(at === 0 && said.length > 0 && { cut: said }) };
        const answer = await app.api.post<{ readonly read?: NightsRead }>(coursePath(props.course, '/nights'), body);
        broken.push(...(answer.read?.broken ?? []));
        short.push(...(answer.read?.short ?? []));
      }
      const words = say(broken.length > 0 ? 'nightsAddedInPart' : short.length > 0 ? 'nightsAddedShort' : 'nightsAdded');
      tell(broken.length > 0 ? 'bad' : short.length > 0 ? 'note' : 'good', words, { broken, short, staying: left.length });
      app.announce(words);
    } catch (error) {
      tell('bad', app.explain(error), { broken, short });
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
          <input type="file" name="recording" accept=".edf,.bdf,.rec" onChange={chosen} />
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
