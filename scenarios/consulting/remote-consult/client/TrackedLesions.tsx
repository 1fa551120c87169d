/** What became of each lesion that is followed by its Tracking UID: sizes with their studies, and what may be said. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { asideIn, colonIn, inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { mm, mm3 } from '../../../../client/panels/viewer/NoduleTable';
import { Source } from './Source';
import type { Size, Tracked } from './case';
import type { Say } from './words';

interface TrackedProps {
  readonly all: readonly Tracked[];
  readonly say: Say;
  readonly language: Language;
}

const signed = (percent: number): string => `${percent > 0 ? '+' : ''}${Math.round(percent)} %`;

export function TrackedLesions(props: TrackedProps): JSX.Element {
  return (
    <ul class="consult-tracked" aria-label={props.say('sumTracked')}>
      <For each={props.all}>{(one) => <Lesion one={one} {...props} />}</For>
    </ul>
  );
}

function Lesion(props: TrackedProps & { one: Tracked }): JSX.Element {
  const { t } = useApp();
  const verdict = (): string => {
    const { verdict: said, prior } = props.one;
    if (said) return t(`nodule.verdict.${said.is}`);
    return prior ? t('nodule.verdict.not-assessable') : props.say('sumOnce');
  };
  /** Why nothing, or no more, can be said. */
  const why = (): string | undefined => {
    const { verdict: said, why: none } = props.one;
    if (said && 'why' in said) return inLanguage(said.why, props.language);
    return none ? inLanguage(none, props.language) : undefined;
  };
  const change = (): string | undefined => {
    const { volume, interval_days: days, vdt_days: doubling } = props.one;
    if (!volume || days === null) return undefined;
    const within = volume.interval
      ? t('nodule.interval', { from: signed(volume.interval[0]), to: signed(volume.interval[1]) })
      : t('nodule.noInterval');
    const parts = [`${t('nodule.volume')} ${signed(volume.percent)}${asideIn(within, props.language)}`, t('nodule.days', { n: Math.round(days) })];
    if (doubling !== null) parts.push(`${t('nodule.vdt')} ${t('nodule.days', { n: Math.round(doubling) })}`);
    return parts.join(' · ');
  };
  return (
    <li data-tracked={props.one.tracking_uid} data-verdict={props.one.verdict?.is ?? (props.one.prior ? 'not-assessable' : 'once')}>
      <strong>{props.one.label}</strong>{colonIn(props.language)}{verdict()}
      <Show when={why()}>{(words) => <span class="soft small"> · {words()}</span>}</Show>
      <Show when={props.one.prior}>{(prior) => <SizeLine size={prior()} {...props} />}</Show>
      <SizeLine size={props.one.current} {...props} />
      <Show when={change()}>{(words) => <p class="small">{words()}</p>}</Show>
      <Show when={!props.one.in_newest}>
        <p class="small">{props.say('sumNotInNewest')}</p>
      </Show>
    </li>
  );
}

function SizeLine(props: TrackedProps & { size: Size }): JSX.Element {
  const { t } = useApp();
  return (
    <p class="small">
      <span class="soft">{props.size.day === null ? t('nodule.undated') : dayOf(props.size.day, props.language)}</span>{' '}
      <span class="number">
        {mm(props.size.mean_diameter_mm)} · {mm3(props.size.volume_mm3)} · {t(`nodule.kind.${props.size.kind}`)}
      </span>{' '}
      <Source source={props.size.source} say={props.say} />
    </p>
  );
}
