/** What is in the room at the moment that is shown, in words: the same that stands on the stage. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import type { RecordingWhole } from '../../../contract/recordings';
import { useApp } from '../../core/app';
import { clockWords } from '../../core/replay-control';
import type { ReplayControl } from '../../core/replay-control';
import { pageWords } from '../../core/own-pages';
import type { RoomControl } from '../../core/room-control';
import { ProofBadge } from '../ProofBadge';
import { roleWords } from '../person';
import { markWords } from '../room/MarksPanel';

interface MomentProps {
  readonly replay: ReplayControl;
  readonly room: string;
  readonly whole: RecordingWhole;
}

export function Moment(props: MomentProps): JSX.Element {
  const app = useApp();
  const room = props.replay.room;
  const name = (actor: string): string => room.people().find((one) => one.actor === actor)?.name ?? props.whole.acts.find((act) => act.actor === actor)?.name ?? actor;
  // The same one while it is played: each part is proved once.
  const part = createMemo(() => props.whole.parts.findLast(({ from_ms }) => from_ms <= props.replay.at_ms()) ?? props.whole.parts[0]);
  const hologram = (): string => {
    const state = room.hologram()?.state;
    if (!state) return app.t('replay.noHologram');
    const [x, y, z] = state.transform.position_m.map((metres) => metres.toFixed(2));
    const { centre_hu: centre, width_hu: width } = state.window;
    return app.t('replay.hologram', { centre, width, scale: Math.round(state.transform.scale * 100), x: x ?? '', y: y ?? '', z: z ?? '' });
  };
  return (
    <div class="stack">
      <h2 class="legend">{app.t('replay.state', { at: clockWords(props.replay.at_ms()) })}</h2>
      <p data-hologram={JSON.stringify(room.hologram()?.state.transform ?? null)}>{hologram()}</p>
      <section class="stack tight">
        <h2 class="legend">{app.t('people.here')}</h2>
        <ul class="people">
          <For each={room.people()}>
            {(person) => (
              <li>
                {person.name} <span class="soft small">{roleWords(app, person.role)}</span>
              </li>
            )}
          </For>
        </ul>
      </section>
      <section class="stack tight">
        <h2 class="legend">{app.t('marks.title')}</h2>
        <Show when={room.marks().length > 0} fallback={<p class="soft small">{app.t('marks.none')}</p>}>
          <ul class="marks">
            <For each={room.marks()}>
              {(mark) => (
                <li data-mark={mark.id}>
                  <strong class="number">{markWords(mark, app.t)}</strong>
                  <span class="soft small"> {name(mark.by)}</span>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </section>
      <Standing room={room} />
      <section class="stack tight" data-recording-proof>
        <h2 class="legend">{app.t('replay.proofs')}</h2>
        <Show when={part()}>
          {(shown) => (
            <p class="row small">
              {app.t('replay.proof.part', { number: shown().number + 1, count: props.whole.parts.length, entry: shown().entry })}
              <ProofBadge sequence={shown().entry} />
            </p>
          )}
        </Show>
        <Show when={props.whole.card.entry} fallback={<p class="soft small">{app.t('replay.proof.open')}</p>}>
          {(entry) => (
            <p class="row small">
              {app.t('replay.proof.seal', { entry: entry() })}
              <ProofBadge sequence={entry()} />
            </p>
          )}
        </Show>
      </section>
      <Show when={props.whole.card.entry !== null}>
        <a class="button" href={`/api/rooms/${encodeURIComponent(props.room)}/recordings/${props.whole.card.recording}/export`} download="">
          {app.t('replay.export')}
        </a>
      </Show>
    </div>
  );
}

/** Something that stands there besides images. */
interface Stood {
  readonly what: string;
  readonly author?: string;
  readonly marks: readonly { readonly words: string; readonly author: string }[];
}

/** Boards with what is on them, pages, and lines in the air. */
function Standing(props: { readonly room: RoomControl }): JSX.Element {
  const app = useApp();
  const lineOf = (name: string): string => app.t('board.line', { name });
  const all = (): readonly Stood[] => [
    ...props.room.boards().map(({ board, marks }) => ({
      what: `${app.t('board.title')} ${board.title}`.trim(),
      marks: marks.map(({ author, entity }) => ({ words: entity.type === 'board-note' ? entity.text : lineOf(author), author })),
    })),
    ...props.room.pages().map(({ author, page }) => ({ what: pageWords(page, app.t), author, marks: [] })),
    ...props.room.lines().map(({ author, line }) => ({ what: `${lineOf(author)}, ${app.t('marks.strokeOf', { count: line.points_m.length })}`, marks: [] })),
  ];
  return (
    <section class="stack tight" data-standing>
      <h2 class="legend">{app.t('replay.standing')}</h2>
      <Show when={all().length > 0} fallback={<p class="soft small">{app.t('replay.standing.none')}</p>}>
        <ul class="marks">
          <For each={all()}>
            {({ what, author, marks }) => (
              <li>
                <strong>{what}</strong> <span class="soft small">{author}</span>
                <Show when={marks.length > 0}>
                  <ul>
                    <For each={marks}>
                      {(mark) => (
                        <li>
                          {mark.words} <span class="soft small">{mark.author}</span>
                        </li>
                      )}
                    </For>
                  </ul>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}
