/** What was done to people in rooms to keep order: one's own, and all of it for those who decide about appeals. */
import { For, Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { AppealForm } from '../../panels/AppealForm';
import { EmptyState } from '../../panels/EmptyState';
import { AppealState } from '../../panels/room/AppealState';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { hospitalNow } from '../hospital-clock';
import { inLanguage } from '../language';
import { createQuery } from '../query';
import type { Query } from '../query';
import { keyOf, reviewsSanctions, stands } from '../sanctions';
import type { SanctionInRoom } from '../sanctions';

/** Whoever looks at appeals sees new ones within this. */
const LOOK_AGAIN_ms = 15_000;

type Found = Query<readonly SanctionInRoom[]>;

export function SanctionsPage(): JSX.Element {
  const app = useApp();
  const own: Found = createQuery(() => (signal) => app.api.get('/api/sanctions/own', { signal }));
  return (
    <div class="page stack">
      <h1>{app.t('sanctions.title')}</h1>
      <p class="soft">{app.t('sanctions.what')}</p>
      <Show when={reviewsSanctions(app.me())}>
        <Everybody />
      </Show>
      <Listed of={own} is="own" title={app.t('sanctions.own')} none={app.t('sanctions.ownNone')} />
    </div>
  );
}

function Everybody(): JSX.Element {
  const app = useApp();
  const all: Found = createQuery(() => (signal) => app.api.get('/api/sanctions', { signal }));
  const timer = setInterval(() => document.visibilityState === 'visible' && all.reload(), LOOK_AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  return <Listed of={all} is="all" title={app.t('sanctions.all')} none={app.t('sanctions.none')} onAnswered={() => all.reload()} />;
}

interface ListedProps {
  readonly of: Found;
  readonly is: 'own' | 'all';
  readonly title: string;
  readonly none: string;
  onAnswered?(): void;
}

function Listed(props: ListedProps): JSX.Element {
  return (
    <section class="panel" aria-labelledby={`sanctions-${props.is}`} data-sanctions={props.is}>
      <header>
        <h2 id={`sanctions-${props.is}`}>{props.title}</h2>
      </header>
      <div class="panel-body">
        <Answer of={props.of} lines={4}>
          {(found) => (
            <Show when={found().length > 0} fallback={<EmptyState icon="check" title={props.none} />}>
              <ul class="stack sanctions">
                {/* By their keys: what is being typed in one stays when the list is read anew. */}
                <For each={found().map(keyOf)}>
                  {(key) => (
                    <Show when={found().find((one) => keyOf(one) === key)}>
                      {(one) => <One one={one()} isOwn={props.is === 'own'} onAnswered={() => props.onAnswered?.()} />}
                    </Show>
                  )}
                </For>
              </ul>
            </Show>
          )}
        </Answer>
      </div>
    </section>
  );
}

function One(props: { one: SanctionInRoom; isOwn: boolean; onAnswered(): void }): JSX.Element {
  const app = useApp();
  const at = (time: string): string => momentOf(time, app.language());
  const place = (): string => (props.one.place === null ? app.t('sanctions.ofPatient') : inLanguage(props.one.place, app.language()));
  const lasts = (): string => {
    const { over, until } = props.one;
    if (over !== null) return app.t('sanctions.over', { at: at(over) });
    if (until === null) return app.t('sanctions.untilBack');
    return app.t(stands(props.one, hospitalNow()) ? 'sanctions.until' : 'sanctions.ranOut', { at: at(until) });
  };
  return (
    <li class="stack tight" data-sanction={props.one.grade} data-open={props.one.is_open}>
      <p>
        <strong>{props.one.name}</strong>{' '}
        <span class="chip" classList={{ warn: stands(props.one, hospitalNow()) }}>
          {app.t(`order.grade.${props.one.grade}`)}
        </span>
        <Show when={props.one.is_open}>
          {' '}
          <span class="chip accent">{app.t('sanctions.waits')}</span>
        </Show>
      </p>
      <p class="small soft">{app.t('sanctions.given', { place: place(), name: props.one.by_name, at: at(props.one.since), lasts: lasts() })}</p>
      <p class="small">{app.t('door.reason', { reason: props.one.reason })}</p>
      <Show when={props.one.appeal} fallback={<Show when={props.isOwn && props.one.over === null}><p class="small soft">{app.t('sanctions.where')}</p></Show>}>
        {(appeal) => (
          <>
            <p class="small">{app.t('order.appeal', { reason: appeal().reason })}</p>
            <Show when={props.isOwn || !props.one.is_open} fallback={<Judge one={props.one} onAnswered={() => props.onAnswered()} />}>
              <AppealState appeal={appeal()} over={props.one.over} />
            </Show>
          </>
        )}
      </Show>
    </li>
  );
}

function Judge(props: { one: SanctionInRoom; onAnswered(): void }): JSX.Element {
  const app = useApp();
  const [busy, setBusy] = createSignal(false);
  const [wrong, setWrong] = createSignal<string>();
  const answer = async (grants: boolean, reason: string): Promise<void> => {
    if (busy()) return;
    setBusy(true);
    setWrong(undefined);
    try {
      const { room, number } = props.one;
      await app.api.post(`/api/sanctions/${encodeURIComponent(room)}/${number}/answer`, { grants, reason });
      app.announce(app.t('sanctions.answered'));
      props.onAnswered();
    } catch (error) {
      setWrong(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <Show when={props.one.may_answer} fallback={<p class="small soft">{app.t('sanctions.notYours')}</p>}>
      <AppealForm name={props.one.name} wrong={wrong()} busy={busy()} answer={(grants, reason) => void answer(grants, reason)} />
    </Show>
  );
}
