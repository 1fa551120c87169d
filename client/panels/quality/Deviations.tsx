/** What deviates from the rules: mine first. Each may be overridden with a reason; nothing waits for it. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { inLanguage } from '../../core/language';
import type { Deviation, Quality, QualityRule } from '../../core/quality';
import { Link } from '../../core/router';
import { EmptyState } from '../EmptyState';
import { Notice } from '../Notice';
import { ReasonField } from '../ReasonField';

interface DeviationsProps {
  readonly of: Quality;
  onChange(): void;
}

export function Deviations(props: DeviationsProps): JSX.Element {
  const app = useApp();
  const open = (): Deviation[] => props.of.deviations.filter(({ state }) => state === 'open');
  const closed = (): Deviation[] => props.of.deviations.filter(({ state }) => state !== 'open');
  return (
    <div class="stack">
      <Show
        when={open().length > 0}
        fallback={<EmptyState icon="check" title={app.t('quality.none')} hint={app.t('quality.noneHint')} />}
      >
        <ul class="deviations">
          <For each={open()}>{(one) => <Row of={one} rules={props.of.rules} onChange={() => props.onChange()} />}</For>
        </ul>
      </Show>
      <Show when={closed().length > 0}>
        <details>
          <summary>{app.t('quality.closed', { n: closed().length })}</summary>
          <ul class="deviations">
            <For each={closed()}>{(one) => <Row of={one} rules={props.of.rules} onChange={() => props.onChange()} />}</For>
          </ul>
        </details>
      </Show>
      <details>
        <summary>{app.t('quality.rules')}</summary>
        <dl class="quality-rules">
          <For each={props.of.rules}>
            {(rule) => (
              <>
                <dt>{inLanguage(rule.title, app.language())}</dt>
                <dd>
                  {inLanguage(rule.why, app.language())}{' '}
                  <Show when={rule.needs_confirmation}>
                    <span class="chip warn">{app.t('quality.confirm')}</span>
                  </Show>
                  <span class="soft small"> {rule.citation ?? app.t('quality.setting')}</span>
                </dd>
              </>
            )}
          </For>
        </dl>
      </details>
    </div>
  );
}

interface RowProps {
  readonly of: Deviation;
  readonly rules: readonly QualityRule[];
  onChange(): void;
}

function Row(props: RowProps): JSX.Element {
  const app = useApp();
  const rule = (): QualityRule | undefined => props.rules.find(({ id }) => id === props.of.rule);
  const text = (of: QualityRule | undefined, part: 'title' | 'mend'): string => (of ? inLanguage(of[part], app.language()) : props.of.rule);
  return (
    <li data-deviation={props.of.id} data-rule={props.of.rule} data-state={props.of.state}>
      <p>
        <strong>{text(rule(), 'title')}</strong>{' '}
        <span class={`chip ${props.of.state === 'open' ? 'warn' : 'good'}`}>{app.t(`quality.is.${props.of.state}`)}</span>{' '}
        <Show when={props.of.mine}>
          <span class="chip accent">{app.t('quality.mine')}</span>
        </Show>{' '}
        <Show when={rule()?.needs_confirmation}>
          <span class="chip" title={app.t('quality.setting')}>
            {app.t('quality.ruleConfirm')}
          </span>
        </Show>
      </p>
      <p class="soft small">
        <Show when={props.of.patient} fallback={app.t('quality.hidden')}>
          {(patient) => <>{patient().name}</>}
        </Show>{' '}
        · {props.of.doctor} · <Show when={props.of.site}>{(site) => <>{inLanguage(site(), app.language())} · </>}</Show>
        <time dateTime={props.of.opened_at}>{momentOf(props.of.opened_at, app.language())}</time>
      </p>
      <Show when={props.of.detail}>{(detail) => <p>{inLanguage(detail(), app.language())}</p>}</Show>
      <Show when={props.of.state === 'open'}>
        <p class="small">{app.t('quality.mend', { what: text(rule(), 'mend') })}</p>
      </Show>
      <Show when={props.of.reason}>
        {(reason) => <p class="small">{app.t('quality.because', { name: props.of.reason_by ?? '', reason: reason() })}</p>}
      </Show>
      <Show when={props.of.path}>
        {(path) => (
          <div class="row">
            <Link class="button small" href={path()}>
              {app.t('quality.go')}
            </Link>
            <Show when={props.of.state === 'open'}>
              <Override of={props.of} onChange={props.onChange} />
            </Show>
          </div>
        )}
      </Show>
    </li>
  );
}

function Override(props: { of: Deviation; onChange(): void }): JSX.Element {
  const app = useApp();
  const [asking, setAsking] = createSignal(false);
  const [reason, setReason] = createSignal('');
  const [refusal, setRefusal] = createSignal<string>();
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (reason().trim() === '') return;
    try {
      await app.api.post(`/api/quality/${encodeURIComponent(props.of.id)}/override`, { reason: reason() });
      app.announce(app.t('quality.is.overridden'));
      props.onChange();
    } catch (error) {
      setRefusal(app.explain(error));
    }
  };
  return (
    <>
      <button type="button" class="button small" aria-expanded={asking()} onClick={() => setAsking((now) => !now)}>
        {app.t('quality.override')}
      </button>
      <Show when={asking()}>
        <form class="stack quality-override" onSubmit={(event) => void send(event)}>
          <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
          <ReasonField label={app.t('quality.why')} longest={1000} required value={reason()} onInput={setReason} />
          <button type="submit" class="button small primary">
            {app.t('quality.overrideSend')}
          </button>
        </form>
      </Show>
    </>
  );
}
