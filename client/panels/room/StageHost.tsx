/** The canvas on which a room is seen, with a hologram or without, what is said about it, and what stands there where nothing can be drawn. */
import { Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Vec3 } from '../../core/frames';
import { ownLaser } from '../../core/room-lasers';
import type { Setting } from '../../core/room-setting';
import type { SeriesVolume } from '../../core/series-volume';
import type { VolumeStore } from '../../core/volume/store';
import type { Proposal } from '../../stage/proposals';
import type { Stage } from '../../stage/stage';
import { GATHERED_TOOLS, TOOLS } from '../../stage/tools';
import type { Tool } from '../../stage/tools';
import { EmptyState } from '../EmptyState';
import { Notice } from '../Notice';
import { Progress } from '../Progress';
import { TableFromAbove } from './TableFromAbove';
import { ToolBar } from './ToolBar';
import { wireSpace } from './space-events';
import type { SpaceProps } from './space-events';

interface StageHostProps extends SpaceProps {
  /** The images that stand here, if any do. */
  readonly volume: SeriesVolume | undefined;
  readonly title: string;
  /** Whether the room is about a patient, whose images may come. */
  readonly about: boolean;
  /** Whether its images are kept from who is here. */
  readonly withheld?: boolean;
  /** What is seen around the table; flat: no stage at all. */
  readonly setting: Setting;
  readonly nodules: readonly Proposal[];
  /** The tools for images. */
  readonly children: JSX.Element;
  /** What is seen of images where no stage is drawn; left out, that there is none. */
  readonly instead?: JSX.Element;
  /** At the foot of the stage: voice. */
  readonly foot: JSX.Element;
  /** What is said on it besides. */
  readonly words: JSX.Element;
  /** At its side: pictures. */
  readonly side: JSX.Element;
  onStage(stage: Stage | undefined): void;
  /** This device can draw no stage. */
  onNone?(): void;
}

