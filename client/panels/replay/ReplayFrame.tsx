/** How a replay is laid out: the stage as in the room, the clock below it, what was done and what is there beside it. */
import { Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import type { RecordingWhole } from '../../../contract/recordings';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { roomPath } from '../../core/hospital';
import { inLanguage } from '../../core/language';
import { actLine, createReplay } from '../../core/replay-control';
import { createRoomPages } from '../../core/room-pages';
import { createRoomSetting } from '../../core/room-setting';
import { Link } from '../../core/router';
import { createSeriesVolume } from '../../core/series-volume';
import type { SeriesVolume } from '../../core/series-volume';
import type { Stage } from '../../stage/stage';
import { Icon } from '../Icon';
import { LanguageSwitch } from '../LanguageSwitch';
import { Notice } from '../Notice';
import { Tabs } from '../Tabs';
import { placeOf } from '../room/CasePanel';
import { PlaceChoice } from '../room/PlaceChoice';
import { SliceRow } from '../room/SliceRow';
import { StageHost } from '../room/StageHost';
import { TableFold } from '../room/TableFold';
import { ActList } from './ActList';
import { Moment } from './Moment';
import { ReplayClock } from './ReplayClock';
import { ReplayHeadset } from './ReplayHeadset';
import { besides } from './inside-replay';

type Part = 'acts' | 'there';

interface ReplayFrameProps {
  readonly room: string;
  readonly whole: RecordingWhole;
  /** The act at whose moment it opens; left out, at the beginning. */
  readonly first: number | undefined;
}

export function ReplayFrame(props: ReplayFrameProps): JSX.Element {
  const app = useApp();
  const acts = createMemo(() => props.whole.acts.map((act) => actLine(act, app)));
  const [stage, setStage] = createSignal<Stage>();
  const [none, setNone] = createSignal(false);
  const replay = createReplay(props.room, props.whole, acts, app, () => stage()?.eye);
  const first = acts().find(({ number }) => number === props.first);
  if (first) replay.show(first);
  const pages = createRoomPages(replay.room, app, false);
  const [shown, setShown] = createSignal<Part>('acts');
  // The place is the one that the room was by then, else that of its scenario; each chooses another for oneself.
  const place = createMemo(() => replay.room.surroundings() ?? placeOf({ scenario: props.whole.scenario, patient: props.whole.patient }));
  const setting = createRoomSetting(place);
  const series = createMemo(() => replay.room.hologram()?.state.series);
  const volume = createMemo(on(series, (uid): SeriesVolume | undefined => (uid ? createSeriesVolume(uid) : undefined)));
  const title = (): string => inLanguage(props.whole.title, app.language());
  createEffect(() => {
    document.title = `${app.t('replay.title')} · ${title()} · ${app.t('app.full')}`;
  });
  onCleanup(() => {
    document.title = app.t('app.full');
  });

  const faster = (by: -1 | 1): void => {
    const next = besides(replay.speed(), by);
    if (next) replay.setSpeed(next);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ' ': () => replay.toggle(),
    j: () => replay.leap(-1),
    l: () => replay.leap(1),
    ',': () => replay.step(-1),
    '.': () => replay.step(1),
    '[': () => faster(-1),
    ']': () => faster(1),
  };
  const onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    // Fields and buttons have keys of their own.
    const own = target instanceof HTMLElement && target.closest('input, textarea, select, button, summary, a') !== null;
    const press = keys[event.key.toLowerCase()];
    if (!press || event.ctrlKey || event.metaKey || event.altKey || (own && (event.key === ' ' || !(target instanceof HTMLButtonElement)))) return;
    press();
    event.preventDefault();
  };
  document.addEventListener('keydown', onKey);
  onCleanup(() => document.removeEventListener('keydown', onKey));

  return (
    <div class="room replay" data-accent={place()} data-place={setting.now()} data-replay={props.whole.card.recording}>
      <div class="room-top">
        <header class="room-bar">
          <Link href={roomPath(props.room)} class="button quiet small">
            <Icon name="back" />
            <span class="wide-only">{app.t('room.leave')}</span>
            <span class="for-listeners narrow-only">{app.t('room.leave')}</span>
          </Link>
          <h1>
            {app.t('replay.open', { at: momentOf(props.whole.card.started, app.language()) })} · {title()}
          </h1>
          <div class="room-bar-end">
            <Show when={stage()}>{(shown) => <ReplayHeadset replay={replay} acts={acts()} title={title()} stage={shown()} />}</Show>
            <LanguageSwitch />
          </div>
        </header>
        <Show when={props.whole.card.state === 'running'}>
          <Notice>{app.t('replay.running')}</Notice>
        </Show>
        <Show when={props.whole.lost_packets > 0}>
          <Notice kind="warn">{app.t('replay.lost', { count: props.whole.lost_packets })}</Notice>
        </Show>
      </div>
      <div class="room-dark replay-dark">
        <StageHost control={replay.room} setting={setting.now()} volume={volume()} title={title()} about={props.whole.patient !== null} nodules={[]} pages={pages} onStage={setStage} onNone={() => setNone(true)} instead={<SliceRow control={replay.room} store={volume()?.store()} nodules={[]} />} words={undefined} foot={undefined} side={undefined}>
          {undefined}
        </StageHost>
        <ReplayClock replay={replay} acts={acts()} />
      </div>
      <aside class="room-side" aria-label={app.t('panel.side')}>
        <Tabs
          label={app.t('panel.side')}
          tabs={(['acts', 'there'] as const).map((name) => ({ name, label: app.t(`replay.${name}`) }))}
          chosen={shown()}
          onChoose={setShown}
        >
          {(part) => (
            <Switch>
              <Match when={part === 'acts'}>
                <ActList acts={acts()} replay={replay} />
              </Match>
              <Match when={part === 'there'}>
                <div class="stack">
                  <Moment replay={replay} room={props.room} whole={props.whole} />
                  <Show when={(none() || setting.now() === 'flat') && volume()}>
                    <TableFold control={replay.room} works={false} open />
                  </Show>
                  <PlaceChoice setting={setting} room={place()} />
                </div>
              </Match>
            </Switch>
          )}
        </Tabs>
      </aside>
    </div>
  );
}
