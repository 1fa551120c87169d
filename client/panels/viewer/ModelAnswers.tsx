/** What models that others trained say of the nodule in hand. None comes with the program; see the guide. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Card, Check, InstalledModels, ModelAnswer, ModelAnswers as Answers } from '../../../contract/models';
import { useApp } from '../../core/app';
import { colonIn } from '../../core/language';
import type { ModelOutline, ModelOutlines } from '../../core/model-outlines';
import type { NoduleWork } from '../../core/nodules';
import { createQuery } from '../../core/query';
import { boxedOf } from '../../viewer/mask';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { mm3 } from './NoduleTable';
import { IN_HAND } from './nodule-hand';

interface ModelAnswersProps {
  readonly work: NoduleWork;
  readonly outlines: ModelOutlines;
}

export function ModelAnswers(props: ModelAnswersProps): JSX.Element {
  const app = useApp();
  const installed = createQuery(() => async (signal) => await app.api.get<InstalledModels>('/api/models', { signal }));
  const [why, setWhy] = createSignal<unknown>();
  const [isAsking, setAsking] = createSignal(false);
  const answers = (): Answers | undefined => props.outlines.answers();
  async function ask(): Promise<void> {
    const now = props.work.inHand();
    if (!now) return;
    setAsking(true);
    setWhy(undefined);
    try {
      const path = `/api/series/${encodeURIComponent(now.series)}/nodules/models`;
      const found = await app.api.post<Answers>(path, { mask: boxedOf(now.mask) });
      props.outlines.hear(now, found);
      app.announce(app.t('model.answered', { n: found.answers.length }));
    } catch (error) {
      setWhy(error);
    } finally {
      setAsking(false);
    }
  }
  return (
    <Show when={(installed.data()?.models.length ?? 0) > 0}>
      <section class="stack tight models" aria-label={app.t('model.heading')}>
        <h2 class="series-heading">{app.t('model.heading')}</h2>
        <button type="button" class="button small" disabled={isAsking() || props.work.state() !== 'shown'} aria-busy={isAsking()} onClick={() => void ask()}>
          {app.t('model.ask', { n: installed.data()?.models.length ?? 0 })}
        </button>
        <Show when={why()}>{(error) => <Notice kind="bad">{app.explain(error())}</Notice>}</Show>
        <For each={answers()?.answers ?? []}>{(answer) => <Answer answer={answer} outlines={props.outlines} />}</For>
        <For each={answers()?.failed ?? []}>
          {(failed) => (
            <Notice kind="warn">
              {failed.folder}{colonIn(app.language())}{app.t('model.failed')}
            </Notice>
          )}
        </For>
      </section>
    </Show>
  );
}

function Answer(props: { answer: ModelAnswer; outlines: ModelOutlines }): JSX.Element {
  const app = useApp();
  const card = (): Card => props.answer.card;
  const words = (): string => {
    const { outcome } = props.answer;
    if (outcome.kind === 'probability') return `${card().output.means[app.language()]}${colonIn(app.language())}${(outcome.value * 100).toFixed(1)} %`;
    if (outcome.kind === 'not-assessable') return app.t('model.notAssessable');
    const volume = mm3(outcome.volume_mm3);
    const { compared } = outcome;
    if (!compared) return app.t('model.mask', { volume });
    return app.t('model.maskBeside', { volume, beside: mm3(compared.classical_mm3), dice: compared.dice.toFixed(2) });
  };
  return (
    <article class="stack tight panel model-answer" data-model={card().id} data-outcome={props.answer.outcome.kind}>
      <h3 class="small">
        {card().title[app.language()]} <span class="soft">{card().version}</span>
      </h3>
      <p class="number">{words()}</p>
      <Show when={props.outlines.of(card().id)}>{(outline) => <Legend outline={outline()} outlines={props.outlines} title={card().title[app.language()]} />}</Show>
      <ul class="plain small">
        <For each={props.answer.checks}>{(check) => <CheckLine check={check} />}</For>
      </ul>
      <details>
        <summary>{app.t('model.card')}</summary>
        <CardTexts card={card()} />
      </details>
    </article>
  );
}

/** How the model's outline is drawn beside the one in hand, and whether it is. */
function Legend(props: { outline: ModelOutline; outlines: ModelOutlines; title: string }): JSX.Element {
  const app = useApp();
  return (
    <div class="row small model-legend" role="group" aria-label={app.t('model.drawn')}>
      <label class="row">
        <input type="checkbox" checked={props.outlines.isOn(props.outline.id)} onChange={() => props.outlines.toggle(props.outline.id)} />
        <Line colour={props.outline.colour} dash={props.outline.dash} />
        {app.t('model.outline')}
      </label>
      <span class="row">
        <Line colour={IN_HAND} dash={[]} />
        {app.t('model.outlineInHand')}
      </span>
    </div>
  );
}

/** A piece of a line as it is drawn on the pictures; on dark, as there. */
function Line(props: { colour: string; dash: readonly number[] }): JSX.Element {
  return (
    <svg class="line-sign" width="28" height="12" aria-hidden="true">
      <line x1="3" y1="6" x2="25" y2="6" stroke={props.colour} stroke-width="2" stroke-dasharray={props.dash.join(' ')} />
    </svg>
  );
}

function CheckLine(props: { check: Check }): JSX.Element {
  const app = useApp();
  return (
    <li>
      <Icon name={props.check.holds ? 'check' : 'alert'} size={14} /> <span class="for-listeners">{app.t(props.check.holds ? 'model.holds' : 'model.doesNotHold')}: </span>
      {props.check.text[app.language()]}
    </li>
  );
}

function CardTexts(props: { card: Card }): JSX.Element {
  const app = useApp();
  const texts = () =>
    [
      [app.t('model.use'), props.card.intended_use[app.language()]],
      [app.t('model.trainedOn'), props.card.trained_on[app.language()]],
      [app.t('model.performance'), props.card.performance[app.language()]],
      [app.t('model.limits'), props.card.limits[app.language()]],
      [app.t('model.source'), `${props.card.author}; ${props.card.source}; ${props.card.licence}`],
    ] as const;
  return (
    <dl class="small">
      <For each={texts()}>
        {([name, text]) => (
          <>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </>
        )}
      </For>
    </dl>
  );
}
