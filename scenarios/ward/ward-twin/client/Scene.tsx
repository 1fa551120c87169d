/** The ward in 3D: a bed for each bed, over it a screen that says what its row says; walked through with a headset. */
import { For, Show, createEffect, createMemo, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { Icon } from '../../../../client/panels/Icon';
import { Notice } from '../../../../client/panels/Notice';
import { graphics } from '../../../../client/stage/renderer';
import { emulateXrIfAsked } from '../../../../client/xr/emulate';
import { xrModes } from '../../../../client/xr/modes';
import type { PanelContent } from '../../../../client/xr/panel';
import { wardSaid } from './said';
import type { Errand, WardSaid } from './said';
import { WardStage } from './stage';
import { bedPanel, wardPanel } from './told';
import type { Told } from './told';
import type { WardVisit } from './visit';
import type { WardView } from './ward';
import { sayIn } from './words';

interface SceneProps {
  readonly ward: WardView;
  readonly errands: readonly Errand[];
  /** Looked back to: alarms are only looked at. */
  readonly isPast: boolean;
  readonly night: boolean;
  onNight(night: boolean): void;
  onOpen(bed: string): void;
  reload(): void;
}

export default function Scene(props: SceneProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [stage, setStage] = createSignal<WardStage>();
  const [words, setWords] = createSignal<ReadonlyMap<string, readonly string[]>>(new Map());
  const [none, setNone] = createSignal(false);
  let canvas!: HTMLCanvasElement;
  onMount(() => {
    const card = graphics();
    if (!card) {
      setNone(true);
      return;
    }
    const made = new WardStage(canvas, card, (bed) => props.onOpen(bed));
    made.onPainted = () => setWords(made.words());
    setStage(made);
    onCleanup(() => made.dispose());
  });
  const said = createMemo(() => wardSaid(props.ward, props.errands, say));
  createEffect(() => stage()?.show(said(), props.night));
  return (
    <>
      <Show when={none()}>
        <Notice>{say('no3d')}</Notice>
      </Show>
      <div class="ward-view">
        <Show when={stage()}>{(made) => <Enter {...props} said={said()} stage={made()} />}</Show>
        {/* This names the picture and says how to move in it; what is painted in it stands in words behind it. */}
        <canvas ref={canvas} class="ward-stage" classList={{ hidden: none() }} tabIndex={0} role="img" aria-label={say('sceneLabel')} />
        <ul class="for-listeners" aria-label={say('screensSay')}>
          <For each={[...words()]}>
            {([name, painted]) => (
              <li data-screen={name}>
                <For each={painted}>{(word) => <span>{word} </span>}</For>
              </li>
            )}
          </For>
        </ul>
      </div>
    </>
  );
}

/** Into the ward, where the browser has virtual reality; and what the panel in there says and does. */
function Enter(props: SceneProps & { said: WardSaid; stage: WardStage }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [possible, setPossible] = createSignal(false);
  const [inside, setInside] = createSignal<WardVisit>();
  const [at, setAt] = createSignal<string>();
  let busy = false;

  onMount(async () => {
    if (await emulateXrIfAsked()) {
      window.__xrInside = {
        get stage() {
          return props.stage;
        },
        get headset() {
          return inside();
        },
      };
    }
    setPossible((await xrModes()).vr);
  });
  onCleanup(() => void inside()?.exit());

  const told = (): Told => ({ ward: props.ward, said: props.said, say, language: app.language(), me: app.me()?.id, isPast: props.isPast, night: props.night });
  const content = (): PanelContent => {
    const bed = props.said.beds.find(({ id }) => id === at());
    return bed ? bedPanel(bed, told()) : wardPanel(told());
  };
  createEffect(() => {
    const visit = inside();
    if (visit) visit.panel.content = content();
  });
  createEffect(() => {
    const visit = inside();
    if (visit) visit.night = props.night;
  });
  const calling = (): number => props.ward.alarms.filter(({ mine, calls }) => mine && calls).length;
  // Hands feel an alarm that is new; one that was there as one came in is read on the panel.
  createEffect((before: number | undefined) => {
    const now = calling();
    if (before !== undefined && now > before) inside()?.pulse();
    return now;
  });

  async function act(alarm: string, body: unknown): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      await app.api.post(`/api/alarms/${encodeURIComponent(alarm)}/act`, body);
      props.reload();
    } catch (error) {
      app.toast(() => app.explain(error));
    } finally {
      busy = false;
    }
  }

  function pressed(visit: WardVisit, id: string): void {
    const [what, which = ''] = id.split(/:(.*)/su);
    const alarm = props.ward.alarms.find((one) => one.id === which)?.alarm;
    if (what === 'go') visit.toBed(which);
    else if (what === 'door') visit.toDoor();
    else if (what === 'night') props.onNight(!props.night);
    else if (what === 'leave') void visit.exit();
    else if (alarm && (what === 'take' || what === 'give-back')) void act(which, { act: what });
    else if (alarm && what === 'pause') void act(which, { act: 'pause', for_s: props.ward.escalation[alarm.priority].pause_at_most_s });
  }

  async function enter(): Promise<void> {
    try {
      const { WardVisit } = await import('./visit');
      const visit = await WardVisit.enter(props.stage, content());
      visit.events.on('press', ({ id }) => pressed(visit, id));
      visit.events.on('at', ({ bed }) => {
        setAt(bed);
        props.stage.standAt(bed);
      });
      visit.events.on('ended', () => {
        setInside(undefined);
        setAt(undefined);
      });
      setInside(visit);
    } catch {
      app.toast(() => app.t('room.xrFailed'));
    }
  }

  return (
    <Show when={possible()}>
      <button type="button" class="button enter-ward" onClick={() => void (inside()?.exit() ?? enter())}>
        <Icon name={inside() ? 'close' : 'headset'} size={16} />
        {inside() ? say('leaveXr') : say('enterXr')}
      </button>
    </Show>
  );
}
