/** A page of the client beside the stage: for oneself, its address to be shared with the others in the room. */
import { For, Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { patientPath } from '../../core/hospital';
import { asShared, ownPath, sharedPath } from '../../core/own-pages';
import type { RoomControl } from '../../core/room-control';
import type { RoomClient } from '../../room/room-client';
import { Field } from '../Field';
import { Notice } from '../Notice';

interface PagePanelProps {
  readonly client: RoomClient;
  readonly control: RoomControl;
  readonly patient: string | null;
}

interface Offer {
  readonly path: string;
  readonly name: string;
}

export function PagePanel(props: PagePanelProps): JSX.Element {
  const app = useApp();
  const [typed, setTyped] = createSignal('');
  const [open, setOpen] = createSignal<string>();
  const [isBad, setBad] = createSignal(false);
  const [offers, setOffers] = createSignal<readonly Offer[]>([]);
  const pages = (): readonly (readonly [string, string])[] => [
    ...(props.patient === null ? [] : [[patientPath(props.patient), app.t('page.patient')] as const]),
    ['/imaging', app.t('page.imaging')],
    ['/teaching', app.t('page.teaching')],
    ['/devices', app.t('page.devices')],
    ['/', app.t('page.home')],
  ];
  onCleanup(
    props.client.on('said', ({ participant, text }) => {
      const path = sharedPath(text, location.origin);
      const person = props.control.people().find(({ id }) => id === participant);
      if (path === undefined || person === undefined || participant === props.control.self()) return;
      setOffers((all) => [{ path, name: person.name }, ...all.filter((one) => one.path !== path)].slice(0, 5));
      app.toast(app.t('page.offered', { name: person.name, path }));
    }),
  );
  const show = (path: string): void => {
    setBad(false);
    setOpen(path);
  };
  const go = (event: SubmitEvent): void => {
    event.preventDefault();
    const path = ownPath(typed(), location.origin);
    if (path === undefined) setBad(true);
    else show(path);
  };
  const share = (path: string): void => {
    if (props.client.caption(asShared(path))) app.announce(app.t('page.shared'));
  };
  return (
    <section class="stack tight" aria-labelledby="page-title">
      <h2 class="legend" id="page-title">{app.t('page.title')}</h2>
      <p class="soft small">{app.t('page.hint')}</p>
      <div class="row" role="group" aria-label={app.t('page.which')}>
        <For each={pages()}>
          {([path, name]) => <button type="button" class="button small" aria-pressed={open() === path} onClick={() => show(path)}>{name}</button>}
        </For>
      </div>
      <form class="row" onSubmit={go}>
        <Field label={app.t('page.address')}>
          {(control) => <input {...control} class="input" placeholder="/imaging/…" value={typed()} onInput={(event) => setTyped(event.currentTarget.value)} />}
        </Field>
        <button type="submit" class="button">{app.t('page.open')}</button>
      </form>
      <Show when={isBad()}>
        <Notice kind="bad">{app.t('page.bad')}</Notice>
      </Show>
      <For each={offers()}>
        {(offer) => (
          <p class="row" data-offer={offer.path}>
            <span>{app.t('page.offered', offer as unknown as Record<string, string>)}</span>
            <button type="button" class="button small" onClick={() => show(offer.path)}>{app.t('page.open')}</button>
          </p>
        )}
      </For>
      <Show when={open()}>
        {(path) => (
          <>
            <div class="row">
              <button type="button" class="button small" onClick={() => share(path())}>{app.t('page.share')}</button>
              <button type="button" class="button small quiet" onClick={() => setOpen(undefined)}>{app.t('page.close')}</button>
            </div>
            <iframe class="page-frame" title={`${app.t('page.frame')}: ${path()}`} src={path()} />
          </>
        )}
      </Show>
    </section>
  );
}
