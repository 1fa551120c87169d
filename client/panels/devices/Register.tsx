/** Registers a device, and shows its token once. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { deviceIdFault, devicePath } from '../../core/devices';
import type { Device, DeviceKind } from '../../core/devices';
import { inLanguage } from '../../core/language';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Notice } from '../Notice';
import { Token } from './Access';
import { PlaceField } from './Place';

export function Register(props: { known: readonly Device[]; onRegistered(): void }): JSX.Element {
  const { t } = useApp();
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <div class="row">
        <button type="button" class="button" onClick={() => setOpen(true)}>
          {t('devices.register')}
        </button>
      </div>
      <Show when={open()}>
        <Dialog open title={t('devices.register')} onClose={() => setOpen(false)}>
          <Form known={props.known} onRegistered={() => props.onRegistered()} onClose={() => setOpen(false)} />
        </Dialog>
      </Show>
    </>
  );
}

function Form(props: { known: readonly Device[]; onRegistered(): void; onClose(): void }): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  const kinds = createQuery<{ profiles: readonly DeviceKind[] }>(() => (signal) => app.api.get('/api/devices/profiles', { signal }));
  const [kind, setKind] = createSignal('');
  const [id, setId] = createSignal('');
  const [name, setName] = createSignal('');
  const [place, setPlace] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  const [made, setMade] = createSignal<{ readonly id: string; readonly token: string }>();
  const fault = createMemo(() => (busy() ? undefined : deviceIdFault(id().trim(), props.known)));
  const isReady = (): boolean => kind() !== '' && id().trim() !== '' && fault() === undefined;

  async function register(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy() || !isReady()) return;
    setBusy(true);
    setRefusal(undefined);
    const device = id().trim();
    const called = name().trim();
    try {
      const more = { ...(called !== '' && { name: called }), ...(place() !== '' && { location: place() }) };
      await app.api.put(devicePath(device), { profile: kind(), ...more });
      // Registered it is, with a token or without one.
      const made = app.api.post<{ token: string }>(devicePath(device, 'token')).finally(() => props.onRegistered());
      setMade({ id: device, token: (await made).token });
      app.announce(t('devices.registered'));
    } catch (error) {
      setRefusal(app.explain(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Show
      when={made()}
      fallback={
        <Answer of={kinds} lines={3}>
          {(answer) => (
            <form class="stack" data-form="register" onSubmit={(event) => void register(event)} noValidate>
              <Field label={t('devices.kind')}>
                {(control) => (
                  <select {...control} class="input" value={kind()} onChange={(event) => setKind(event.currentTarget.value)}>
                    <option value="">{t('devices.register.choose')}</option>
                    <For each={answer().profiles}>{(one) => <option value={one.id}>{inLanguage(one.title, language())}</option>}</For>
                  </select>
                )}
              </Field>
              <Field label={t('devices.id')} hint={t('devices.register.idHint')} wrong={fault() && t(`devices.register.${fault() ?? 'form'}`)}>
                {(control) => (
                  <input {...control} class="input" autocapitalize="off" autocomplete="off" spellcheck={false} value={id()} onInput={(event) => setId(event.currentTarget.value)} />
                )}
              </Field>
              <Field label={t('devices.register.name')} hint={t('devices.register.nameHint')}>
                {(control) => <input {...control} class="input" autocomplete="off" value={name()} onInput={(event) => setName(event.currentTarget.value)} />}
              </Field>
              <PlaceField value={place()} hint={t('devices.place.hint')} onChoose={setPlace} />
              <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
              <footer>
                <button type="submit" class="button primary" disabled={!isReady()} aria-busy={busy()}>
                  {t('devices.register.do')}
                </button>
              </footer>
            </form>
          )}
        </Answer>
      }
    >
      {(one) => <Token device={one().id} token={one().token} onClose={() => props.onClose()} />}
    </Show>
  );
}