export function StageHost(props: StageHostProps): JSX.Element {
  const app = useApp();
  const [none, setNone] = createSignal(false);
  const [lost, setLost] = createSignal(false);
  const [stage, setStage] = createSignal<Stage>();
  const [leaveSeat, setLeaveSeat] = createSignal<() => void>();
  const flat = createMemo(() => props.setting === 'flat');
  // Where no images stand people meet in the place, and there is less to do it with.
  const gathered = createMemo(() => props.volume === undefined);
  /** Why no images stand here. */
  const empty = (): 'circle.withheld' | 'circle.noImages' | 'circle.what' => {
    if (props.withheld) return 'circle.withheld';
    return props.about ? 'circle.noImages' : 'circle.what';
  };
  /** The pen is for those who work here. */
  const tools = (): readonly Tool[] => (gathered() ? GATHERED_TOOLS.filter((tool) => tool !== 'pen' || props.works) : TOOLS);
  const tool = (): Tool => tools().find((one) => one === props.control.tool()) ?? 'turn';
  let canvas!: HTMLCanvasElement;

  function wire(made: Stage): void {
    wireSpace(made, props, app);
    made.pointsBeside = pointsAt;
    made.tools.has = (tool) => untrack(() => tools().includes(tool) && props.control.hasTool(tool));
    made.tools.tool = untrack(tool);
    made.tools.events.on('tool', (tool) => props.control.chooseTool(tool));
    made.tools.events.on('write-at', (at) => props.control.askForWords(at));
    made.tools.events.on('step', ({ step, words }) => app.announce(app.t(`step.${step}`, { words })));
    made.events.on('context', (event) => setLost(event.lost));
    props.control.drawWith({ set: (change) => made.set(change), state: () => made.shared.state });
    made.onHologram = () => props.control.redrawn();
    setStage(made);
    props.onStage(made);
  }

  /** Where in the room one points without the stage. */
  function pointsAt(): Vec3 | undefined {
    const [at, hologram, store] = untrack(() => [props.control.pointed(), props.control.hologram(), latest()]);
    if (at && 'at_m' in at) return at.at_m;
    return at && hologram && store && ownLaser(props.control.view, hologram, store.manifest, at.at_lps_mm, performance.now());
  }

  async function open(alive: () => boolean): Promise<Stage | undefined> {
    const { NoStage, createStage } = await import('../../stage/stage');
    if (!alive()) return undefined;
    const { setting } = props;
    try {
      return createStage(canvas, { room: props.control.view, store: untrack(latest), language: app.language(), ...(setting === 'flat' ? {} : { place: setting }) });
    } catch (error) {
      if (!(error instanceof NoStage)) throw error;
      setNone(true);
      props.onNone?.();
      await sit(alive);
      return undefined;
    }
  }

  /** Who draws no stage has a seat at the table all the same. */
  async function sit(alive: () => boolean): Promise<void> {
    const { takeSeat } = await import('../../stage/seats');
    if (alive()) setLeaveSeat(() => takeSeat(props.control.view, () => props.leans?.(), pointsAt));
  }

  // Images come, and others take their place, on the same stage: whoever is inside with a headset stays there meanwhile.
  const latest = createMemo<VolumeStore | undefined>((before) => props.volume?.store() ?? before);
  createEffect(
    on(flat, (isFlat) => {
      let alive = true;
      let mine: Stage | undefined;
      if (isFlat) void sit(() => alive);
      else void open(() => alive).then((made) => {
        mine = made;
        if (made) wire(made);
      });
      onCleanup(() => {
        alive = false;
        props.control.drawWith(undefined);
        setStage(undefined);
        leaveSeat()?.();
        setLeaveSeat(undefined);
        props.onStage(undefined);
        mine?.dispose();
      });
    }),
  );
  createEffect(() => {
    const [made, store] = [stage(), latest()];
    if (!made || !store || made.hologram.scan === store) return;
    made.show(store);
    made.propose(untrack(() => props.nodules));
  });
  createEffect(() => {
    const made = stage();
    if (made) made.tools.tool = tool();
  });
  createEffect(() => {
    const made = stage();
    if (made) made.language = app.language();
  });
  createEffect(() => {
    const made = stage();
    if (made && props.setting !== 'flat') made.surroundings = props.setting;
  });
  createEffect(() => stage()?.propose(props.nodules));

  return (
    <section class="stage" aria-label={app.t('stage.title')} data-gathering={gathered() ? (stage() ? 'place' : 'table') : undefined}>
      <canvas
        ref={canvas}
        class="stage-canvas"
        hidden={flat() || none()}
        tabIndex={0}
        role="application"
        aria-label={app.t(gathered() ? 'circle.region' : 'stage.region')}
        aria-description={app.t(gathered() ? 'circle.describe' : 'stage.describe', { title: props.title, people: props.control.people().length })}
      />
      <Show when={gathered()} fallback={<div class="stage-tools">{props.children}</div>}>
        <Show when={none() || flat()}>
          <TableFromAbove control={props.control} works={props.works ?? false} />
        </Show>
        <div class="circle-side">
          <p class="circle-words">
            <strong>{app.t(empty())}</strong>
            <Show when={!props.control.view.watching}>
              {' '}
              <Show when={none() || flat()}>{app.t(props.works ? 'circle.table.drag' : 'circle.table.over')} </Show>
              <span class="wide-only">{app.t('circle.can')} <Show when={props.works}>{app.t(props.about ? 'circle.takes' : 'circle.works')}</Show></span>
            </Show>
          </p>
          <Show when={stage() && !props.control.view.watching}>
            <ToolBar control={props.control} tools={tools()} tool={tool()} hint={app.t(`circle.hint.${tool() as 'turn'}`)} />
          </Show>
        </div>
      </Show>
      {props.side}
      {props.foot}
      <div class="stage-words">
        {props.words}
        <Show when={props.volume}>{(volume) => <VolumeWords volume={volume()} />}</Show>
        <Show when={!gathered() && stage()?.reduced}>
          <p class="stage-progress">{app.t('stage.reduced')}</p>
        </Show>
        <Show when={lost()}>
          <Notice kind="warn">{app.t('stage.lost')}</Notice>
        </Show>
      </div>
      <Show when={(none() || flat()) && !gathered()}>
        <Show
          when={props.instead}
          fallback={
            <div class="stage-instead">
              <EmptyState icon="layers" title={app.t(flat() ? 'stage.flat' : 'stage.no3d')} hint={app.t('stage.no3dHint')} />
            </div>
          }
        >
          {(instead) => <div class="stage-slices">{instead()}</div>}
        </Show>
      </Show>
    </section>
  );
}

/** How far the volume is, in words; nothing once it is whole. */
function VolumeWords(props: { volume: SeriesVolume }): JSX.Element {
  const app = useApp();
  const step = (): ReturnType<SeriesVolume['step']> => props.volume.step();
  const failed = (): { error: unknown } | undefined => {
    const now = step();
    return now.step === 'failed' ? now : undefined;
  };
  const done = (): number | undefined => {
    const now = step();
    return now.step === 'made' || now.step === 'coarse' ? now.done : undefined;
  };
  return (
    <Switch>
      <Match when={failed()}>
        {(why) => (
          <Notice kind="bad">
            <p>
              {app.t('stage.failed')}. {app.explain(why().error)}
            </p>
            <button type="button" class="button small" onClick={() => props.volume.retry()}>
              {app.t('app.retry')}
            </button>
          </Notice>
        )}
      </Match>
      <Match when={step().step === 'asking' || step().step === 'made'}>
        <div class="stage-progress">
          <Progress label={app.t('stage.loading')} done={done()} />
        </div>
      </Match>
      <Match when={step().step === 'coarse'}>
        <div class="stage-progress">
          <Progress label={app.t('stage.refining', { percent: Math.floor((done() ?? 0) * 100) })} done={done()} />
        </div>
      </Match>
      <Match when={step().step === 'fine'}>
        <span class="for-listeners" role="status" data-volume="fine">
          {app.t('stage.ready')}
        </span>
      </Match>
    </Switch>
  );
}
