/** Finding out who is behind a code in a room of patients: one asks, another agrees or refuses, and both see the answer for an hour. */
import { For, Match, Show, Switch, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DeadEnd } from '../../panels/DeadEnd';
import { EmptyState } from '../../panels/EmptyState';
import { Field } from '../../panels/Field';
import { ReasonField } from '../../panels/ReasonField';
import { Notice } from '../../panels/Notice';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { patientPath } from '../hospital';
import { inLanguage } from '../language';
import type { Gathering, Opening, OpeningPart } from '../pseudonym';
import { createQuery } from '../query';
import { Link } from '../router';

/** As the server has it. */
const [SHORTEST, LONGEST] = [10, 500];
/** Requests wait for an hour: who looks at them sees new ones within this. */
const LOOK_AGAIN_ms = 15_000;

export function PseudonymsPage(): JSX.Element {
  const app = useApp();
  const rooms = createQuery<readonly Gathering[]>(() => (signal) => app.api.get('/api/gatherings', { signal }));
  return (
    <div class="page stack">
      <h1>{app.t('opening.title')}</h1>
      <p class="soft">{app.t('opening.what')}</p>
      <Show
        when={rooms.error()?.kind !== 'refused'}
        fallback={<DeadEnd icon="lock" title={app.t('opening.notYours')} hint={app.t('opening.whose')} />}
      >
        <Answer of={rooms} lines={6}>
          {(found) => <For each={found()}>{(room) => <Room room={room} />}</For>}
        </Answer>
      </Show>
    </div>
  );
}

