/** Into virtual or augmented reality, where the browser has them; inside, a panel with tools to read and press. */
import { For, Show, createEffect, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Knocking } from '../../../contract/room';
import { useApp } from '../../core/app';
import { gazeChooses, letGazeChoose } from '../../core/gaze';
import type { RoomAround } from '../../core/room-around';
import type { RoomControl } from '../../core/room-control';
import { WINDOWS } from '../../core/room-control';
import type { RoomHands } from '../../core/room-hands';
import type { RoomOrder } from '../../core/room-order';
import type { RoomVoice } from '../../core/room-voice';
import { seeAsStanding, seesAsStanding } from '../../core/seated-height';
import type { Stage } from '../../stage/stage';
import type { Tool } from '../../stage/tools';
import { emulateXrIfAsked } from '../../xr/emulate';
import type { Headset } from '../../xr/headset';
import { xrModes } from '../../xr/modes';
import type { XrMode } from '../../xr/modes';
import type { PanelButton, PanelContent } from '../../xr/panel';
import type { SurfaceState } from '../../xr/real-room';
import { Icon } from '../Icon';
import { markWords } from './MarksPanel';

interface HeadsetButtonsProps {
  readonly stage: Stage;
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly voice: RoomVoice;
  readonly around: RoomAround;
  readonly hands: RoomHands;
  readonly title: string;
}

const TOOLS_INSIDE = ['turn', 'measure', 'angle', 'probe', 'pen'] as const satisfies readonly Tool[];
const WINDOWS_INSIDE = ['lung', 'mediastinum', 'bone'] as const;
const MARKS_INSIDE = 2;
const CAPTIONS_INSIDE = 2;


