/** Devices: whether each is heard, and what of what it sends is taken, marked or refused, and why. */
import { For, Show, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DataTable } from '../../panels/DataTable';
import type { Column } from '../../panels/DataTable';
import { Access } from '../../panels/devices/Access';
import { Ask } from '../../panels/devices/Ask';
import { AtBeds } from '../../panels/devices/AtBeds';
import { ClockOff, Edges, Lacks } from '../../panels/devices/Edges';
import { History } from '../../panels/devices/History';
import { Place } from '../../panels/devices/Place';
import { Register } from '../../panels/devices/Register';
import { Upgrades } from '../../panels/devices/Upgrades';
import { DiskNotice } from '../../panels/DiskNotice';
import { EmptyState } from '../../panels/EmptyState';
import { Icon } from '../../panels/Icon';
import type { IconName } from '../../panels/Icon';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { careOf, certificateOf, markedOf, megabytesOf, placeOf, standingOf, sumOf } from '../devices';
import type { Care, Device, DeviceRefusal, Devices, EdgeState, Standing, TurnedAway } from '../devices';
import { createDoing } from '../doing';
import { asideIn, inLanguage, nameIn } from '../language';
import { createQuery } from '../query';
import { Link } from '../router';
import { WORDS } from '../../words/words';
import type { Key } from '../../words/words';
import '../../styles/devices.css';

const AGAIN_ms = 5_000;
const SIGNS: Readonly<Record<Standing, IconName>> = {
  here: 'check',
  away: 'pause',
  silent: 'alert',
  never: 'wait',
  retired: 'stop',
};

export function DevicesPage(): JSX.Element {
  const app = useApp();
  const devices = createQuery<Devices>(() => (signal) => app.api.get('/api/devices', { signal }));
  const again = setInterval(() => {
    if (!document.hidden) devices.reload();
  }, AGAIN_ms);
  onCleanup(() => clearInterval(again));
  const treats = (): boolean => app.me()?.roles.some((role) => ['nurse', 'terminal-doctor', 'expert'].includes(role)) ?? false;
  return (
    <div class="page devices-page">
      <h1>{app.t('devices.title')}</h1>
      <p class="soft">{app.t('devices.what')}</p>
      <Answer of={devices} lines={6}>
        {(answer) => (
          <>
            <DiskNotice room={answer().room} />
            <Show when={answer().may_maintain || answer().may_administer}>
              <Register known={answer().devices} onRegistered={() => devices.reload()} />
            </Show>
            <Show
              when={answer().devices.length > 0}
              fallback={<EmptyState icon="info" title={app.t('devices.none')} hint={app.t('devices.noneHint')} />}
            >
              <Overview of={answer().devices} />
              <Maintenance of={answer().devices} turnedAway={answer().turned_away} now_ms={Date.parse(answer().now)} />
              <For each={answer().devices.map((device) => device.id)}>
                {(id) => (
                  <One
                    device={() => answer().devices.find((device) => device.id === id)}
                    turnedAway={answer().turned_away.filter(({ claimed }) => claimed === id)}
                    mayAsk={answer().may_maintain || answer().may_administer}
                    mayConnect={answer().may_maintain}
                    treats={treats()}
                    mayPlaceAll={answer().may_administer}
                    tick={answer().now}
                    reload={() => devices.reload()}
                  />
                )}
              </For>
            </Show>
            <Show when={app.me()?.roles.some((role) => role !== 'patient')}>
              <Upgrades tick={answer().now} />
            </Show>
            <Show when={answer().files}>{(files) => <Files of={files()} />}</Show>
            <Edges of={answer().edges} />
            <Show when={answer().edge}>{(edge) => <EdgeLine of={edge()} reload={() => devices.reload()} />}</Show>
            <Show when={answer().may_administer}>
              <div class="row">
                <Link href="/security" class="button">
                  {app.t('security.title')}
                </Link>
              </div>
              <Strangers of={answer().turned_away} />
            </Show>
          </>
        )}
      </Answer>
    </div>
  );
}

