/** The beds at which a device is, or could be connected: for who maintains devices, and sees nobody who lies there. */
import { For, Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { Accessor, JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { bedActs, bedPath, devicePath } from '../../core/devices';
import type { BedAct, BedFor, Device } from '../../core/devices';
import { createDoing } from '../../core/doing';
import { colonIn, nameIn } from '../../core/language';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { Dialog } from '../Dialog';

export function AtBeds(props: { device: Device; tick: unknown; reload(): void }): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  // The device is another object each time that all is read anew, and the question stays the same.
  const path = createMemo(() => devicePath(props.device.id, 'beds'));
  const beds = createQuery<{ beds: readonly BedFor[] }>(() => {
    const at = path();
    return (signal) => app.api.get(at, { signal });
  });
  createEffect(on(() => props.tick, () => beds.reload(), { defer: true }));
  const [meant, setMeant] = createSignal<{ readonly act: BedAct; readonly at: BedFor }>();
  const { busy, run } = createDoing(app);
  const device = (): string => nameIn(props.device.name, language());
  const where = (bed: BedFor): string => `${nameIn(bed.ward_name, language())} · ${nameIn(bed.name, language())}`;
  const all = createMemo(() => new Map((beds.data()?.beds ?? []).map((bed) => [bed.bed, bed])));
  // All is read anew every few seconds: rows and options are kept by their ids, or focus and what was chosen would be lost.
  const idsOf = (isTied: boolean): Accessor<readonly string[]> =>
    createMemo(() => [...all().values()].filter(({ tie }) => (tie !== null) === isTied).map(({ bed }) => bed), [], {
      equals: (one, other) => one.join('\n') === other.join('\n'),
    });
  const [tied, free] = [idsOf(true), idsOf(false)];

  const nameOf = (id: string): string => {
    const bed = all().get(id);
    return bed ? where(bed) : '';
  };
  const choose = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const chosen = new FormData(event.currentTarget).get('bed');
    const at = typeof chosen === 'string' ? all().get(chosen) : undefined;
    if (at) setMeant({ act: 'connect', at });
  };
  async function act(act: BedAct, at: BedFor): Promise<void> {
    await run(async () => {
      const path = bedPath(at, props.device.id);
      if (act === 'disconnect') await app.api.delete(path);
      else await app.api.put(path, {});
      app.toast(() => t(act === 'connect' ? 'devices.bed.isConnected' : 'devices.bed.isDisconnected'));
    });
    setMeant(undefined);
    beds.reload();
    props.reload();
  }

  return (
    <section>
      <h2>{t('devices.beds')}</h2>
      <Answer of={beds} lines={2}>
        {() => (
          <>
            <ul>
              <For each={tied()} fallback={<li class="soft">{t('devices.bed.none')}</li>}>
                {(id) => (
                  <Show when={all().get(id)}>
                    {(bed) => (
                      <li data-bed={id}>
                        <p>
                          {where(bed())} <Show when={bed().tie}>{(tie) => <span class="soft small">{t(`devices.bed.${tie()}`)}</span>}</Show>
                        </p>
                        <p class="rollout-acts">
                          <For each={bedActs(bed())}>
                            {(one) => (
                              <button
                                type="button"
                                class="button small"
                                disabled={busy()}
                                aria-label={t(`devices.bed.${one}At`, { bed: where(bed()) })}
                                onClick={() => setMeant({ act: one, at: bed() })}
                              >
                                {t(`devices.bed.${one}`)}
                              </button>
                            )}
                          </For>
                        </p>
                      </li>
                    )}
                  </Show>
                )}
              </For>
            </ul>
            <Show when={free().length > 0} fallback={<p class="soft small">{t('devices.bed.noOther')}</p>}>
              <form class="rollout-acts" data-form="connect" onSubmit={choose}>
                <label>
                  {t('devices.bed.other')}{' '}
                  <select class="input" name="bed">
                    <For each={free()}>{(id) => <option value={id}>{nameOf(id)}</option>}</For>
                  </select>
                </label>
                <button type="submit" class="button small" disabled={busy()}>
                  {t('devices.bed.connect')}
                </button>
              </form>
            </Show>
          </>
        )}
      </Answer>
      <Show when={meant()}>
        {(one) => (
          <Dialog open title={`${t(`devices.bed.${one().act}`)}${colonIn(app.language())}${device()}`} onClose={() => setMeant(undefined)}>
            <p>{t(`devices.bed.${one().act}Sure`, { device: device(), bed: where(one().at) })}</p>
            <div class="row">
              <button type="button" class="button primary" disabled={busy()} onClick={() => void act(one().act, one().at)}>
                {t(`devices.bed.${one().act}`)}
              </button>
              <button type="button" class="button" onClick={() => setMeant(undefined)}>
                {t('app.cancel')}
              </button>
            </div>
          </Dialog>
        )}
      </Show>
    </section>
  );
}
