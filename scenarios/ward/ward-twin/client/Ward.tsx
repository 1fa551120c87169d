/** One ward: alarms first, then beds as a table or in 3D that say the same, then rooms, devices and staff. */
import { For, Match, Show, Switch, createEffect, createMemo, createSignal, lazy, on, onCleanup, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useAlarmSound } from '../../../../client/core/alarm-sound';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { askedPart } from '../../../../client/core/router';
import { Answer } from '../../../../client/panels/Answer';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import { AlarmCard } from './AlarmCard';
import { Bed } from './Bed';
import { BedTable } from './BedTable';
import { Elsewhere, ElsewhereNow } from './Elsewhere';
import { LookBack } from './LookBack';
import { Old } from './Old';
import { Staff } from './Staff';
import { Then } from './Then';
import type { CommandView } from './command';
import { commandIn, wardIn } from './names';
import { deviceSaid, diskSaid } from './said';
import type { Errand } from './said';
import { bedFor, clock } from './ward';
import type { AlarmView, WardView } from './ward';
import { sayIn } from './words';

// The stage brings three.js with it: only who looks at the ward in 3D loads it.
const Scene = lazy(() => import('./Scene'));

const AGAIN_ms = 2_000;
const ERRANDS_AGAIN_ms = 10_000;

export function Ward(props: { id: string }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  /** A moment that is looked back to; none: now. */
  const [at, setAt] = createSignal<string>();
  // What is shown stays while the next moment of a replay is on its way: it says itself of which moment it is.
  const ward = createQuery<{ ward: WardView; at: string | undefined }>(() => async (signal) => {
    const moment = untrack(at);
    const path = `/api/wards/${encodeURIComponent(props.id)}${moment === undefined ? '' : `?at=${encodeURIComponent(moment)}`}`;
    return { ward: await app.api.get<WardView>(path, { signal }), at: moment };
  });
  // Who was sent somewhere without an alarm, and, of the past, who and what was where.
  const command = createQuery<{ view: CommandView; at: string | undefined }>(() => async (signal) => {
    const moment = untrack(at);
    const path = `/api/wards/${encodeURIComponent(props.id)}/command${moment === undefined ? '' : `?at=${encodeURIComponent(moment)}`}`;
    return { view: await app.api.get<CommandView>(path, { signal }), at: moment };
  });
  /** What belongs to the ward that is shown: errands of now are none of the past. */
  const beside = createMemo((): CommandView | undefined => {
    const found = command.data();
    const belongs = (found?.at === undefined) === (ward.data()?.at === undefined);
    return found && belongs ? commandIn(found.view, app.language()) : undefined;
  });
  /** Of the past that was asked for nothing has come: no other moment is shown in its place. */
  const isMissing = (): boolean => at() !== undefined && ward.error() !== undefined;
  const reload = (): void => {
    ward.reload();
    command.reload();
  };
  createEffect(on(at, reload, { defer: true }));
  // What is gone to by its name is of now.
  createEffect(on(askedPart, () => void setAt(undefined), { defer: true }));
  const timer = setInterval(() => {
    if (at() === undefined) ward.reload();
  }, AGAIN_ms);
  const seldom = setInterval(() => {
    if (at() === undefined) command.reload();
  }, ERRANDS_AGAIN_ms);
  onCleanup(() => clearInterval(seldom));
  onCleanup(() => clearInterval(timer));
  app.onServerEvent(({ kind }) => {
    if (at() !== undefined || (kind !== 'alarm' && kind !== 'missed')) return;
    reload();
  });
  return (
    <>
      <LookBack at={at()} isShown={!ward.loading() && (at() === undefined || !command.loading())} onChoose={setAt} />
      <Show when={at() === undefined ? undefined : ward.error()}>
        {(error) => <Notice kind="warn">{app.explain(error())}</Notice>}
      </Show>
      <Show when={isMissing()}>
        <h1 class="for-listeners">{say('replay')}</h1>
        <ElsewhereNow ward={props.id} say={say} />
      </Show>
      {/* A bed that is open stays open below. */}
      <div hidden={isMissing()}>
        <Answer of={ward}>
          {(answer) => {
            const read = createMemo(() => wardIn(answer().ward, app.language()));
            return (
              <Shown
                ward={read()}
                beside={beside()}
                isOld={at() === undefined && ward.error() !== undefined}
                at={answer().at}
                reload={() => ward.reload()}
              />
            );
          }}
        </Answer>
      </div>
    </>
  );
}

interface ShownProps {
  readonly ward: WardView;
  /** Who and what is where, and who is sent; none where it has not come yet. */
  readonly beside: CommandView | undefined;
  readonly isOld: boolean;
  /** The moment that is looked back to; none: now. */
  readonly at: string | undefined;
  reload(): void;
}