function Sign(props: { device: Device }): JSX.Element {
  const { t } = useApp();
  const standing = (): Standing => standingOf(props.device);
  return (
    <span class={`device-sign ${standing()}`}>
      <Icon name={SIGNS[standing()]} size={14} />
      {t(`devices.is.${standing()}`)}
    </span>
  );
}

function Overview(props: { of: readonly Device[] }): JSX.Element {
  const { t, language } = useApp();
  const when = (text: string | null): string => (text === null ? t('devices.never') : momentOf(text, language()));
  const columns = (): Column<Device>[] => [
    { heading: t('devices.name'), cell: (device) => <a href={`#device-${device.id}`}>{nameIn(device.name, language())}</a> },
    { heading: t('devices.standing'), cell: (device) => <Sign device={device} /> },
    { heading: t('devices.heard'), whole: true, cell: (device) => when(device.quality.last_heard) },
    { heading: t('devices.place'), cell: (device) => <PlaceOf device={device} /> },
    { heading: t('devices.battery'), numeric: true, cell: (device) => battery(device) },
    { heading: t('devices.accepted'), numeric: true, cell: (device) => device.quality.accepted },
    { heading: t('devices.marked'), cell: (device) => <Marks of={device} /> },
    { heading: t('devices.refused'), numeric: true, cell: (device) => sumOf(device.quality.refusals) },
  ];
  return <DataTable stacks caption={t('devices.title')} columns={columns()} rows={props.of} />;
}

/** Where it is, and since when it says so where that is its own word. */
function PlaceOf(props: { device: Device }): JSX.Element {
  const { t, language } = useApp();
  return (
    <Show when={placeOf(props.device)} fallback="–">
      {(place) => (
        <>
          {nameIn(place().name, language())}{' '}
          <Show when={place().said}>
            {(at) => (
              <span class="soft small">
                {t(place().isKnown ? 'devices.place.said' : 'devices.place.unknown', { at: momentOf(at(), language()) })}
              </span>
            )}
          </Show>
        </>
      )}
    </Show>
  );
}