export function HeadsetButtons(props: HeadsetButtonsProps): JSX.Element {
  const app = useApp();
  const [modes, setModes] = createSignal<readonly XrMode[]>([]);
  const [inside, setInside] = createSignal<Headset>();
  const [mode, setMode] = createSignal<XrMode>('vr');
  const [surface, setSurface] = createSignal<SurfaceState>('none');

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
    const found = await xrModes();
    setModes((['vr', 'ar'] as const).filter((mode) => found[mode]));
  });
  onCleanup(() => void inside()?.exit());

  /** What hands do with the tool; tools for screens alone have nothing to say here. */
  const hint = (): string[] => {
    const tool = TOOLS_INSIDE.find((one) => one === props.control.tool());
    return tool ? [app.t(`inside.hint.${tool}`)] : [];
  };
  /** Who is here, with what they do by voice and hand: in a headset no list of people is at hand. */
  const people = (): string =>
    props.control
      .people()
      .map(({ id, name, hand_since }) => {
        const does = [props.voice.voices().get(id)?.speaking && app.t('voice.state.speaking'), hand_since && app.t('order.hand')].filter(Boolean);
        return does.length > 0 ? `${name} (${does.join(', ')})` : name;
      })
      .join(' · ');
  const aroundWords = (): string[] => {
    const by = props.around.by();
    return by ? [app.t(props.around.isOwn() ? 'around.own' : 'around.by', { name: by.name })] : [];
  };
  const hasHandUp = (): boolean => (props.order.own()?.hand_since ?? null) !== null;
  const microphone = (): string => {
    if (props.voice.state() !== 'in') return app.t(props.voice.state() === 'joining' ? 'voice.joining' : 'voice.join');
    if (props.voice.silenced()) return app.t('voice.silenced');
    return app.t(props.voice.on('microphone') ? 'voice.mute' : 'voice.open');
  };
  /** The first who waits at the door, for those who let people in; more are let in one after the other. */
  const waiting = (): Knocking | undefined => (props.order.keeps() ? props.order.waiting()[0] : undefined);
  /** In the real room a place is chosen; in a made one, from how high one sees it. */
  const standing = (): PanelButton[] => {
    if (mode() === 'vr') return [{ id: 'height', label: `${seesAsStanding() ? '✓ ' : ''}${app.t('inside.height')}` }];
    return surface() === 'none' ? [] : [{ id: 'surface', label: app.t(surface() === 'choosing' ? 'inside.surface.stop' : 'inside.surface.choose') }];
  };
  /** The first who asks for what one has in hand. */
  const asks = (): number | undefined => (props.hands.held()?.isOwn ? props.hands.held()?.asked[0] : undefined);
  /** What can be done about what is in a hand: one's own where somebody asks for it, else another's. */
  const handButtons = (): PanelContent['buttons'] => {
    const [held, whose] = [props.hands.held(), asks()];
    if (!held) return [];
    if (whose !== undefined) return [{ id: 'hand:give', label: app.t('hands.give', { name: props.hands.nameOf(whose) }) }, { id: 'hand:keep', label: app.t('hands.keep') }];
    if (held.isOwn || !props.order.own()?.may_act) return [];
    return [{ id: held.hasAsked ? 'hand:asked' : 'hand:ask', label: app.t(held.hasAsked ? 'hands.asked' : 'hands.ask') }];
  };
  const handLines = (): string[] => {
    const [held, whose] = [props.hands.held(), asks()];
    if (whose !== undefined) return [app.t('hands.asks', { name: props.hands.nameOf(whose) })];
    return held && !held.isOwn ? [app.t('hands.held', { name: props.hands.nameOf(held.holder) })] : [];
  };
  const lockButton = (): PanelContent['buttons'] => {
    const there = props.control.hologram();
    return there && props.order.own()?.may_act ? [{ id: 'lock', label: app.t(props.control.locked(there.id) ? 'lock.unlock' : 'lock.lock') }] : [];
  };
  const lockLines = (): string[] => {
    const there = props.control.hologram();
    const locked = there && props.control.locked(there.id);
    return locked ? [app.t(locked.marks ? 'lock.byWithMarks' : 'lock.by', { name: locked.name })] : [];
  };
  const content = (): PanelContent => ({
    title: props.title,
    lines: [
      app.t('stage.inside', { people: people() }),
      ...aroundWords(),
      ...handLines(),
      ...lockLines(),
      ...props.voice.captions().slice(-CAPTIONS_INSIDE).map(({ name, text }) => app.t('captions.said', { name, text })),
      ...(surface() === 'choosing' ? [app.t('inside.surface.hint')] : hint()),
      ...(waiting() ? [app.t('inside.waiting', { name: waiting()?.name ?? '' })] : []),
      ...props.control.marks().slice(-MARKS_INSIDE).map((mark) => markWords(mark, app.t)),
      app.t('app.notDevice'),
    ],
    buttons: [
      ...TOOLS_INSIDE.map((tool) => ({ id: `tool:${tool}`, label: app.t(`tool.${tool}`) })),
      ...WINDOWS_INSIDE.map((window) => ({ id: `window:${window}`, label: app.t(`window.${window}`) })),
      ...handButtons(),
      ...lockButton(),
      { id: 'microphone', label: microphone() },
      { id: 'hand', label: app.t(hasHandUp() ? 'order.lower' : 'order.raise') },
      ...(waiting() ? [{ id: 'admit', label: app.t('order.admit') }] : []),
      ...standing(),
      ...(props.around.track() ? [{ id: 'around', label: `${props.around.looks() ? '✓ ' : ''}${app.t('around.inside')}` }] : []),
      { id: 'gaze', label: `${gazeChooses() ? '✓ ' : ''}${app.t('gaze.title')}` },
      { id: 'leave', label: app.t('room.leaveXr') },
    ],
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.panel.content = content();
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.gaze = gazeChooses();
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.standing = seesAsStanding();
  });

  // Nobody is put into another place unasked: in a headset, too, one looks round in it when one wants to.
  createEffect(() => {
    const track = props.around.track();
    if (!inside() || !track || !props.around.looks()) return;
    const video = document.createElement('video');
    video.srcObject = new MediaStream([track]);
    [video.muted, video.playsInline] = [true, true];
    void video.play().catch(() => undefined);
    props.stage.around = video;
    onCleanup(() => {
      props.stage.around = undefined;
      video.srcObject = null;
    });
  });

  function pressed(headset: Headset, id: string): void {
    const tool = TOOLS_INSIDE.find((one) => id === `tool:${one}`);
    const window = WINDOWS_INSIDE.find((one) => id === `window:${one}`);
    if (tool) props.control.chooseTool(tool);
    else if (window) props.control.change({ window: WINDOWS[window] });
    else if (id.startsWith('hand:')) handOver(id);
    else if (id === 'lock') turnLock();
    else if (id === 'microphone') void turnMicrophone();
    else if (id === 'hand') props.order.act({ act: hasHandUp() ? 'lower-hand' : 'raise-hand' });
    else if (id === 'admit') admit();
    else if (id === 'surface') headset.chooseSurface(headset.surface !== 'choosing');
    else if (id === 'height') seeAsStanding(!seesAsStanding());
    else if (id === 'around') props.around.look(!props.around.looks());
    else if (id === 'gaze') letGazeChoose(!gazeChooses());
    else void headset.exit();
  }

  /** Whoever needs a companion comes in with the first inside who can be one, as on the screen. */
  function admit(): void {
    const one = waiting();
    if (!one) return;
    const companion = one.needs_companion ? props.control.people().find(({ treats, away }) => treats && !away)?.id : undefined;
    props.order.act({ act: 'admit', waiting: one.id, ...(companion === undefined ? {} : { companion }) });
  }

  function handOver(id: string): void {
    const [held, whose] = [props.hands.held(), asks()];
    if (!held) return;
    if (id === 'hand:give' && whose !== undefined) props.hands.act({ act: 'give', id: held.entity, to: whose });
    else if (id === 'hand:keep') props.hands.act({ act: 'keep-hold', id: held.entity });
    else if (id === 'hand:ask') props.hands.act({ act: 'ask-for', id: held.entity });
  }

  function turnLock(): void {
    const there = props.control.hologram();
    if (!there) return;
    if (props.control.locked(there.id)) props.control.unlock(there.id);
    else props.control.lock(there.id, false);
  }

  /** The first press joins the voice, as on the screen; the next ones open and close the microphone. */
  function turnMicrophone(): Promise<void> {
    return props.voice.state() === 'in' ? props.voice.turn('microphone', !props.voice.on('microphone')) : props.voice.join();
  }

  async function enter(mode: XrMode): Promise<void> {
    setMode(mode);
    try {
      const { Headset } = await import('../../xr/headset');
      const headset = await Headset.enter(props.stage, mode, content());
      headset.events.on('press', ({ id }) => pressed(headset, id));
      headset.events.on('ended', () => void (setInside(undefined), setSurface('none')));
      headset.events.on('surface', setSurface);
      setSurface(headset.surface);
      headset.gaze = gazeChooses();
      setInside(headset);
    } catch {
      app.toast(app.t('room.xrFailed'));
      app.announce(app.t('room.xrFailed'));
    }
  }

  return (
    <Show
      when={!inside()}
      fallback={
        <button type="button" class="button small" onClick={() => void inside()?.exit()}>
          <Icon name="close" size={16} />
          {app.t('room.leaveXr')}
        </button>
      }
    >
      <For each={modes()}>
        {(mode) => (
          <button
            type="button"
            class="button small headset-button"
            aria-label={app.t(mode === 'vr' ? 'room.enterVr' : 'room.enterAr')}
            onClick={() => void enter(mode)}
          >
            <Icon name="headset" />
            <span class="wide-only">{app.t(mode === 'vr' ? 'room.enterVr' : 'room.enterAr')}</span>
            <span class="narrow-only">{mode.toUpperCase()}</span>
          </button>
        )}
      </For>
    </Show>
  );
}
