/** How a room is laid out: stage and slices on the dark side, the case, the view and the people on the light one. */
import { Match, Show, Switch, createEffect, createMemo, createSignal, on, onCleanup, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { onlyAccompanies } from '../../core/figures';
import { patientPath, recordingPath } from '../../core/hospital';
import type { RoomInfo } from '../../core/hospital';
import { inLanguage } from '../../core/language';
import { createRoomControl, firstLook } from '../../core/room-control';
import type { RoomControl } from '../../core/room-control';
import { noduleDoors } from '../../core/nodules';
import { isPseudonym } from '../../core/pseudonym';
import { createRoomAround } from '../../core/room-around';
import { bringOwnLooks } from '../../core/own-looks';
import { createRoomHands } from '../../core/room-hands';
import { createFront, createRoomLead } from '../../core/room-lead';
import { createRoomNews } from '../../core/room-news';
import { callIn, takeCall } from '../../core/calls';
import { createRoomVoice } from '../../core/room-voice';
import { createRoomWebcam } from '../../core/room-webcam';
import { createRoomNodules } from '../../core/room-nodules';
import { createRoomPages } from '../../core/room-pages';
import { createRoomOrder, toolsFor } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { createRoomOrders } from '../../core/room-orders';
import { createRoomRecording } from '../../core/room-recording';
import { createRoomSetting, takePlace } from '../../core/room-setting';
import type { Take, Taken } from '../../core/room-snapshot';
import { createRoomStay } from '../../core/room-stay';
import { Link, go } from '../../core/router';
import { createSeriesVolume } from '../../core/series-volume';
import type { SeriesVolume } from '../../core/series-volume';
import type { RoomClient } from '../../room/room-client';
import { viewOf } from '../../room/view';
import type { Stage } from '../../stage/stage';
import { LONGEST } from '../../stage/tools';
import { Icon } from '../Icon';
import { Tabs } from '../Tabs';
import { WordsDialog } from '../WordsDialog';
import { badgeWords } from '../person';
import { AroundPanel, AroundWords } from './AroundPanel';
import { AroundScreen } from './AroundScreen';
import { BoardPanel } from './BoardPanel';
import { CaptionWords } from './CaptionWords';
import { CasePanel, placeOf } from './CasePanel';
import { HandOver, LockChoice } from './HandOver';
import { LeadPanel, LeadWords } from './LeadPanel';
import { KeyboardHelp } from './KeyboardHelp';
import { LinesPanel } from './LinesPanel';
import { MarksPanel } from './MarksPanel';
import { OrdersPanel } from './OrdersPanel';
import { PagePanel } from './PagePanel';
import { PeoplePanel } from './PeoplePanel';
import { Pictures } from './Pictures';
import { PlaceChoice, SharedPlace } from './PlaceChoice';
import { AskToRecord, RecordingStrip } from './RecordingStrip';
import { RoomBar } from './RoomBar';
import { RoomNodules, noduleWords } from './RoomNodules';
import { ShelfPanel } from './ShelfPanel';
import { SliceRow } from './SliceRow';
import { Snapshot } from './Snapshot';
import { StageHost } from './StageHost';
import { StayNotice } from './StayNotice';
import { TableFold } from './TableFold';
import { ToolBar } from './ToolBar';
import { ViewPanel } from './ViewPanel';
import { VoiceBar } from './VoiceBar';
import { VoicePanel } from './VoicePanel';
import { WaitingPanel } from './WaitingPanel';
import { WebcamPanel, WebcamSign } from './WebcamPanel';

type Part = 'case' | 'tools' | 'people' | 'slices';
const NARROW = '(width < 64rem)';

export function RoomFrame(props: { info: RoomInfo; client: RoomClient }): JSX.Element {
  const app = useApp();
  const client = props.client;
  const [stage, setStage] = createSignal<Stage>();
  const voice = createRoomVoice(client, app, () => stage()?.eye);
  if (takeCall(props.info.id)) void callIn(voice);
  const control = createRoomControl(client, voice.loudness, viewOf(client, voice.loudness, (person) => badgeWords(app, person)));
  const order = createRoomOrder(client);
  bringOwnLooks(order, control.people);
  const pages = createRoomPages(control, app);
  const recording = createRoomRecording(client);
  const stay = createRoomStay(order.own);
  const webcam = createRoomWebcam();
  const hands = createRoomHands(client, control, app);
  // Whoever hides who they are is not to be known by their voice; they may still choose otherwise before they join.
  createEffect(
    on(
      () => isPseudonym(order.own()?.actor),
      (hides) => {
        if (hides) void voice.change(true);
      },
    ),
  );
  const place = createMemo(() => control.surroundings() ?? placeOf(props.info));
  const setting = createRoomSetting(place);
  // Who has no 3D, or wants none, shows the way too: from the front.
  const [none, setNone] = createSignal(false);
  const flat = createMemo(() => none() || setting.now() === 'flat');
  const front = createFront(flat, control.hologram);
  const lead = createRoomLead(client, () => stage() ?? front(), app);
  const around = createRoomAround(client, voice, app);
  const [picture, setPicture] = createSignal<Taken>();
  const [takeSlices, setTakeSlices] = createSignal<Take>();
  const onTake = (take: Take | undefined): void => void setTakeSlices(() => take);
  /** Takes a picture of the stage, or of the slices where there is none, for who works here. Where none of the patient's images stand it is one of the room. */
  const snap = (): (() => void) | undefined => {
    const ofRoom = props.info.patient !== null && !control.hologram();
    const isToSee = store() !== undefined || ofRoom;
    if (!order.works() || !isToSee) return undefined;
    const [drawn, slices] = [stage(), takeSlices()];
    if (drawn) return () => void setPicture({ of: ofRoom ? 'room' : 'stage', title: title(), png: drawn.picture() });
    return slices && (() => void setPicture(slices(title())));
  };
  // Images are of the record, which the hospital opens to no relative: others show them what there is to see.
  const isRelative = createMemo(() => order.own()?.role === 'related-person');
  /** Whose record there is to look into from here. */
  const patient = createMemo(() => (isRelative() ? null : props.info.patient));
  const leave = (): void => {
    const of = patient();
    go(of === null ? '/' : patientPath(of));
  };
  const orders = createRoomOrders({ client, control, order, lead, voice, leave, patient: untrack(patient), manifest: () => volume()?.manifest(), picture: snap }, app);
  const [help, setHelp] = createSignal(false);
  const [shown, setShown] = createSignal<Part>(untrack(patient) === null ? 'people' : 'case');
  const narrow = mediaSignal(NARROW);
  // Who asked to meet in another place has the room be that one, as its host.
  const asked = takePlace(props.info.id);
  const isHost = createMemo(() => order.own()?.standing === 'host');
  createEffect(on(isHost, (is) => is && asked && control.surroundings() === undefined && order.act({ act: 'set-place', place: asked })));
  // The room may show another series later; each has its own volume.
  const series = createMemo(() => (isRelative() ? undefined : (control.hologram()?.state.series ?? props.info.series ?? undefined)));
  // A nodule that somebody keeps meanwhile joins what stands here.
  app.onServerEvent(({ kind }) => {
    if (kind === 'missed' || kind === 'imaging') volume()?.renew();
  });
  const volume = createMemo(on(series, (uid): SeriesVolume | undefined => uid ? createSeriesVolume(uid) : undefined));
  const store = (): ReturnType<SeriesVolume['store']> => volume()?.store();
  const news = createRoomNews(client, control, order, app);
  const nodules = createRoomNodules({
    control,
    withheld: isRelative,
    doors: noduleDoors(app.api),
    onFound(nodule) {
      app.toast(() => app.t('seed.found', { what: noduleWords(nodule, app) }));
      // Who asked sees what was measured; where slices are all that there is room for, they stay.
      if (nodule.seed.by === app.me()?.id && !narrow()) setShown('tools');
    },
  });
  const proposals = createMemo(() => nodules.all().map((nodule) => ({ id: nodule.seed.id, mask: nodule.mask, words: noduleWords(nodule, app) })));
  const labelOf = (layer: string): string => {
    const surface = volume()?.manifest()?.surfaces.find(({ name }) => name === layer);
    return surface ? inLanguage(surface.label, app.language()) : layer;
  };
  const title = (): string => inLanguage(props.info.title, app.language());

  // A room that was just furnished looks at no point of the scan yet.
  createEffect(() => {
    const manifest = store()?.manifest;
    const hologram = control.hologram();
    const first = manifest && hologram && firstLook(manifest, hologram.state.cursor_lps_mm);
    if (first) control.lookAt(first);
  });
  createEffect(() => {
    document.title = `${title()} · ${app.t('app.full')}`;
  });
  onCleanup(() => {
    document.title = app.t('app.full');
  });
  // The slices' own tab is only there where there are images, and no room beside it.
  createEffect(() => {
    if ((!narrow() || !series()) && shown() === 'slices') setShown('case');
  });

  const onKey = (event: KeyboardEvent): void => {
    const inText = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (inText) return;
    if (event.key === '?') setHelp(true);
    else if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey) control.undo();
    else return;
    event.preventDefault();
  };

  const tabs = createMemo(() => {
    const all: readonly Part[] = narrow() && series() ? ['case', 'slices', 'tools', 'people'] : ['case', 'tools', 'people'];
    // Where nobody's twin stands there is no case, and nothing to cut; from relatives the case is kept.
    const parts = patient() === null ? all.filter((part) => part === 'tools' || part === 'people') : all;
    return parts.map((name) => ({ name, label: tabLabel(name, control, order, app.t) }));
  });

  const words = (): JSX.Element => <><CaptionWords voice={voice} /><HandOver hands={hands} order={order} /><LeadWords lead={lead} /><AroundWords around={around} order={order} /></>;
  const foot = (): JSX.Element => <VoiceBar voice={voice} offersOther={order.own()?.role === 'patient'} />;
  const side = (): JSX.Element => <><AroundScreen around={around} flat={setting.now() === 'flat'} /><Pictures voice={voice} control={control} /></>;

  return (
    <div class="room" data-accent={place()} data-shown={shown()}>
      <RoomBar info={props.info} title={title()} control={control} order={order} orders={orders} voice={voice} around={around} status={news.status()} posesBy={news.posesBy()} stage={stage()} hands={hands} lead={lead} recording={recording} stay={stay} pages={pages} manifest={volume()?.manifest()}>
        <RecordingStrip recording={recording} order={order} />
        <WebcamSign webcam={webcam} />
        <StayNotice stay={stay} />
      </RoomBar>
      <div class="room-dark" onKeyDown={onKey}>
        <StageHost control={control} setting={setting.now()} volume={volume()} title={title()} about={props.info.patient !== null} withheld={isRelative()} nodules={proposals()} works={order.works()} pages={pages} onPage={() => setShown('tools')} onStage={setStage} onNone={() => setNone(true)} leans={webcam.leans} onEntered={() => void webcam.turn(false)} words={words()} foot={foot()} side={side()}>
          <ToolBar control={control} tools={toolsFor(order.own())} onHelp={() => setHelp(true)} />
        </StageHost>
        <Show when={!narrow() && series()}>
          <SliceRow control={control} store={store()} nodules={proposals()} tools={toolsFor(order.own())} onTake={onTake} />
        </Show>
      </div>
      <aside class="room-side" aria-label={app.t('panel.side')}>
        <Tabs label={app.t('panel.side')} tabs={tabs()} chosen={shown()} onChoose={setShown}>
          {(part) => (
            <Switch>
              <Match when={part === 'case'}>
                <CasePanel info={props.info} control={control} stage={stage()} store={store()} />
              </Match>
              <Match when={part === 'tools'}>
                <div class="stack">
                  <Show when={patient()}>{(patient) => <RoomNodules control={control} nodules={nodules} patient={patient()} />}</Show>
                  <Show when={patient()}>
                    <ViewPanel control={control} manifest={volume()?.manifest()} />
                  </Show>
                  <Show when={control.hologram()}>{(there) => <LockChoice control={control} order={order} id={there().id} locked={control.locked(there().id)} what={title()} />}</Show>
                  <Show when={patient()}>
                    <MarksPanel control={control} order={order} room={props.info.id} labelOf={labelOf} />
                  </Show>
                  <TakePicture snap={snap()} />
                  <Show when={flat() && volume()}>
                    <TableFold control={control} works={order.works()} open={!narrow()} />
                  </Show>
                  <LinesPanel control={control} order={order} />
                  <BoardPanel control={control} works={order.works()} order={order} />
                  <Show when={order.works() && props.info.patient}>{(patient) => <ShelfPanel control={control} patient={patient()} />}</Show>
                  <PagePanel control={control} order={order} pages={pages} patient={patient()} withheld={onlyAccompanies(app.me()?.roles)} staged={stage() !== undefined} />
                  <PlaceChoice setting={setting} room={place()} />
                </div>
              </Match>
              <Match when={part === 'people'}>
                <div class="stack">
                  {/* Whoever waits is seen without a look further down, on a phone too. */}
                  <WaitingPanel order={order} people={control.people()} />
                  <LeadPanel lead={lead} able={order.works() && lead.staged()} />
                  <Show when={isHost()}>
                    <SharedPlace room={place()} onSet={(place) => order.ask({ act: 'set-place', place })} />
                  </Show>
                  <PeoplePanel control={control} order={order} voice={voice} log={news.log()} />
                  {/* What is begun here stands before what devices are set by, once. */}
                  <AskToRecord recording={recording} order={order} />
                  <Show when={!isRelative()}>
                    <Link href={recordingPath(props.info.id)} class="button quiet">
                      {app.t('recording.all')}
                    </Link>
                  </Show>
                  <OrdersPanel orders={orders} />
                  <VoicePanel voice={voice} />
                  <WebcamPanel webcam={webcam} />
                  <AroundPanel around={around} voice={voice} order={order} />
                </div>
              </Match>
              <Match when={part === 'slices'}>
                <Show when={shown() === 'slices'}>
                  <div class="room-dark in-sheet" onKeyDown={onKey}>
                    <SliceRow control={control} store={store()} nodules={proposals()} tools={toolsFor(order.own())} onTake={onTake} />
                    {/* Without a stage the slices are what there is a picture of, and they are shown here alone. */}
                    <Show when={!stage()}>
                      <TakePicture snap={snap()} />
                    </Show>
                  </div>
                </Show>
              </Match>
            </Switch>
          )}
        </Tabs>
      </aside>
      <Show when={control.writeAt()}>
        {(at) => (
          <WordsDialog
            title={app.t(`${at().as}.title`)}
            label={app.t(`${at().as}.text`)}
            set={app.t(`${at().as}.place`)}
            longest={LONGEST[at().as]}
            onSet={(text) => control.write(at().point_lps_mm, text, at().as)}
            onClose={() => control.askForWords(undefined)}
          />
        )}
      </Show>
      <Show when={picture()} keyed>{(taken) => <Snapshot room={props.info.id} taken={taken} onClose={() => setPicture(undefined)} />}</Show>
      <KeyboardHelp open={help()} onClose={() => setHelp(false)} />
    </div>
  );
}

function TakePicture(props: { readonly snap: (() => void) | undefined }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.snap}>
      {(take) => (
        <button type="button" class="button" onClick={() => take()()}>
          <Icon name="camera" />
          {app.t('snap.take')}
        </button>
      )}
    </Show>
  );
}

function tabLabel(part: Part, control: RoomControl, order: RoomOrder, t: ReturnType<typeof useApp>['t']): string {
  const asked = control.seeds().length;
  if (part === 'tools' && asked > 0) return `${t('panel.tools')} ${asked}`;
  if (part !== 'people') return t(`panel.${part}`);
  const waiting = order.waiting().length;
  return `${t('panel.people')} ${control.people().length}${waiting > 0 ? `+${waiting}` : ''}`;
}

/** Whether a media query holds, as it changes. */
function mediaSignal(query: string): () => boolean {
  const list = matchMedia(query);
  const [holds, setHolds] = createSignal(list.matches);
  const follow = (event: MediaQueryListEvent): void => void setHolds(event.matches);
  list.addEventListener('change', follow);
  onCleanup(() => list.removeEventListener('change', follow));
  return holds;
}