function Shown(props: ShownProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [view, setView] = createSignal<'table' | '3d'>('table');
  const [which, setWhich] = createSignal<'all' | 'mine'>('all');
  const [opened, setOpened] = createSignal<string>();
  const [night, setNight] = createSignal(false);
  const bed = createMemo(() => props.ward.beds.find(({ id }) => id === opened()));
  const untaken = (): number => props.ward.alarms.filter(({ alarm }) => alarm.taken === undefined).length;
  const alarms = createMemo(() =>
    props.ward.alarms.filter(({ mine, asked, alarm }) => which() === 'all' || mine || asked || alarm.taken?.by === app.me()?.id),
  );
  const isPast = (): boolean => props.at !== undefined;
  const errands = (): readonly Errand[] => props.beside?.missions ?? [];
  sayNew(() => props.ward, isPast);
  // What calls is before the eyes once it is opened, whatever was looked at.
  createEffect(
    on(
      askedPart,
      (asked) => {
        if (!asked) return;
        setWhich('all');
        setOpened((bed) => bedFor(asked.part, bed, props.ward.alarms));
      },
      { defer: true },
    ),
  );
  return (
    <div class="ward" data-past={isPast() ? '' : undefined} data-night={night() ? '' : undefined}>
      <header class="row ward-head">
        <h1>{props.ward.name}</h1>
        <span class="soft">
          {say('bedsOf', { n: props.ward.beds.length, m: props.ward.beds.filter(({ occupied }) => occupied).length })}
        </span>
        <span class="grow" />
        <Show when={!isPast()}>
          <SoundSwitch />
        </Show>
        <button type="button" class="button" aria-pressed={night()} onClick={() => setNight(!night())}>
          {say('night')}
        </button>
      </header>
      <Show when={props.isOld}>
        <Notice kind="warn">{say('lost', { at: clock(props.ward.now, app.language()) })}</Notice>
      </Show>
      <Old of={props.ward.old} say={say} />
      <Show when={diskSaid(props.ward.room, say)}>
        {(words) => (
          <div data-disk={props.ward.room}>
            <Notice kind={props.ward.room === 'full' ? 'bad' : 'warn'}>{words()}</Notice>
          </div>
        )}
      </Show>
      {/* Whatever is looked at hides no alarm of now. */}
      <Switch>
        <Match when={isPast()}>
          <ElsewhereNow ward={props.ward.id} say={say} />
        </Match>
        <Match when={bed()}>{(one) => <Elsewhere ward={props.ward} bed={one().id} say={say} />}</Match>
      </Switch>
      <Switch>
        <Match when={bed()}>
          {(one) => <Bed ward={props.ward} bed={one()} at={props.at} reload={props.reload} onBack={() => setOpened(undefined)} />}
        </Match>
        <Match when={true}>
          <section aria-labelledby="ward-alarms">
            <div class="row">
              <h2 id="ward-alarms">{say('alarms')}</h2>
              <span class="soft small" data-alarm-count>
                {props.ward.alarms.length === 0
                  ? say('noAlarms')
                  : say('alarmsOpen', { n: props.ward.alarms.length, m: untaken() })}
              </span>
              <span class="grow" />
              <Segmented
                label={say('filter')}
                chosen={which()}
                onChoose={setWhich}
                options={[
                  { value: 'all', label: say('showAll') },
                  { value: 'mine', label: say('showMine') },
                ]}
              />
            </div>
            <AlarmList alarms={alarms()} ward={props.ward} reload={props.reload} />
          </section>
          <section>
            <div class="row">
              <h2 id="ward-beds">{say('beds')}</h2>
              <span class="grow" />
              <Segmented
                label={say('view')}
                chosen={view()}
                onChoose={setView}
                options={[
                  { value: 'table', label: say('asTable') },
                  { value: '3d', label: say('as3d') },
                ]}
              />
            </div>
            <Show when={view() === '3d'} fallback={<BedTable ward={props.ward} onOpen={setOpened} />}>
              <Scene
                ward={props.ward}
                errands={errands()}
                isPast={isPast()}
                night={night()}
                onNight={setNight}
                onOpen={setOpened}
                reload={props.reload}
              />
            </Show>
          </section>
          <Staff ward={props.ward} errands={errands()} isPast={isPast()} reload={props.reload} />
          <Show when={isPast()}>
            <Then view={props.beside} say={say} />
          </Show>
        </Match>
      </Switch>
      <p class="soft small">
        {say('attribution')} · {say('notDevice')}
      </p>
    </div>
  );
}

export function AlarmList(props: { alarms: readonly AlarmView[]; ward: WardView; reload(): void }): JSX.Element {
  // By id, so that what somebody is typing or pointing at stays where it is when the ward is read again.
  const ids = createMemo(() => props.alarms.map(({ id }) => id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, n) => id === b[n]),
  });
  return (
    <ul class="alarm-list">
      <For each={ids()}>
        {(id) => (
          <Show when={props.alarms.find((one) => one.id === id)}>
            {(alarm) => <AlarmCard alarm={alarm()} ward={props.ward} reload={props.reload} />}
          </Show>
        )}
      </For>
    </ul>
  );
}

/** Says each alarm once that calls the person who listens, the most urgent first. */
function sayNew(ward: () => WardView, isPast: () => boolean): void {
  const app = useApp();
  const say = sayIn(app.language);
  const said = new Set<string>();
  createEffect(() => {
    if (isPast()) return;
    for (const one of ward().alarms) {
      const { id, alarm, bed_name, mine, calls } = one;
      // One that came back calls again.
      const key = `${id} ${alarm.level} ${alarm.untaken_since}`;
      if (!mine || !calls || said.has(key)) continue;
      said.add(key);
      const priority = inLanguage(ward().escalation[alarm.priority].signalling.word, app.language());
      const title = [inLanguage(alarm.title, app.language()), deviceSaid(one, ward(), app.language())].filter(Boolean).join(' · ');
      app.announce(say('newAlarm', { priority, bed: bed_name, title }));
    }
  });
}

/** Turns on that alarms are heard, here and on every other page. */
function SoundSwitch(): JSX.Element {
  const say = sayIn(useApp().language);
  const sound = useAlarmSound();
  return (
    <button type="button" class="button" aria-pressed={sound.isOn()} onClick={() => sound.turn()}>
      {say(sound.isOn() ? 'soundOn' : 'soundOff')}
    </button>
  );
}
