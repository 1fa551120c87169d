/** Devices at a bed: whose each is, and who treats connects one with who lies there, or disconnects it. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import { inLanguage, nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Dialog } from '../../../../client/panels/Dialog';
import { Icon } from '../../../../client/panels/Icon';
import { actsOf, isNobodys, meantAt, others, pathOf, tieWord } from './at-bed';
import type { FreeDevice, Meant } from './at-bed';
import { clock } from './ward';
import type { BedView } from './ward';
import { sayIn } from './words';

interface AtBedProps {
  readonly ward: string;
  readonly bed: BedView;
  readonly isPast: boolean;
  reload(): void;
}

export function AtBed(props: AtBedProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [meant, setMeant] = createSignal<Meant>();
  const { busy, run } = createDoing(app);
  const mayAct = (): boolean => !props.isPast && (!props.bed.occupied || props.bed.patient !== null);

  async function act({ act, device, patient }: Meant): Promise<void> {
    await run(async () => {
      const path = pathOf(props.ward, props.bed.id, device);
      if (act === 'disconnect') await app.api.delete(path);
      else await app.api.put(path, { patient: patient?.id });
      app.toast(() => say(act === 'connect' ? 'deviceConnected' : 'deviceDisconnected'));
      props.reload();
    });
    setMeant(undefined);
  }

  return (
    <section aria-label={say('devicesHere')} data-devices>
      <h3>{say('devicesHere')}</h3>
      <ul class="devices-here">
        <For each={props.bed.devices} fallback={<li class="soft">{say('noValue')}</li>}>
          {(device) => (
            <li data-device={device.id} data-tie={device.tie}>
              <span>
                {device.name} · {say(device.online ? 'online' : 'offline')}{' '}
                <span class="soft small">{device.heard === null ? say('never') : clock(device.heard, app.language())}</span>
              </span>{' '}
              <Show when={isNobodys(device)} fallback={<span class="soft small">{say(tieWord(device.tie))}</span>}>
                <strong class="last-known small">
                  <Icon name="alert" size={14} /> {say(tieWord(device.tie))}
                </strong>
              </Show>
              <Show when={mayAct()}>
                <span class="row acts">
                  <For each={actsOf(device, props.bed)}>
                    {(what) => (
                      <button
                        type="button"
                        class="button"
                        disabled={busy()}
                        aria-label={say(what === 'connect' ? 'connectThis' : 'disconnectThis', { device: device.name })}
                        onClick={() => setMeant(meantAt(what, device, props.bed))}
                      >
                        {say(what === 'connect' ? 'connect' : 'disconnect')}
                      </button>
                    )}
                  </For>
                </span>
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={mayAct() && props.bed.patient}>
        <Free ward={props.ward} bed={props.bed} busy={busy()} onChoose={(one) => setMeant(meantAt('connect', { id: one.id, name: nameIn(one.name, app.language()) }, props.bed))} />
      </Show>
      <Show when={meant()}>
        {(one) => (
          <Dialog open title={say(one().act === 'connect' ? 'connectThis' : 'disconnectThis', { device: one().name })} onClose={() => setMeant(undefined)}>
            <p>
              {one().act === 'connect'
                ? say('connectSure', { device: one().name, patient: one().patient?.name ?? '', bed: props.bed.name })
                : say('disconnectSure', { device: one().name, bed: props.bed.name })}
            </p>
            <div class="row">
              <button type="button" class="button primary" disabled={busy()} onClick={() => void act(one())}>
                {say(one().act === 'connect' ? 'connect' : 'disconnect')}
              </button>
              <button type="button" class="button" onClick={() => setMeant(undefined)}>
                {say('cancel')}
              </button>
            </div>
          </Dialog>
        )}
      </Show>
    </section>
  );
}

/** Chooses among devices of the ward that are nobody's; read again with the ward. */
function Free(props: { ward: string; bed: BedView; busy: boolean; onChoose(device: FreeDevice): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  // The ward is read anew every few seconds, and the question stays the same.
  const path = createMemo(() => pathOf(props.ward, props.bed.id));
  const answer = createQuery<{ free: readonly FreeDevice[] }>(() => {
    const at = path();
    return (signal) => app.api.get(at, { signal });
  });
  createEffect(on(() => props.bed, () => !answer.loading() && answer.reload(), { defer: true }));
  const free = createMemo(() => others(answer.data()?.free ?? [], props.bed));
  const textOf = ({ name, kind, place }: FreeDevice): string =>
    [nameIn(name, app.language()), inLanguage(kind, app.language()), place === null ? '' : nameIn(place, app.language())].filter((one) => one !== '').join(' · ');
  const nameOf = (id: string): string => {
    const device = free().find((one) => one.id === id);
    return device ? textOf(device) : '';
  };
  const choose = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const id = new FormData(event.currentTarget).get('device');
    const found = free().find((device) => device.id === id);
    if (found) props.onChoose(found);
  };
  return (
    <Show
      when={free().length > 0}
      fallback={
        // Who may not choose is told nothing of what is free.
        <Show when={answer.data()}>
          <p class="soft small">{say('noFree')}</p>
        </Show>
      }
    >
      <form class="send-form acts" data-form="connect" onSubmit={choose}>
        <label>
          {say('freeDevices')}
          <select class="input" name="device">
            {/* Options are kept by their ids, or what was chosen would be lost. */}
            <For each={free().map(({ id }) => id)}>{(id) => <option value={id}>{nameOf(id)}</option>}</For>
          </select>
        </label>
        <button type="submit" class="button" disabled={props.busy}>
          {say('connect')}
        </button>
      </form>
    </Show>
  );
}
