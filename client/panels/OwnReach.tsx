/** Where the person who is signed in is reached when no page of theirs is open: seen, changed, tested, switched off. */
import { Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { createQuery } from '../core/query';
import type { ReachView } from '../core/reach';
import { Answer } from './Answer';
import { stateWords } from './call-words';
import { Field } from './Field';
import { Notice } from './Notice';

const AGAIN_ms = 2_000;

export function OwnReach(): JSX.Element {
  const app = useApp();
  const own = createQuery<ReachView>(() => (signal) => app.api.get('/api/me/reach', { signal }));
  return (
    <section class="panel" aria-labelledby="own-reach" data-reach>
      <header>
        <h2 id="own-reach">{app.t('reach.title')}</h2>
      </header>
      <div class="panel-body stack">
        <Answer of={own} lines={3}>
          {(found) => (
            <Show when={found().configured} fallback={<p class="soft">{app.t('reach.none')}</p>}>
              <p class="soft small">{app.t('reach.what')}</p>
              <ReachForm of={found()} reload={() => own.reload()} />
            </Show>
          )}
        </Answer>
      </div>
    </section>
  );
}

function ReachForm(props: { of: ReachView; reload(): void }): JSX.Element {
  const app = useApp();
  const [refusal, setRefusal] = createSignal('');
  const [busy, setBusy] = createSignal(false);

  // What becomes of a test is seen as it comes about.
  const timer = setInterval(() => {
    if (props.of.test?.state === 'waiting') props.reload();
  }, AGAIN_ms);
  onCleanup(() => clearInterval(timer));

  async function act(what: () => Promise<unknown>, said?: () => string): Promise<void> {
    if (busy()) return;
    setBusy(true);
    setRefusal('');
    try {
      await what();
      if (said !== undefined) app.toast(said);
      props.reload();
    } catch (error) {
      setRefusal(app.explain(error));
    } finally {
      setBusy(false);
    }
  }

  function save(event: SubmitEvent & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const address = form.get('address');
    const body = {
      address: typeof address === 'string' ? address : '',
      on: form.get('on') !== null,
      language: form.get('language') === 'en' ? 'en' : 'zh',
    };
    void act(() => app.api.put('/api/me/reach', body), () => app.t('reach.saved'));
  }

  return (
    <>
      <form class="stack" data-form="reach" onSubmit={save} noValidate>
        <Field label={app.t('reach.address')} hint={app.t('reach.addressHint')} wrong={refusal() || undefined}>
          {(control) => (
            <input {...control} class="input" name="address" autocomplete="tel" maxLength={200} value={props.of.reach?.address ?? ''} />
          )}
        </Field>
        <Field label={app.t('reach.language')}>
          {(control) => (
            <select {...control} class="input" name="language">
              <option value="zh" selected={(props.of.reach?.language ?? app.language()) === 'zh'}>
                中文
              </option>
              <option value="en" selected={(props.of.reach?.language ?? app.language()) === 'en'}>
                English
              </option>
            </select>
          )}
        </Field>
        <label class="choice">
          <input type="checkbox" name="on" checked={props.of.reach?.on ?? true} />
          <span>{app.t('reach.on')}</span>
        </label>
        <div class="row">
          <button type="submit" class="button primary" disabled={busy()}>
            {app.t('reach.save')}
          </button>
          <button
            type="button"
            class="button"
            disabled={busy() || !props.of.reach?.on}
            onClick={() => void act(() => app.api.post('/api/me/reach/test', {}))}
          >
            {app.t('reach.test')}
          </button>
        </div>
      </form>
      <Show when={props.of.test}>
        {(test) => (
          <Notice kind={test().state === 'refused' ? 'bad' : test().state === 'handed' ? 'good' : 'note'}>
            <span data-test={test().state}>
              {app.t('reach.lastTest', { at: momentOf(test().called, app.language()) })}
              {stateWords(app, test())}
            </span>
          </Notice>
        )}
      </Show>
    </>
  );
}
