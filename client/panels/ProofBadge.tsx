/** Proves in this browser that an entry stands in the hospital's ledger, and shows how. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { verifyEntry } from '../core/ledger';
import type { Checkpoint, InclusionProof, Step, StepName, Verdict } from '../core/ledger';
import { createQuery } from '../core/query';
import { Dialog } from './Dialog';
import { Icon } from './Icon';
import { Notice } from './Notice';

interface ProofBadgeProps {
  /** The entry's number in the ledger. */
  readonly sequence: number;
}

interface Checked extends Verdict {
  readonly proof: InclusionProof;
}

export function ProofBadge(props: ProofBadgeProps): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal(false);
  const checked = createQuery<Checked>(() => {
    const sequence = props.sequence;
    return async (signal) => {
      const options = { signal };
      const [entry, checkpoint, key] = await Promise.all([
        app.api.bytes(`/api/ledger/entry/${sequence}`, options),
        app.api.get<Checkpoint>('/api/ledger/checkpoint', options),
        app.api.get<{ key: string }>('/api/ledger/key', options),
      ]);
      const path = `/api/ledger/inclusion/${sequence}?size=${checkpoint.size}`;
      const proof = await app.api.get<InclusionProof>(path, options);
      return { ...(await verifyEntry({ entry, proof, checkpoint, key: key.key })), proof };
    };
  });

  const look = (): { kind: string; text: string } => {
    const verdict = checked.data();
    if (verdict?.result === 'proved') return { kind: 'good', text: app.t('proof.proved') };
    if (verdict?.result === 'partly') return { kind: 'warn', text: app.t('proof.partly') };
    if (verdict) return { kind: 'bad', text: app.t('proof.failed') };
    if (checked.error()) return { kind: 'warn', text: app.t('proof.unread') };
    return { kind: '', text: app.t('proof.checking') };
  };

  return (
    <>
      <button
        type="button"
        class={`chip proof ${look().kind}`}
        data-proof={checked.data()?.result ?? (checked.error() ? 'unread' : 'checking')}
        onClick={() => setOpen(true)}
      >
        <Icon name={look().kind === 'bad' || checked.error() ? 'alert' : 'seal'} size={14} />
        {look().text}
      </button>
      <Show when={open()}>
        <Dialog open title={look().text} onClose={() => setOpen(false)}>
          <Show when={checked.error()}>{(error) => <Notice kind="bad">{app.explain(error())}</Notice>}</Show>
          <Show when={checked.data()}>
            {(verdict) => (
              <>
                <p class="soft small">{app.t('proof.why')}</p>
                <ol class="steps">
                  <For each={verdict().steps}>{(step) => <ProofStep step={step} proof={verdict().proof} />}</For>
                </ol>
              </>
            )}
          </Show>
        </Dialog>
      </Show>
    </>
  );
}

function ProofStep(props: { step: Step; proof: InclusionProof }): JSX.Element {
  const { t } = useApp();
  const name = (step: StepName): string => t(`proof.${step}`, { index: props.proof.index, size: props.proof.size });
  return (
    <li>
      <Switch>
        <Match when={props.step.state === 'ok'}>
          <Icon name="check" />
        </Match>
        <Match when={props.step.state === 'bad'}>
          <Icon name="close" />
        </Match>
        <Match when={props.step.state === 'skipped'}>
          <Icon name="help" />
        </Match>
      </Switch>
      <div>
        <div class="row">
          <strong>{name(props.step.name)}</strong>
          <span class={`chip ${{ ok: 'good', bad: 'bad', skipped: 'warn' }[props.step.state]}`}>
            {t(`proof.${props.step.state}`)}
          </span>
        </div>
        <div class="hash">{props.step.computed}</div>
      </div>
    </li>
  );
}
