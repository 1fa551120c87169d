/** One roll-out: how far it is, which devices stand how, what happened, and what can be done. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { inLanguage, nameIn } from '../../core/language';
import { actsOf, refusalOf, settledOf, whyHalted } from '../../core/upgrades';
import type { MemberStanding, Rollout, RolloutAct, RolloutMember, RolloutStanding, RolloutStep } from '../../core/upgrades';
import { DataTable } from '../DataTable';
import type { Column } from '../DataTable';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { Notice } from '../Notice';
import { Progress } from '../Progress';

const SIGNS: Readonly<Record<RolloutStanding, IconName>> = {
  running: 'play',
  halted: 'alert',
  done: 'check',
  'rolling-back': 'undo',
  'rolled-back': 'undo',
};
const MEMBER_SIGNS: Readonly<Record<MemberStanding, IconName>> = {
  waiting: 'wait',
  asked: 'download',
  watched: 'eye',
  healthy: 'check',
  failed: 'alert',
  leaving: 'undo',
  back: 'undo',
  stuck: 'alert',
  'left-out': 'pause',
};

interface RolloutCardProps {
  readonly mayAct: boolean;
  /** What people call the kind of device; none where its package is gone. */
  readonly kind: string | undefined;
  of(): Rollout | undefined;
  onChanged(): void;
}

export function RolloutCard(props: RolloutCardProps): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  const [open, setOpen] = createSignal(false);
  const [busy, setBusy] = createSignal<RolloutAct>();
  const [refusal, setRefusal] = createSignal<string>();

  async function act(rollout: Rollout, what: RolloutAct): Promise<void> {
    if (busy()) return;
    setBusy(what);
    setRefusal(undefined);
    try {
      await app.api.post<Rollout>(`/api/devices/rollouts/${encodeURIComponent(rollout.id)}/act`, { act: what });
      app.announce(t(`upgrades.did.${what}`));
    } catch (error) {
      setRefusal(refusalOf(error, app.explain));
    } finally {
      setBusy(undefined);
      props.onChanged();
    }
  }

  return (
    <Show when={props.of()}>
      {(rollout) => (
        <article class={`rollout ${rollout().standing}`} aria-label={`${props.kind ?? rollout().manifest.profile} ${rollout().manifest.version}`}>
          <header>
            <strong>
              {t(`upgrades.${rollout().manifest.contents}`)} {rollout().manifest.version}
            </strong>
            <span>{props.kind ?? rollout().manifest.profile}</span>
            <span class="device-sign" role="status">
              <Icon name={SIGNS[rollout().standing]} size={14} />
              {t(`upgrades.is.${rollout().standing}`)}
            </span>
          </header>
          <Progress
            label={t('upgrades.progress', {
              n: settledOf(rollout()),
              of: rollout().members.length,
              stage: rollout().stage + 1,
              stages: rollout().stages,
            })}
            done={settledOf(rollout()) / rollout().members.length}
          />
          <Show when={whyHalted(rollout())}>
            {(step) => (
              <Notice kind="warn">
                {t(step().by === null ? 'upgrades.haltedItself' : 'upgrades.haltedBy', { by: step().by ?? '' })}
                <Show when={step().why}>{(why) => <> {inLanguage(why(), language())}</>}</Show>
              </Notice>
            )}
          </Show>
          <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
          <Show when={props.mayAct && actsOf(rollout()).length > 0}>
            <p class="rollout-acts">
              <For each={actsOf(rollout())}>
                {(what) => (
                  <button type="button" class="button small" aria-busy={busy() === what} onClick={() => void act(rollout(), what)}>
                    {t(`upgrades.act.${what}`)}
                  </button>
                )}
              </For>
            </p>
          </Show>
          <details open={open()} onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>{t('upgrades.more')}</summary>
            <Members of={rollout().members} />
            <Steps of={rollout().steps} />
          </details>
        </article>
      )}
    </Show>
  );
}

function Members(props: { of: readonly RolloutMember[] }): JSX.Element {
  const { t, language } = useApp();
  const columns = (): Column<RolloutMember>[] => [
    { heading: t('devices.name'), cell: (member) => nameIn(member.name ?? member.device, language()) },
    { heading: t('upgrades.stage'), numeric: true, cell: (member) => member.stage + 1 },
    {
      heading: t('devices.standing'),
      cell: (member) => (
        <span class="device-sign">
          <Icon name={MEMBER_SIGNS[member.standing]} size={14} />
          {t(`upgrades.member.${member.standing}`)}
        </span>
      ),
    },
    { heading: t('upgrades.before'), cell: (member) => member.before ?? '–' },
    { heading: t('upgrades.since'), cell: (member) => momentOf(member.since, language()) },
    { heading: t('upgrades.why'), cell: (member) => (member.why ? inLanguage(member.why, language()) : '–') },
  ];
  return <DataTable stacks caption={t('upgrades.members')} columns={columns()} rows={props.of} />;
}

function Steps(props: { of: readonly RolloutStep[] }): JSX.Element {
  const { t, language } = useApp();
  const columns = (): Column<RolloutStep>[] => [
    { heading: t('upgrades.at'), cell: (step) => momentOf(step.at, language()) },
    { heading: t('upgrades.step'), cell: (step) => t(`upgrades.step.${step.what}`) },
    { heading: t('upgrades.by'), cell: (step) => step.by ?? t('upgrades.itself') },
    { heading: t('upgrades.why'), cell: (step) => (step.why ? inLanguage(step.why, language()) : '–') },
  ];
  return <DataTable stacks caption={t('upgrades.steps')} columns={columns()} rows={props.of} />;
}
