/** Pages of the client in a room: those that stand there for everybody, and the one that is open beside the stage for oneself. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { ownPath, pageChoices, pageWords } from '../../core/own-pages';
import type { PageShown, RoomControl } from '../../core/room-control';
import { mayTakeAway } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import type { RoomPages } from '../../core/room-pages';
import { SPOTS, freeSpot } from '../../core/room-standing';
import type { Spot } from '../../core/room-standing';
import { Field } from '../Field';
import { Notice } from '../Notice';
import { LockChoice } from './HandOver';
import { StandsWhere } from './StandsWhere';

const LONGEST_TITLE = 60;

interface PagePanelProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly pages: RoomPages;
  readonly patient: string | null;
  /** Whether the hospital has no pages for who is here: those that stand here are all there is to open. */
  readonly withheld: boolean;
  /** Whether there is a stage on which pages stand. */
  readonly staged: boolean;
}

export function PagePanel(props: PagePanelProps): JSX.Element {
  const app = useApp();
  const [typed, setTyped] = createSignal('');
  const [title, setTitle] = createSignal('');
  const [isBad, setBad] = createSignal(false);
  const show = (path: string): void => {
    setBad(false);
    props.pages.show(path);
  };
  const go = (event: SubmitEvent): void => {
    event.preventDefault();
    const path = ownPath(typed(), location.origin);
    if (path === undefined) setBad(true);
    else show(path);
  };
  const spot = (): Spot | undefined => freeSpot(props.control.pages().map(({ page }) => page.transform), props.control.boards().map(({ board }) => board.transform));
  const put = (path: string): void => {
    const at = spot();
    if (at) props.control.place({ type: 'page', transform: SPOTS[at], path, title: title().trim() });
    setTitle('');
  };
  return (
    <section class="stack tight" aria-labelledby="page-title">
      <h2 class="legend" id="page-title">{app.t('page.title')}</h2>
      <Show when={!props.withheld}>
        <p class="soft small">{app.t('page.hint')}</p>
      </Show>
      <Show when={props.control.pages().length > 0} fallback={<p class="soft small">{app.t('page.none')}</p>}>
        <ul class="stack tight" aria-label={app.t('page.here')}>
          <For each={props.control.pages().map(({ id }) => id)}>
            {(id) => <Show when={props.control.pages().find((one) => one.id === id)}>{(shown) => <OnePage {...props} shown={shown()} onOpen={show} />}</Show>}
          </For>
        </ul>
      </Show>
      <Show when={!props.withheld}>
        <div class="row" role="group" aria-label={app.t('page.which')}>
          <For each={pageChoices(props.patient, app.t)}>
            {({ path, words }) => <button type="button" class="button small" aria-pressed={props.pages.open() === path} onClick={() => show(path)}>{words}</button>}
          </For>
        </div>
        <form class="row" onSubmit={go}>
          <Field label={app.t('page.address')}>
            {(control) => <input {...control} class="input" placeholder="/imaging/…" value={typed()} onInput={(event) => setTyped(event.currentTarget.value)} />}
          </Field>
          <button type="submit" class="button">{app.t('page.open')}</button>
        </form>
      </Show>
      <Show when={isBad()}>
        <Notice kind="bad">{app.t('page.bad')}</Notice>
      </Show>
      <Show when={props.pages.open()}>
        {(path) => (
          <>
            <Show when={props.order.works()}>
              <Field label={app.t('page.about')}>
                {(control) => <input {...control} class="input" maxLength={LONGEST_TITLE} value={title()} onInput={(event) => setTitle(event.currentTarget.value)} />}
              </Field>
            </Show>
            <div class="row">
              <Show when={props.order.works()}>
                <button type="button" class="button small" disabled={spot() === undefined} onClick={() => put(path())}>{app.t('page.put')}</button>
              </Show>
              <button type="button" class="button small quiet" onClick={() => props.pages.show(undefined)}>{app.t('page.close')}</button>
            </div>
            <Show when={props.order.works() && spot() === undefined}>
              <p class="soft small">{app.t('page.full')}</p>
            </Show>
            <iframe class="page-frame" title={`${app.t('page.frame')}: ${path()}`} src={path()} />
          </>
        )}
      </Show>
    </section>
  );
}

function OnePage(props: PagePanelProps & { shown: PageShown; onOpen(path: string): void }): JSX.Element {
  const app = useApp();
  const words = (): string => pageWords(props.shown.page, app.t);
  const path = (): string | undefined => ownPath(props.shown.page.path, location.origin);
  const state = () => props.pages.stateOf(props.shown.id);
  const mayRemove = (): boolean => props.control.locked(props.shown.id) === undefined && mayTakeAway(props.order.own(), { by: props.shown.by, entity: props.shown.page }, undefined);
  return (
    <li class="stack tight" data-page={props.shown.page.path}>
      <span class="mark-words">
        <strong>{words()}</strong> <span class="soft small">{app.t('page.by', { name: props.shown.author })}</span>
      </span>
      <Show when={path()} fallback={<p class="soft small">{app.t('page.bad')}</p>}>
        {(own) => (
          <div class="row">
            <button type="button" class="button small" aria-label={`${app.t('page.open')} ${words()}`} onClick={() => props.onOpen(own())}>{app.t('page.open')}</button>
            <Show when={props.staged}>
              <button type="button" class="button small" aria-label={`${app.t(state() === 'here' ? 'page.redraw' : 'page.draw')} ${words()}`} disabled={state() === 'coming'} onClick={() => props.pages.draw(props.shown.id)}>
                {app.t(state() === 'here' ? 'page.redraw' : 'page.draw')}
              </button>
            </Show>
            <Show when={props.order.works()}>
              <StandsWhere control={props.control} id={props.shown.id} transform={props.shown.page.transform} what={words()} />
            </Show>
            <Show when={mayRemove()}>
              <button type="button" class="button small quiet" aria-label={`${app.t('page.away')} ${words()}`} onClick={() => props.control.remove(props.shown.id)}>{app.t('page.away')}</button>
            </Show>
          </div>
        )}
      </Show>
      <p class="soft small" role="status">{state() === 'coming' || state() === 'failed' ? app.t(`page.card.${state() as 'coming'}`) : ''}</p>
      <LockChoice control={props.control} order={props.order} id={props.shown.id} locked={props.control.locked(props.shown.id)} what={words()} plain />
    </li>
  );
}
