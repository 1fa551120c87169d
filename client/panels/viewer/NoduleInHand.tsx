/** The nodule in hand: what is measured on it, the brush that mends its outline, and the way to keep it. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { FollowedNodule } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import { colonIn } from '../../core/language';
import type { ModelOutlines } from '../../core/model-outlines';
import { BRUSH_mm } from '../../core/nodules';
import type { NoduleDoors, NoduleWork, Said } from '../../core/nodules';
import type { ViewerControl } from '../../core/viewer-control';
import { isBrush } from '../../viewer/tools';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { Segmented } from '../Segmented';
import { Slider } from '../room/Slider';
import { ModelAnswers } from './ModelAnswers';
import { NoduleFeatures } from './NoduleFeatures';
import { NoduleKeep } from './NoduleKeep';
import { NoduleTable, mm } from './NoduleTable';

interface NoduleInHandProps {
  readonly work: NoduleWork;
  readonly doors: NoduleDoors;
  readonly models: ModelOutlines;
  readonly control: ViewerControl;
  readonly may: boolean;
  /** Nodules of the patient that were kept before. */
  readonly known: readonly FollowedNodule[];
  onKept(): void;
}

export function NoduleInHand(props: NoduleInHandProps): JSX.Element {
  const app = useApp();
  const { work } = props;
  return (
    <section class="stack tight nodule-in-hand" data-nodule={work.state()} aria-label={app.t('nodule.inHand')}>
      <p class="small soft" role="status">
        <Show when={work.state() === 'finding'}>{app.t('nodule.finding')}</Show>
        <Show when={work.state() === 'waiting'}>{app.t('nodule.waiting')}</Show>
        <Show when={work.state() === 'measuring'}>{app.t('nodule.measuring')}</Show>
        <Show when={work.state() === 'keeping'}>{app.t('nodule.keeping')}</Show>
      </p>
      <Show when={work.state() === 'empty'}>
        <Notice kind="warn">{app.t('nodule.empty')}</Notice>
      </Show>
      <Show when={work.state() === 'failed'}>
        <Notice kind="bad">
          {app.t('nodule.failed')}{colonIn(app.language())}{app.explain(work.why())}
        </Notice>
      </Show>
      <Show when={work.inHand()}>
        <h2 class="series-heading">{app.t('nodule.inHand')}</h2>
        <Edit {...props} />
        <Found work={work} />
        <Show when={work.inHand()?.measures}>{(measures) => <NoduleTable measures={measures()} />}</Show>
        <NoduleFeatures work={work} doors={props.doors} />
        <ModelAnswers work={work} outlines={props.models} />
        <Keep {...props} />
      </Show>
    </section>
  );
}

/** Brush and eraser, how far they reach, and what takes their strokes back. */
function Edit(props: NoduleInHandProps): JSX.Element {
  const app = useApp();
  const { work, control } = props;
  return (
    <div class="stack tight">
      <div class="row">
        <For each={['brush', 'eraser'] as const}>
          {(tool) => (
            <button type="button" class="button small" aria-pressed={control.tool() === tool} aria-keyshortcuts={tool === 'brush' ? 'u' : 'y'} onClick={() => control.chooseTool(tool)}>
              <Icon name={tool} size={16} />
              {app.t(`vtool.${tool}`)}
            </button>
          )}
        </For>
        <button type="button" class="button small" aria-label={app.t('vaction.undo')} title={app.t('vaction.undo')} disabled={!work.canUndo()} onClick={() => work.undo()}>
          <Icon name="undo" size={16} />
        </button>
        <button type="button" class="button small" aria-label={app.t('vaction.redo')} title={app.t('vaction.redo')} disabled={!work.canRedo()} onClick={() => work.redo()}>
          <Icon name="redo" size={16} />
        </button>
      </div>
      <Show when={isBrush(control.tool())}>
        <Slider
          label={app.t('nodule.brushSize')}
          min={BRUSH_mm.least}
          max={BRUSH_mm.most}
          step={BRUSH_mm.step}
          value={work.radius_mm()}
          words={mm(work.radius_mm())}
          onChange={work.setRadius}
        />
        <Segmented
          label={app.t('nodule.brushReach')}
          options={[
            { value: 'flat', label: app.t('nodule.brushFlat') },
            { value: 'ball', label: app.t('nodule.brushBall') },
          ]}
          chosen={work.isBall() ? 'ball' : 'flat'}
          onChoose={(reach) => work.setBall(reach === 'ball')}
        />
      </Show>
    </div>
  );
}

/** What the program said of its outline. */
function Found(props: { work: NoduleWork }): JSX.Element {
  const app = useApp();
  const proposal = (): ReturnType<NoduleWork['inHand']> => props.work.inHand();
  return (
    <>
      <div class="row">
        <For each={proposal()?.proposal?.attached ?? []}>{(what) => <span class="chip">{app.t(`nodule.attached.${what}`)}</span>}</For>
        <Show when={proposal()?.byHand}>
          <span class="chip">{app.t('nodule.edited')}</span>
        </Show>
      </div>
      <For each={proposal()?.proposal?.notices ?? []}>{(notice) => <Notice kind="warn">{notice.text[app.language()]}</Notice>}</For>
    </>
  );
}

/** Name, identity over time, and keeping. */
function Keep(props: NoduleInHandProps): JSX.Element {
  const app = useApp();
  const { work } = props;
  // Another nodule in hand has another name.
  const subject = (): string => `${work.inHand()?.series ?? ''} ${work.inHand()?.of?.tracking_uid ?? ''} ${work.inHand()?.again ?? ''} ${String(work.inHand() === undefined)}`;
  async function keep(said: Omit<Said, 'byHand'>): Promise<void> {
    if (!(await work.keep(said))) return;
    app.toast(() => app.t('nodule.kept'));
    props.onKept();
  }
  return (
    <NoduleKeep
      subject={subject()}
      known={props.known}
      kept={work.inHand()?.of ?? props.known.find(({ tracking_uid }) => tracking_uid === work.inHand()?.again)}
      may={props.may}
      isReady={work.state() === 'shown' || work.state() === 'failed'}
      isKeeping={work.state() === 'keeping'}
      onKeep={(said) => void keep(said)}
      onCancel={() => work.cancel()}
    />
  );
}