/** Which marks, without opening anything. */
function Marks(props: { of: Device }): JSX.Element {
  const { t } = useApp();
  return (
    <Show when={markedOf(props.of.quality).length > 0} fallback="–">
      <ul class="device-marks">
        <For each={markedOf(props.of.quality)}>
          {([code, count]) => (
            <li data-mark={code}>
              {wordOf(t, code)} <strong>{count}</strong>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

const wordOf = (t: (key: Key) => string, code: string): string => {
  const key = `devices.why.${code}`;
  return key in WORDS.en ? t(key as Key) : code;
};

/** What somebody should do about which device. */
function Maintenance(props: { of: readonly Device[]; turnedAway: readonly TurnedAway[]; now_ms: number }): JSX.Element {
  const { t, language } = useApp();
  const certificate = (device: Device): TurnedAway | undefined => certificateOf(device, props.turnedAway);
  const rows = (): readonly (readonly [Device, Care | 'certificate'])[] =>
    props.of.flatMap((device) => [
      ...careOf(device, props.now_ms).map((care) => [device, care] as const),
      ...(certificate(device) ? [[device, 'certificate'] as const] : []),
    ]);
  const more = (device: Device, care: Care | 'certificate'): string => {
    const shown = certificate(device);
    if (care === 'certificate') return shown ? `${inLanguage(shown.why, language())}${asideIn(momentOf(shown.at, language()), language())}` : '';
    const { state } = device.quality;
    if (care === 'fault') return (state?.faults ?? []).join(', ');
    if (care === 'self-check') return state?.self_check?.reason ?? '';
    if (care === 'battery') return battery(device);
    if (care === 'certificate-over' || care === 'certificate-soon') return momentOf(device.certificate_until ?? '', language());
    if (care === 'silent') return device.quality.last_heard === null ? '' : momentOf(device.quality.last_heard, language());
    return momentOf(state?.calibration_due ?? '', language());
  };
  const columns = (): Column<readonly [Device, Care | 'certificate']>[] => [
    { heading: t('devices.name'), cell: ([device]) => <a href={`#device-${device.id}`}>{nameIn(device.name, language())}</a> },
    { heading: t('devices.care'), cell: ([, care]) => t(`devices.care.${care}`) },
    { heading: t('devices.care.more'), cell: ([device, care]) => more(device, care) },
  ];
  return (
    <section id="maintenance">
      <h2>{t('devices.maintenance')}</h2>
      <Show when={rows().length > 0} fallback={<p class="soft">{t('devices.maintenanceNone')}</p>}>
        <DataTable stacks caption={t('devices.maintenance')} columns={columns()} rows={rows()} />
      </Show>
    </section>
  );
}

function battery(device: Device): string {
  const now = device.quality.state?.battery;
  return now ? `${Math.round(now.percent)} %` : '–';
}

/** One device in full; shut until somebody opens it. */
function One(props: {
  device: () => Device | undefined;
  turnedAway: readonly TurnedAway[];
  mayAsk: boolean;
  mayConnect: boolean;
  treats: boolean;
  mayPlaceAll: boolean;
  tick: string;
  reload(): void;
}): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  const [open, setOpen] = createSignal(false);
  return (
    <Show when={props.device()}>
      {(device) => (
        <details
          class="device-one"
          id={`device-${device().id}`}
          open={open()}
          onToggle={(event) => setOpen(event.currentTarget.open)}
        >
          <summary>
            <strong>{nameIn(device().name, language())}</strong> <Sign device={device()} />
          </summary>
          <dl class="device-facts">
            <dt>{t('devices.kind')}</dt>
            <dd>{inLanguage(device().profile.title, language())}</dd>
            <dt>{t('devices.id')}</dt>
            <dd>{device().id}</dd>
            <Show when={placeOf(device())}>
              <dt>{t('devices.place')}</dt>
              <dd>
                <PlaceOf device={device()} />
              </dd>
            </Show>
            <Show when={device().patient}>
              {(patient) => (
                <>
                  <dt>{t('devices.patient')}</dt>
                  <dd>
                    <Link href={`/patients/${encodeURIComponent(patient())}`}>{t('devices.toPatient')}</Link>
                  </dd>
                </>
              )}
            </Show>
            <Show when={device().quality.edge}>
              <dt>{t('devices.byEdge')}</dt>
              <dd>{device().quality.edge}</dd>
            </Show>
            <Show when={device().quality.state?.software}>
              <dt>{t('devices.software')}</dt>
              <dd>{device().quality.state?.software}</dd>
            </Show>
            <dt>{t('devices.profileVersion')}</dt>
            <dd>{device().profile.version}</dd>
            <Show when={device().quality.state?.self_check}>
              {(check) => (
                <>
                  <dt>{t('devices.selfCheck')}</dt>
                  <dd>
                    {t(check().passed ? 'devices.selfCheck.passed' : 'devices.selfCheck.failed')} {check().reason ?? ''}
                  </dd>
                </>
              )}
            </Show>
            <Show when={device().quality.state?.calibration_due}>
              {(due) => (
                <>
                  <dt>{t('devices.calibration')}</dt>
                  <dd>{momentOf(due(), language())}</dd>
                </>
              )}
            </Show>
            <dt>{t('devices.messages')}</dt>
            <dd>{device().quality.messages}</dd>
            <dt>{t('devices.duplicates')}</dt>
            <dd>{device().quality.duplicates + device().quality.known}</dd>
            <dt>{t('devices.slowed')}</dt>
            <dd>{device().quality.slowed}</dd>
          </dl>
          <Show when={(device().quality.state?.faults ?? []).length > 0}>
            <h2>{t('devices.faults')}</h2>
            <ul>
              <For each={device().quality.state?.faults}>{(fault) => <li>{fault}</li>}</For>
            </ul>
          </Show>
          <Counts heading={t('devices.marked')} counts={device().quality.marks} />
          <Counts heading={t('devices.refused')} counts={device().quality.refusals} />
          <Refusals of={device().quality.latest} />
          <Show when={props.turnedAway.length > 0}>
            <h2>{t('devices.turnedAwayAs')}</h2>
            <TurnedAwayTable of={props.turnedAway} caption={t('devices.turnedAwayAs')} />
          </Show>
          {/* What it measured of somebody stands on that patient's page. */}
          <Show when={open() && props.treats && device().nobodys}>
            <History device={device().id} />
          </Show>
          <Show when={open() && props.mayConnect && device().active}>
            <AtBeds device={device()} tick={props.tick} reload={() => props.reload()} />
          </Show>
          <Show when={open() && props.mayAsk && device().active && (device().nobodys || props.mayPlaceAll)}>
            <Place device={device()} reload={() => props.reload()} />
          </Show>
          <Show when={open() && props.mayAsk}>
            <Access device={device()} reload={() => props.reload()} />
          </Show>
          <Show when={open() && props.mayAsk}>
            <Ask device={device().id} tick={props.tick} />
          </Show>
        </details>
      )}
    </Show>
  );
}

function Counts(props: { heading: string; counts: Readonly<Record<string, number>> }): JSX.Element {
  const { t } = useApp();
  const columns = (): Column<readonly [string, number]>[] => [
    { heading: props.heading, cell: ([code]) => wordOf(t, code) },
    { heading: t('devices.count'), numeric: true, cell: ([, count]) => count },
  ];
  return (
    <Show when={Object.keys(props.counts).length > 0}>
      <DataTable caption={props.heading} columns={columns()} rows={Object.entries(props.counts)} />
    </Show>
  );
}

function Refusals(props: { of: readonly DeviceRefusal[] }): JSX.Element {
  const { t, language } = useApp();
  const columns = (): Column<DeviceRefusal>[] => [
    { heading: t('devices.at'), whole: true, cell: (refusal) => momentOf(refusal.at, language()) },
    { heading: t('devices.stream'), cell: (refusal) => refusal.topic || '–' },
    { heading: t('devices.reason'), cell: (refusal) => inLanguage(refusal.why, language()) },
  ];
  return (
    <Show when={props.of.length > 0}>
      <h2>{t('devices.latest')}</h2>
      <DataTable stacks caption={t('devices.latest')} columns={columns()} rows={props.of} />
    </Show>
  );
}

/** The line from this edge to its cloud. */
function EdgeLine(props: { of: EdgeState; reload(): void }): JSX.Element {
  const app = useApp();
  const { t, language } = app;
  const { busy, run } = createDoing(app);
  const again = (): Promise<void> =>
    run(async () => {
      const { again: n } = await app.api.post<{ again: number }>('/api/edge/again', {});
      app.toast(() => t('devices.edge.triedAgain', { n }));
      props.reload();
    });
  const when = (text: string | null): string => (text === null ? '–' : momentOf(text, language()));
  return (
    <section>
      <h2>{t('devices.edge')}</h2>
      <p class="device-sign" role="status">
        <Icon name={props.of.fault === null ? 'check' : 'alert'} size={14} />
        {t(props.of.fault === null ? 'devices.edge.up' : 'devices.edge.down')}
      </p>
      <dl class="device-facts">
        <dt>{t('devices.edge.cloud')}</dt>
        <dd>{props.of.cloud}</dd>
        <dt>{t('devices.edge.waiting')}</dt>
        <dd>{props.of.waiting.readings}</dd>
        <dt>{t('devices.edge.alarms')}</dt>
        <dd>{props.of.waiting.alarms}</dd>
        <dt>{t('devices.edge.written')}</dt>
        <dd>{props.of.waiting.written}</dd>
        <dt>{t('devices.edge.oldest')}</dt>
        <dd>{when(props.of.waiting.oldest)}</dd>
        <dt>{t('devices.edge.last')}</dt>
        <dd>{when(props.of.last_sent)}</dd>
        <dt>{t('devices.edge.sent')}</dt>
        <dd>{props.of.waiting.sent}</dd>
        <dt>{t('devices.edge.refused')}</dt>
        <dd>{props.of.waiting.refused}</dd>
        <dt>{t('devices.edge.registry')}</dt>
        <dd>
          {when(props.of.registry.at)}
          <Show when={props.of.registry.fault !== null}> · {t('devices.edge.registryOld')}</Show>
        </dd>
        <dt>{t('devices.edge.clock')}</dt>
        <dd>
          <ClockOff by={props.of.clock.skew} />
          <Show when={props.of.clock.is_behind}> {t('devices.edge.clockBehind')}</Show>
        </dd>
        <dt>{t('devices.edge.disk')}</dt>
        <dd>{t(`devices.disk.is.${props.of.room}`)}</dd>
        <Show when={props.of.package}>
          {(under) => (
            <>
              <dt>{t('devices.edge.package')}</dt>
              <dd>
                {t('devices.edge.packageBytes', megabytesOf(under()))}
                <Show when={under().fault !== null}> · {t('devices.edge.packageWaits')}</Show>
              </dd>
            </>
          )}
        </Show>
      </dl>
      <Show when={props.of.not_taken.length > 0}>
        <h3>{t('devices.edge.notTaken')}</h3>
        <Lacks of={props.of.not_taken} />
        <button type="button" class="button" disabled={busy()} onClick={() => void again()}>
          {t('devices.edge.tryAgain')}
        </button>
      </Show>
    </section>
  );
}

/** Files of which nobody knows what device wrote them. */
function Files(props: { of: NonNullable<Devices['files']> }): JSX.Element {
  const { t, language } = useApp();
  const columns = (): Column<DeviceRefusal>[] => [
    { heading: t('devices.at'), whole: true, cell: (refusal) => momentOf(refusal.at, language()) },
    { heading: t('devices.part'), cell: (refusal) => refusal.topic },
    { heading: t('devices.reason'), cell: (refusal) => inLanguage(refusal.why, language()) },
  ];
  return (
    <section id="files">
      <h2>{t('devices.files')}</h2>
      <p class="soft">{t('devices.filesWhat')}</p>
      <Show when={props.of.latest.length > 0} fallback={<p class="soft">{t('devices.filesNone')}</p>}>
        <Counts heading={t('devices.refused')} counts={props.of.refusals} />
        <DataTable stacks caption={t('devices.files')} columns={columns()} rows={props.of.latest} />
      </Show>
    </section>
  );
}

function Strangers(props: { of: readonly TurnedAway[] }): JSX.Element {
  const { t } = useApp();
  return (
    <section>
      <h2>{t('devices.turnedAway')}</h2>
      <Show when={props.of.length > 0} fallback={<p class="soft">{t('devices.turnedAwayNone')}</p>}>
        <TurnedAwayTable of={props.of} caption={t('devices.turnedAway')} />
      </Show>
    </section>
  );
}

function TurnedAwayTable(props: { of: readonly TurnedAway[]; caption: string }): JSX.Element {
  const { t, language } = useApp();
  const columns = (): Column<TurnedAway>[] => [
    { heading: t('devices.at'), whole: true, cell: (one) => momentOf(one.at, language()) },
    { heading: t('devices.from'), whole: true, cell: (one) => one.from },
    { heading: t('devices.claimed'), cell: (one) => one.claimed ?? '–' },
    { heading: t('devices.reason'), cell: (one) => inLanguage(one.why, language()) },
    { heading: t('devices.count'), numeric: true, cell: (one) => one.times },
  ];
  return <DataTable stacks caption={props.caption} columns={columns()} rows={props.of} />;
}
