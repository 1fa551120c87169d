/**
 * By what a device is let in: a new token, which is shown once, its certificate, and the end of all that it has. One that
 * is out of service is put back into it with a new token.
 */
import { Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { devicePath } from '../../core/devices';
import type { Device } from '../../core/devices';
import { createDoing } from '../../core/doing';
import { colonIn, nameIn } from '../../core/language';
import { Dialog } from '../Dialog';
import { Field } from '../Field';
import { Notice } from '../Notice';
import type { Key } from '../../words/words';

type Act = 'token' | 'reinstate' | 'revoke';

/** What each act is called, what there is to know before it, and what its button says. */
const SAID = {
  token: ['devices.token.new', 'devices.token.sure', 'devices.token.make'],
  reinstate: ['devices.reinstate', 'devices.reinstate.sure', 'devices.reinstate'],
  revoke: ['devices.revoke', 'devices.revoke.sure', 'devices.revoke'],
} as const satisfies Readonly<Record<Act, readonly Key[]>>;

export function Access(props: { device: Device; reload(): void }): JSX.Element {
  const app = useApp();
  const { t } = app;
  const [asked, setAsked] = createSignal<Act>();
  const [token, setToken] = createSignal<string>();
  const { busy, run } = createDoing(app);
  const name = (): string => nameIn(props.device.name, app.language());
  const close = (): void => {
    setAsked(undefined);
    setToken(undefined);
  };
  const make = (by: 'token' | 'reinstate'): Promise<void> =>
    run(async () => {
      const made = await app.api.post<{ token: string }>(devicePath(props.device.id, by));
      setToken(made.token);
      props.reload();
    });
  const revoke = (): Promise<void> =>
    run(async () => {
      await app.api.delete(devicePath(props.device.id, 'token'));
      app.toast(() => t('devices.revoked'));
      close();
      props.reload();
    });
  const act = (what: Act): Promise<void> => (what === 'revoke' ? revoke() : make(what));
  return (
    <section>
      <h2>{t('devices.access')}</h2>
      <p>{t('devices.credentials', { n: props.device.credentials })}</p>
      <Show when={props.device.certificate_until}>{(at) => <p>{t('devices.certificate.until', { at: momentOf(at(), app.language()) })}</p>}</Show>
      <p class="rollout-acts">
        <button type="button" class="button small" onClick={() => setAsked(props.device.active ? 'token' : 'reinstate')}>
          {t(props.device.active ? 'devices.token.new' : 'devices.reinstate')}
        </button>
        <Show when={props.device.credentials > 0}>
          <button type="button" class="button small" onClick={() => setAsked('revoke')}>
            {t('devices.revoke')}
          </button>
        </Show>
      </p>
      <Show when={props.device.active}>
        <Certificate device={props.device.id} reload={() => props.reload()} />
      </Show>
      <Show when={asked()}>
        {(what) => (
          <Dialog open title={`${t(SAID[what()][0])}${colonIn(app.language())}${name()}`} onClose={close}>
            <Switch>
              <Match when={token()}>{(text) => <Token device={props.device.id} token={text()} onClose={close} />}</Match>
              <Match when={what()}>
                <p>{t(SAID[what()][1])}</p>
                <div class="row">
                  <button type="button" class="button primary" disabled={busy()} onClick={() => void act(what())}>
                    {t(SAID[what()][2])}
                  </button>
                  <button type="button" class="button" onClick={close}>
                    {t('app.cancel')}
                  </button>
                </div>
              </Match>
            </Switch>
          </Dialog>
        )}
      </Show>
    </section>
  );
}

/** Registers a certificate; one that cannot be used is said with the reason. */
function Certificate(props: { device: string; reload(): void }): JSX.Element {
  const app = useApp();
  const { t } = app;
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();

  async function send(file: File): Promise<void> {
    setBusy(true);
    setRefusal(undefined);
    try {
      const pem = await file.text();
      if (pem.includes('PRIVATE KEY')) {
        setRefusal(t('devices.certificate.key'));
        return;
      }
      const taken = await app.api.postBytes<{ valid_until: string }>(devicePath(props.device, 'certificate'), new Blob([pem]));
      app.toast(() => t('devices.certificate.taken', { at: momentOf(taken.valid_until, app.language()) }));
      props.reload();
    } catch (error) {
      setRefusal(app.explain(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Field label={t('devices.certificate')} hint={t('devices.certificate.hint')} wrong={refusal()}>
      {(control) => (
        <input
          {...control}
          class="input"
          type="file"
          accept=".pem,.crt,.cer"
          disabled={busy()}
          aria-busy={busy()}
          onChange={(event) => {
            const input = event.currentTarget;
            const file = input.files?.[0];
            // The same file may be chosen again once it was mended.
            if (file) void send(file).finally(() => (input.value = ''));
          }}
        />
      )}
    </Field>
  );
}

/** A token, while it is shown. */
export function Token(props: { device: string; token: string; onClose(): void }): JSX.Element {
  const app = useApp();
  const { t } = app;
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(props.token);
      app.toast(() => t('devices.token.copied'));
    } catch {
      app.toast(() => t('devices.token.byHand'));
    }
  }
  return (
    <div class="stack" data-token>
      <Notice kind="warn">{t('devices.token.once')}</Notice>
      <p>{t('devices.token.how', { id: props.device })}</p>
      <Field label={t('devices.token')}>
        {(control) => (
          <div class="row">
            <input {...control} class="input" readOnly value={props.token} onFocus={(event) => event.currentTarget.select()} />
            <button type="button" class="button" onClick={() => void copy()}>
              {t('devices.token.copy')}
            </button>
          </div>
        )}
      </Field>
      <footer>
        <button type="button" class="button primary" onClick={() => props.onClose()}>
          {t('devices.token.kept')}
        </button>
      </footer>
    </div>
  );
}