function Room(props: { room: Gathering }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/rooms/${encodeURIComponent(props.room.id)}/openings`;
  const openings = createQuery<readonly Opening[]>(() => (signal) => app.api.get(path(), { signal }));
  const timer = setInterval(() => document.visibilityState === 'visible' && openings.reload(), LOOK_AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  const latestFirst = (all: readonly Opening[]): readonly string[] => all.toSorted((a, b) => b.requested.at.localeCompare(a.requested.at)).map(({ id }) => id);
  return (
    <section class="panel" aria-label={inLanguage(props.room.title, app.language())}>
      <header>
        <h2>{inLanguage(props.room.title, app.language())}</h2>
      </header>
      <div class="panel-body stack">
        <Show when={props.room.pseudonyms.length > 0} fallback={<EmptyState icon="lock" title={app.t('opening.nobody')} hint={app.t('opening.nobodyHint')} />}>
          <Ask room={props.room} path={path()} onAsked={() => openings.reload()} />
          <h3>{app.t('opening.requests')}</h3>
          <Answer of={openings} lines={4}>
            {(found) => (
              <Show when={found().length > 0} fallback={<p class="soft">{app.t('opening.none')}</p>}>
                <ul class="stack" aria-label={app.t('opening.requests')}>
                  {/* By their ids: what is being typed in one stays when the list is read anew. */}
                  <For each={latestFirst(found())}>
                    {(id) => <Show when={found().find((one) => one.id === id)}>{(one) => <Request opening={one()} path={path()} onAnswered={() => openings.reload()} />}</Show>}
                  </For>
                </ul>
              </Show>
            )}
          </Answer>
        </Show>
      </div>
    </section>
  );
}

function Ask(props: { room: Gathering; path: string; onAsked(): void }): JSX.Element {
  const app = useApp();
  const [code, setCode] = createSignal(props.room.pseudonyms[0] ?? '');
  const why = createReason();
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    await why.send(async (reason) => {
      await app.api.post(props.path, { pseudonym: code(), reason });
      props.onAsked();
      app.announce(app.t('opening.asked'));
    });
  };
  return (
    <form class="stack" onSubmit={(event) => void send(event)} noValidate>
      <Field label={app.t('opening.code')}>
        {(control) => (
          <select {...control} class="input" onChange={(event) => setCode(event.currentTarget.value)}>
            <For each={props.room.pseudonyms}>{(one) => <option value={one} selected={one === code()}>{one}</option>}</For>
          </select>
        )}
      </Field>
      <Reason of={why} />
      <button type="submit" class="button primary" aria-busy={why.busy()}>
        {app.t('opening.ask')}
      </button>
    </form>
  );
}

function Request(props: { opening: Opening; path: string; onAnswered(): void }): JSX.Element {
  const app = useApp();
  const nameOf = (account: string): string => props.opening.names[account] ?? account;
  const waits = (): boolean => props.opening.state === 'waiting';
  const isOwn = (): boolean => props.opening.requested.by === app.me()?.id;
  const kind = (): string => ({ waiting: 'accent', confirmed: 'good', refused: 'bad', over: '' })[props.opening.state];
  const said = (words: 'opening.askedBy' | 'opening.agreedBy' | 'opening.refusedBy', { by, at, reason }: OpeningPart): string =>
    app.t(words, { name: nameOf(by), at: momentOf(at, app.language()), reason });
  return (
    <li class="stack tight" data-opening={props.opening.state}>
      <p>
        <strong>{props.opening.pseudonym.toUpperCase()}</strong> <span class={`chip ${kind()}`}>{app.t(`opening.is.${props.opening.state}`)}</span>
      </p>
      <p class="small">{said('opening.askedBy', props.opening.requested)}</p>
      <Show when={props.opening.confirmed}>{(part) => <p class="small">{said('opening.agreedBy', part())}</p>}</Show>
      <Show when={props.opening.refused}>{(part) => <p class="small">{said('opening.refusedBy', part())}</p>}</Show>
      <Switch>
        <Match when={props.opening.account}>
          {(account) => (
            <Notice kind="good">
              <span data-identity={account()}>{app.t('opening.isThis', { name: nameOf(account()), account: account() })}</span>{' '}
              <Show when={props.opening.patient}>{(patient) => <Link href={patientPath(patient())}>{app.t('opening.record')}</Link>}</Show>
            </Notice>
          )}
        </Match>
        <Match when={props.opening.state === 'confirmed'}>
          <p class="soft small">{app.t('opening.onlyTwo')}</p>
        </Match>
        <Match when={waits() && isOwn()}>
          <p class="soft small">{app.t('opening.waitsForOther')}</p>
        </Match>
        <Match when={waits()}>
          <Judge opening={props.opening} path={props.path} onAnswered={() => props.onAnswered()} />
        </Match>
      </Switch>
    </li>
  );
}

function Judge(props: { opening: Opening; path: string; onAnswered(): void }): JSX.Element {
  const app = useApp();
  const why = createReason();
  const answer = (what: 'confirm' | 'refuse'): Promise<void> =>
    why.send(async (reason) => {
      await app.api.post(`${props.path}/${encodeURIComponent(props.opening.id)}/${what}`, { reason });
      props.onAnswered();
      app.announce(app.t(what === 'confirm' ? 'opening.is.confirmed' : 'opening.is.refused'));
    });
  return (
    <form class="stack tight" onSubmit={(event) => event.preventDefault()} noValidate>
      <Reason of={why} />
      <div class="row">
        <button type="button" class="button primary" aria-busy={why.busy()} onClick={() => void answer('confirm')}>
          {app.t('opening.agree')}
        </button>
        <button type="button" class="button" aria-busy={why.busy()} onClick={() => void answer('refuse')}>
          {app.t('opening.refuse')}
        </button>
      </div>
    </form>
  );
}

interface OwnReason {
  text(): string;
  setText(text: string): void;
  wrong(): string | undefined;
  busy(): boolean;
  /** Sends it, if it says something. */
  send(how: (reason: string) => Promise<void>): Promise<void>;
}

/** Why somebody asks, agrees or refuses. */
function createReason(): OwnReason {
  const app = useApp();
  const [text, setText] = createSignal('');
  const [wrong, setWrong] = createSignal<string>();
  const [busy, setBusy] = createSignal(false);
  const send = async (how: (reason: string) => Promise<void>): Promise<void> => {
    const reason = text().trim();
    if (busy()) return;
    if ([...reason].length < SHORTEST) return void setWrong(app.t('opening.tooShort', { n: SHORTEST }));
    setWrong(undefined);
    setBusy(true);
    try {
      await how(reason);
      setText('');
    } catch (error) {
      setWrong(app.explain(error));
    }
    setBusy(false);
  };
  return { text, setText, wrong, busy, send };
}

function Reason(props: { of: OwnReason }): JSX.Element {
  const app = useApp();
  return (
    <ReasonField label={app.t('door.why')} hint={app.t('opening.whyHint')} wrong={props.of.wrong()} longest={LONGEST} value={props.of.text()} onInput={props.of.setText} />
  );
}
