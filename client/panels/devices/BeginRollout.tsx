/** Begins a roll-out: how careful it is, and whether devices at patients are among it. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { inLanguage } from '../../core/language';
import { refusalOf } from '../../core/upgrades';
import type { DevicePackage, Rollout, RolloutPlan, RolloutStage } from '../../core/upgrades';
import { Field } from '../Field';
import { Notice } from '../Notice';

/** How far the stages go. */
const STAGES = {
  careful: [{ devices: 1 }, { percent: 25 }, { percent: 100 }],
  half: [{ devices: 1 }, { percent: 50 }, { percent: 100 }],
  all: [{ percent: 100 }],
} as const satisfies Readonly<Record<string, readonly RolloutStage[]>>;
type Pace = keyof typeof STAGES;
const PACES = Object.keys(STAGES) as readonly Pace[];

const whole = (text: string, least: number, most: number): number | undefined => {
  const value = Number(text);
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
};

export function BeginRollout(props: { of: DevicePackage; onBegun(): void }): JSX.Element {
  const app = useApp();
  const { t } = app;
  const [pace, setPace] = createSignal<Pace>('careful');
  const [watch, setWatch] = createSignal('600');
  const [answer, setAnswer] = createSignal('3600');
  const [failed, setFailed] = createSignal('0');
  const [inUse, setInUse] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  const plan = (): RolloutPlan | undefined => {
    const [watch_s, answer_within_s, most_failed] = [whole(watch(), 0, 604_800), whole(answer(), 1, 604_800), whole(failed(), 0, 2000)];
    if (watch_s === undefined || answer_within_s === undefined || most_failed === undefined) return undefined;
    return { stages: STAGES[pace()], watch_s, answer_within_s, most_failed };
  };

  async function begin(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const careful = plan();
    if (busy() || !careful) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      await app.api.post<Rollout>('/api/devices/rollouts', { package: props.of.id, in_use: inUse(), plan: careful });
      app.announce(t('upgrades.begun'));
      props.onBegun();
    } catch (error) {
      setRefusal(refusalOf(error, app.explain));
    } finally {
      setBusy(false);
    }
  }

  const figure = (label: string, hint: string, of: () => string, set: (text: string) => void, wrong: boolean): JSX.Element => (
    <Field label={label} hint={hint} wrong={wrong ? t('upgrades.whole') : undefined}>
      {(control) => (
        <input {...control} class="input" inputMode="numeric" value={of()} onInput={(event) => set(event.currentTarget.value)} />
      )}
    </Field>
  );

  return (
    <form class="stack" onSubmit={(event) => void begin(event)} noValidate>
      <p>
        <strong>
          {props.of.title ? inLanguage(props.of.title, app.language()) : props.of.profile} {props.of.version}
        </strong>{' '}
        · {props.of.publisher}
      </p>
      <Show when={inLanguage(props.of.news, app.language())}>{(news) => <p class="soft">{news()}</p>}</Show>
      <Field label={t('upgrades.pace')} hint={t('upgrades.paceHint')}>
        {(control) => (
          <select {...control} class="input" value={pace()} onChange={(event) => setPace(event.currentTarget.value as Pace)}>
            {PACES.map((one) => (
              <option value={one}>{t(`upgrades.pace.${one}`)}</option>
            ))}
          </select>
        )}
      </Field>
      {figure(t('upgrades.watch'), t('upgrades.watchHint'), watch, setWatch, whole(watch(), 0, 604_800) === undefined)}
      {figure(t('upgrades.answer'), t('upgrades.answerHint'), answer, setAnswer, whole(answer(), 1, 604_800) === undefined)}
      {figure(t('upgrades.most'), t('upgrades.mostHint'), failed, setFailed, whole(failed(), 0, 2000) === undefined)}
      <label class="choice">
        <input type="checkbox" checked={inUse()} onChange={(event) => setInUse(event.currentTarget.checked)} />
        <span>{t('upgrades.inUse')}</span>
      </label>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <footer>
        <button type="submit" class="button primary" disabled={!plan()} aria-busy={busy()}>
          {t('upgrades.beginShort')}
        </button>
      </footer>
    </form>
  );
}
