/** The front door. */
import { For, Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { Field } from '../../panels/Field';
import { Icon } from '../../panels/Icon';
import { LanguageSwitch } from '../../panels/LanguageSwitch';
import { Notice } from '../../panels/Notice';
import { ApiError } from '../api';
import { useApp } from '../app';

const SHORTEST_WAIT_s = 1;

export function SignInPage(): JSX.Element {
  const { t } = useApp();
  return (
    <div class="sign-in" id="main" tabIndex={-1}>
      <aside class="sign-in-story">
        <div class="brand-mark large">
          <img src="/icon.svg" width="44" height="44" alt="" />
          <span>{t('app.full')}</span>
        </div>
        <p class="sign-in-tagline">{t('app.tagline')}</p>
        <p class="sign-in-lead">{t('signIn.lead')}</p>
        <ul>
          <For each={['signIn.fact1', 'signIn.fact2', 'signIn.fact3'] as const}>
            {(fact) => (
              <li>
                <Icon name="check" />
                {t(fact)}
              </li>
            )}
          </For>
        </ul>
      </aside>
      <main class="sign-in-door">
        <div class="sign-in-language">
          <LanguageSwitch />
        </div>
        <SignInForm />
        <p class="soft small sign-in-foot">{t('app.notDevice')}</p>
      </main>
    </div>
  );
}

type Refusal = 'wrong' | 'wait' | 'unreachable' | ApiError;

function SignInForm(): JSX.Element {
  const app = useApp();
  const [user, setUser] = createSignal('');
  const [password, setPassword] = createSignal('');
  const [shown, setShown] = createSignal(false);
  const [tried, setTried] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<Refusal>();
  const [wait_s, setWait] = createSignal(0);
  let passwordInput!: HTMLInputElement;
  let userInput!: HTMLInputElement;

  const clock = setInterval(() => {
    if (wait_s() > 0 && setWait((left) => left - 1) === 0) setRefusal(undefined);
  }, 1000);
  onCleanup(() => clearInterval(clock));

  function refuse(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.kind === 'too-many') {
      setWait(Math.max(SHORTEST_WAIT_s, Math.ceil(error.retryAfter_s ?? SHORTEST_WAIT_s)));
      setRefusal('wait');
    } else if (error.kind === 'signed-out' || error.kind === 'refused') {
      setRefusal('wrong');
      setPassword('');
      passwordInput.focus();
    } else {
      setRefusal(error.kind === 'unreachable' ? 'unreachable' : error);
    }
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (user().trim() === '') return userInput.focus();
    if (password() === '') return passwordInput.focus();
    if (busy() || wait_s() > 0) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      await app.signIn(user().trim(), password());
    } catch (error) {
      refuse(error);
    } finally {
      setBusy(false);
      setTried(false);
    }
  }

  const words = (): string | undefined => {
    const why = refusal();
    if (why === undefined) return undefined;
    if (why === 'wrong') return app.t('signIn.wrong');
    if (why === 'unreachable') return app.t('signIn.unreachable');
    if (why === 'wait') return app.t('signIn.wait', { seconds: wait_s() });
    return app.explain(why);
  };

  return (
    <form class="stack sign-in-form" onSubmit={(event) => void submit(event)} noValidate>
      <h1>{app.t('signIn.title')}</h1>
      <Show when={words()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <Field
        label={app.t('signIn.user')}
        wrong={tried() && user().trim() === '' ? app.t('signIn.needUser') : undefined}
      >
        {(control) => (
          <input
            {...control}
            ref={userInput}
            class="input"
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            value={user()}
            onInput={(event) => setUser(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field
        label={app.t('signIn.password')}
        wrong={tried() && password() === '' ? app.t('signIn.needPassword') : undefined}
      >
        {(control) => (
          <div class="with-button">
            <input
              {...control}
              ref={passwordInput}
              class="input"
              name="password"
              type={shown() ? 'text' : 'password'}
              autocomplete="current-password"
              value={password()}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
            <button
              type="button"
              class="button quiet square"
              aria-pressed={shown()}
              aria-label={app.t(shown() ? 'signIn.hide' : 'signIn.show')}
              onClick={() => setShown((now) => !now)}
            >
              <Icon name="eye" />
            </button>
          </div>
        )}
      </Field>
      <button type="submit" class="button primary" disabled={wait_s() > 0} aria-busy={busy()}>
        {app.t(busy() ? 'signIn.busy' : 'signIn.submit')}
      </button>
    </form>
  );
}
