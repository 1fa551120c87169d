/** What was done in all recorded rooms of a patient, found by kind, person and words; each act leads to its moment. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { RecordedActs, RecordedRoom } from '../../../contract/recordings';
import { Answer } from '../../panels/Answer';
import { EmptyState } from '../../panels/EmptyState';
import { Icon } from '../../panels/Icon';
import { Notice } from '../../panels/Notice';
import { ActSearch } from '../../panels/replay/ActSearch';
import '../../styles/replay.css';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { patientPath, replayPath } from '../hospital';
import { inLanguage } from '../language';
import { createQuery } from '../query';
import { actLine, clockWords } from '../replay-control';
import type { ActLine } from '../replay-control';
import { Link } from '../router';

/** An act with the recording in which it is seen. */
interface FoundAct extends ActLine {
  readonly in: RecordedRoom;
}

export function RecordedPage(props: { id: string }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/patients/${encodeURIComponent(props.id)}/recordings`;
  const latest = createQuery<RecordedActs>(() => {
    const address = path();
    return (signal) => app.api.get(address, { signal });
  });
  const [older, setOlder] = createSignal<RecordedActs>();
  const [loading, setLoading] = createSignal(false);
  const [failed, setFailed] = createSignal<unknown>();
  const rooms = (): readonly RecordedRoom[] => [...(latest.data()?.rooms ?? []), ...(older()?.rooms ?? [])];
  const hasOlder = (): boolean => (older() ?? latest.data())?.has_older ?? false;
  const acts = createMemo(() => rooms().flatMap((one): FoundAct[] => one.acts.map((act) => ({ ...actLine(act, app), in: one }))));
  const more = async (): Promise<void> => {
    const last = rooms().at(-1);
    if (!last || loading()) return;
    setLoading(true);
    setFailed(undefined);
    try {
      const next = await app.api.get<RecordedActs>(`${path()}?before=${Date.parse(last.card.started)}`);
      setOlder((before) => ({ rooms: [...(before?.rooms ?? []), ...next.rooms], has_older: next.has_older }));
    } catch (error) {
      setFailed(error);
    }
    setLoading(false);
  };
  return (
    <div class="panel recordings stack" data-recorded-acts>
      <Link href={patientPath(props.id)} class="row small back">
        <Icon name="back" size={16} />
        {app.t('recorded.patient')}
      </Link>
      <h1>{app.t('recorded.title')}</h1>
      <Answer of={latest} lines={6}>
        {() => (
          <Show when={rooms().length > 0} fallback={<EmptyState icon="record" title={app.t('recorded.none')} hint={app.t('replay.noneHint')} />}>
            <ActSearch acts={acts()}>{(found) => <Found acts={found} />}</ActSearch>
            <Show when={failed()}>{(error) => <Notice kind="bad">{app.explain(error())}</Notice>}</Show>
            <Show when={hasOlder()}>
              <p class="soft small">{app.t('recorded.older')}</p>
              <button type="button" class="button" disabled={loading()} onClick={() => void more()}>
                {app.t(loading() ? 'replay.waiting' : 'recorded.more')}
              </button>
            </Show>
          </Show>
        )}
      </Answer>
    </div>
  );
}

function Found(props: { acts: readonly FoundAct[] }): JSX.Element {
  const app = useApp();
  const inRoom = (one: RecordedRoom): readonly FoundAct[] => props.acts.filter((act) => act.in === one);
  const rooms = createMemo(() => [...new Set(props.acts.map((act) => act.in))]);
  return (
    <For each={rooms()}>
      {(one) => (
        <section class="stack tight">
          <h2 class="legend">
            {app.t('replay.from', { at: momentOf(one.card.started, app.language()) })} · {inLanguage(one.title, app.language())}
          </h2>
          <ol class="replay-acts">
            <For each={inRoom(one)}>
              {(act) => (
                <li>
                  <Link href={replayPath(one.room, one.card.recording, act.number)} class="button quiet small" data-act={act.number}>
                    <span class="number">{clockWords(act.at_ms)}</span> {act.words}
                  </Link>
                </li>
              )}
            </For>
          </ol>
        </section>
      )}
    </For>
  );
}
