/** Devices that measure the patient: who treats them connects one that is nobody's, for home, and disconnects it. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import { inLanguage, nameIn } from '../../../../client/core/language';
import type { Text } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { Dialog } from '../../../../client/panels/Dialog';
import type { Part } from './CourseView';

/** A device, as `/api/patients/{id}/devices` answers. */
interface Device {
  readonly id: string;
  readonly name: string;
  readonly kind: Text;
  /** The bed or ward where it stands; null at home. */
  readonly place: string | null;
  readonly at_bed: boolean;
}

interface Found {
  readonly devices: readonly Device[];
  readonly free: readonly Device[];
}

interface Meant {
  readonly act: 'connect' | 'disconnect';
  readonly device: Device;
}

export function Devices(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const patient = createMemo(() => props.part.of.patient.id);
  const pathOf = (device?: string): string =>
    ['/api/patients', encodeURIComponent(patient()), 'devices', ...(device === undefined ? [] : [encodeURIComponent(device)])].join('/');
  const found = createQuery<Found>(() => {
    const path = pathOf();
    return (signal) => app.api.get(path, { signal });
  });
  const [meant, setMeant] = createSignal<Meant>();
  const { busy, run } = createDoing(app);
  const nameOf = ({ name }: Device): string => nameIn(name, app.language());
  const textOf = ({ name, kind }: Device): string => `${nameIn(name, app.language())} · ${inLanguage(kind, app.language())}`;
  const choose = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const id = new FormData(event.currentTarget).get('device');
    const device = found.data()?.free.find((one) => one.id === id);
    if (device) setMeant({ act: 'connect', device });
  };
  async function act({ act, device }: Meant): Promise<void> {
    await run(async () => {
      if (act === 'disconnect') await app.api.delete(pathOf(device.id));
      else await app.api.put(pathOf(device.id), {});
      app.toast(() => say(act === 'connect' ? 'device.connected' : 'device.disconnected'));
    });
    setMeant(undefined);
    found.reload();
  }
  return (
    <section class="panel" aria-labelledby="follow-devices" data-devices>
      <header>
        <h2 id="follow-devices">{say('device.title')}</h2>
      </header>
      <div class="panel-body stack">
        <p class="soft small">{say('device.hint')}</p>
        <Answer of={found} lines={2}>
          {(answer) => (
            <>
              <ul class="follow-facts">
                <For each={answer().devices} fallback={<li class="soft">{say('device.none')}</li>}>
                  {(device) => (
                    <li data-device={device.id}>
                      <p>
                        {textOf(device)}
                        <Show when={device.place}>{(place) => <span class="soft small"> · {nameIn(place(), app.language())}</span>}</Show>
                      </p>
                      <Show when={!device.at_bed} fallback={<p class="soft small">{say('device.atBed')}</p>}>
                        <button
                          type="button"
                          class="button small"
                          disabled={busy()}
                          aria-label={say('device.disconnectThis', { device: nameOf(device) })}
                          onClick={() => setMeant({ act: 'disconnect', device })}
                        >
                          {say('device.disconnect')}
                        </button>
                      </Show>
                    </li>
                  )}
                </For>
              </ul>
              <Show when={answer().free.length > 0} fallback={<p class="soft small">{say('device.noFree')}</p>}>
                <form class="follow-form" data-form="connect" onSubmit={choose}>
                  <label>
                    {say('device.free')}{' '}
                    <select class="input" name="device">
                      <For each={answer().free}>{(device) => <option value={device.id}>{textOf(device)}</option>}</For>
                    </select>
                  </label>
                  <div class="row">
                    <button type="submit" class="button" disabled={busy()}>
                      {say('device.connect')}
                    </button>
                  </div>
                </form>
              </Show>
            </>
          )}
        </Answer>
      </div>
      <Show when={meant()}>
        {(one) => (
          <Dialog open title={say(`device.${one().act}This`, { device: nameOf(one().device) })} onClose={() => setMeant(undefined)}>
            <p>{say(`device.${one().act}Sure`, { device: nameOf(one().device), patient: props.part.of.patient.name })}</p>
            <div class="row">
              <button type="button" class="button primary" disabled={busy()} onClick={() => void act(one())}>
                {say(`device.${one().act}`)}
              </button>
              <button type="button" class="button" onClick={() => setMeant(undefined)}>
                {app.t('app.cancel')}
              </button>
            </div>
          </Dialog>
        )}
      </Show>
    </section>
  );
}
