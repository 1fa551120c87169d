/** What a program suggests to look at: go there, outline it, or put it aside with a reason. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Suggestion } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import type { Vec3 } from '../../core/frames';
import { Icon } from '../Icon';
import { mm } from './NoduleTable';

interface NoduleCandidatesProps {
  readonly candidates: readonly Suggestion[];
  onGoTo(at: Vec3): void;
  onFind(at: Vec3): void;
  onDismiss(candidate: Suggestion, reason: string): Promise<void>;
  onTakeBack(candidate: Suggestion): Promise<void>;
}

/** So many are shown at first: the most striking. */
const FIRST = 8;
const REASONS = ['vessel', 'scar', 'node', 'artefact', 'other'] as const;

export function NoduleCandidates(props: NoduleCandidatesProps): JSX.Element {
  const app = useApp();
  const [all, setAll] = createSignal(false);
  // Of which one the reason is asked: by its id, since the list may be read anew meanwhile.
  const [asked, setAsked] = createSignal<string>();
  const open = (): readonly Suggestion[] => props.candidates.filter(({ dismissed }) => dismissed === undefined);
  const aside = (): readonly Suggestion[] => props.candidates.filter(({ dismissed }) => dismissed !== undefined);
  const shown = (): readonly Suggestion[] => (all() ? open() : open().slice(0, FIRST));
  return (
    <section class="stack tight nodule-candidates">
      <h2 class="series-heading">{app.t('nodule.candidates')}</h2>
      <Show when={open().length > 0} fallback={<p class="soft small">{app.t('nodule.candidatesNone')}</p>}>
        <p class="soft small">{app.t('nodule.candidatesHint')}</p>
        <ul class="marks" aria-label={app.t('nodule.candidates')}>
          <For each={shown()}>{(one) => <Candidate {...props} one={one} asks={asked() === one.id} onAsk={(asks) => setAsked(asks ? one.id : undefined)} />}</For>
        </ul>
        <Show when={open().length > shown().length}>
          <button type="button" class="button small" onClick={() => setAll(true)}>
            {app.t('nodule.candidatesMore', { n: open().length - shown().length })}
          </button>
        </Show>
      </Show>
      <Show when={aside().length > 0}>
        <details>
          <summary>{app.t('nodule.aside', { n: aside().length })}</summary>
          <ul class="marks">
            <For each={aside()}>
              {(one) => (
                <li data-candidate={one.id}>
                  <span class="chip">{mm(one.candidate.diameter_mm)}</span>
                  <span class="mark-words">{one.dismissed}</span>
                  <button type="button" class="button quiet small" aria-label={app.t('nodule.takeBack', { what: mm(one.candidate.diameter_mm) })} onClick={() => void props.onTakeBack(one)}>
                    <Icon name="undo" size={16} />
                  </button>
                </li>
              )}
            </For>
          </ul>
        </details>
      </Show>
    </section>
  );
}

interface CandidateProps extends NoduleCandidatesProps {
  readonly one: Suggestion;
  readonly asks: boolean;
  onAsk(asks: boolean): void;
}

function Candidate(props: CandidateProps): JSX.Element {
  const app = useApp();
  const { one } = props;
  const name = mm(one.candidate.diameter_mm);
  return (
    <li data-candidate={one.id}>
      <span class="chip">{name}</span>
      <span class="mark-words">
        {one.candidate.reason[app.language()]} · {app.t('nodule.score', { score: one.candidate.score.toFixed(2) })}
      </span>
      <button type="button" class="button quiet small" aria-label={app.t('nodule.goTo', { what: name })} onClick={() => props.onGoTo(one.candidate.centre_lps_mm)}>
        <Icon name="eye" size={16} />
      </button>
      <button type="button" class="button quiet small" aria-label={app.t('nodule.accept', { what: name })} onClick={() => props.onFind(one.candidate.centre_lps_mm)}>
        <Icon name="nodule" size={16} />
      </button>
      <button type="button" class="button quiet small" aria-label={app.t('nodule.dismiss', { what: name })} aria-expanded={props.asks} onClick={() => props.onAsk(!props.asks)}>
        <Icon name="close" size={16} />
      </button>
      <Show when={props.asks}>
        <label class="candidate-why">
          <span class="small">{app.t('nodule.dismissWhy')}</span>
          <select class="input small" onChange={(event) => void props.onDismiss(one, event.currentTarget.value)}>
            <option value="">—</option>
            <For each={REASONS}>{(reason) => <option value={app.t(`nodule.reason.${reason}`)}>{app.t(`nodule.reason.${reason}`)}</option>}</For>
          </select>
        </label>
      </Show>
    </li>
  );
}
