/** Orders by voice, or typed: shown first, and done only when they are confirmed, by a press or a word. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { HeardOrder, MediaDoor } from '../../contract/media';
import { capture } from '../media/capture';
import { recordSpoken } from '../media/spoken';
import type { RoomClient } from '../room/room-client';
import type { App } from './app';
import { canListen, listen } from './listening';
import { answerOf, orderOf } from './orders';
import type { Order } from './orders';
import { offersIn } from './room-offers';
import type { OrderedInside, OrderedRoom } from './room-offers';
import { lyingOf } from './room-shelf';
import type { RoomVoice } from './room-voice';
import { manifestOf } from './series-volume';

export interface RoomOrders {
  /** Who writes an order down that is said: the service that the hospital named, else the browser. */
  readonly by: Accessor<'hospital' | 'browser' | undefined>;
  readonly state: Accessor<'idle' | 'listening' | 'writing'>;
  /** What was heard, or typed. */
  readonly heard: Accessor<string>;
  /** The order that was understood in it, to be confirmed. */
  readonly asked: Accessor<Order | undefined>;
  /** Why nothing was heard, in words. */
  readonly trouble: Accessor<string | undefined>;
  /** Finds out who writes down here, and what lies on the shelf; to be called where orders are offered. */
  prepare(): void;
  /** A headset is worn from now on, or no more. */
  wear(inside: OrderedInside | undefined): void;
  /** Begins to listen, or ends it. */
  hear(on: boolean): void;
  understand(words: string): void;
  carryOut(): void;
  drop(): void;
}

interface Room extends Omit<OrderedRoom, 'series' | 'take' | 'inside' | 'voice'> {
  readonly client: RoomClient;
  readonly voice: OrderedRoom['voice'] & Pick<RoomVoice, 'chosen'>;
}

/** Takes orders of a room while the caller lives. */
export function createRoomOrders({ client, ...room }: Room, app: App): RoomOrders {
  const [ofHospital, setOfHospital] = createSignal<boolean>();
  const [state, setState] = createSignal<'idle' | 'listening' | 'writing'>('idle');
  const [heard, setHeard] = createSignal('');
  const [asked, setAsked] = createSignal<Order>();
  const [trouble, setTrouble] = createSignal<string>();
  const [inside, setInside] = createSignal<OrderedInside>();
  const [series, setSeries] = createSignal<readonly string[]>([]);
  const path = `/api/rooms/${encodeURIComponent(client.id)}`;
  const ends = new AbortController();
  let isAsking = false;
  /** Ends what is listened to now. */
  let stop = (): void => undefined;
  /** Counts up at each beginning: what comes of an earlier one is not taken any more. */
  let round = 0;
  /** Whether it is listened for the answer to the order that waits. */
  let isAnswering = false;
  onCleanup(() => {
    round++;
    stop();
    ends.abort();
  });

  /** What can be done now. */
  const all = (): ReturnType<typeof offersIn> => offersIn({ ...room, picture, inside, series, take }, app);

  /** Inside a headset it is taken, and looked at, in there. */
  function picture(): (() => void) | undefined {
    const [onPage, worn] = [room.picture(), inside()];
    return onPage && worn ? () => worn.picture() : onPage;
  }

  /** The room can show only what the hospital has made a volume of. */
  async function take(wanted: string): Promise<boolean> {
    try {
      await manifestOf(wanted, ends.signal);
    } catch (error) {
      if (!ends.signal.aborted) fail(app.explain(error));
      return false;
    }
    return room.order.ask({ act: 'take', series: wanted }).then(
      () => true,
      () => false,
    );
  }

  function understand(words: string): void {
    const [waits, answer] = [asked(), answerOf(words)];
    if (waits && answer === true) return carryOut();
    if (waits && answer === false) {
      drop();
      return app.announce(app.t('orders.dropped', { order: waits.words }));
    }
    const meant = orderOf(words, all());
    setTrouble(undefined);
    setHeard(words);
    setAsked(meant);
    app.announce(meant ? app.t('orders.confirm', { order: meant.words }) : app.t('orders.unknown', { words }));
  }

  /** What is said while an order waits answers it, or is another order; anything else leaves it waiting. */
  function takeIn(words: string): void {
    const waits = asked();
    const meant = waits && answerOf(words) === undefined ? orderOf(words, all()) : undefined;
    if (!waits || answerOf(words) !== undefined || (meant && meant.id !== waits.id)) understand(words);
  }

  function fail(words: string): void {
    setTrouble(words);
    app.announce(words);
  }

  function drop(): void {
    hush();
    setAsked(undefined);
    setHeard('');
    setTrouble(undefined);
  }

  /** Nobody need answer any more. */
  function hush(): void {
    if (!isAnswering) return;
    isAnswering = false;
    round++;
    stop();
    setState('idle');
  }

  /** Listens for an order, or for the answer to the one that waits: for that by itself, as soon as it was said. */
  function begin(): void {
    const before = asked();
    if (before) setTrouble(undefined);
    else drop();
    isAnswering = before !== undefined;
    const mine = ++round;
    const isMine = (): boolean => mine === round;
    setState('listening');
    const end = (): void => {
      if (!isMine()) return;
      isAnswering = false;
      setState('idle');
      const now = asked();
      if (now && now !== before) begin();
    };
    if (ofHospital()) void record(isMine).catch((error: unknown) => isMine() && fail(app.explain(error))).finally(end);
    else stop = listen(app.language(), (words) => isMine() && takeIn(words), end);
  }

  /** Has the hospital's service write down one order. The room hears nothing of it but by an open microphone. */
  async function record(isMine: () => boolean): Promise<void> {
    let wanted = true;
    stop = () => (wanted = false);
    const track = await capture('microphone', room.voice.chosen()).catch(() => undefined);
    if (!isMine() || !wanted) return track?.stop();
    if (!track) return fail(app.t('orders.noMicrophone'));
    const spoken = recordSpoken(track);
    ({ stop } = spoken);
    const sound = await spoken.sound;
    if (!isMine()) return;
    // Whoever only looks at the question is in no trouble.
    if (!sound) return isAnswering ? undefined : fail(app.t('orders.silence'));
    setState('writing');
    const { self } = client.state;
    const { text } = await app.api.postBytes<HeardOrder>(`${path}/speech?participant=${self ?? 0}&language=${app.language()}&as=order`, sound);
    if (!isMine()) return;
    if (text === '') return isAnswering ? undefined : fail(app.t('orders.nothing'));
    takeIn(text);
  }

  function carryOut(): void {
    const meant = asked();
    if (!meant) return;
    // What could be done when it was said may be possible no more.
    const offer = all().find(({ id }) => id === meant.id);
    if (!offer) return understand(heard());
    drop();
    void offer.carryOut().then((done) => done && app.announce(app.t('orders.done', { order: meant.words })));
  }

  return {
    by: () => (ofHospital() ? 'hospital' : canListen() ? 'browser' : undefined),
    state,
    heard,
    asked,
    trouble,
    prepare() {
      if (room.patient !== null) void lyingOf(app.api, room.patient).then((all) => setSeries(all.map((one) => one.series.uid)), () => undefined);
      if (isAsking || ofHospital() !== undefined) return;
      isAsking = true;
      app.api.get<MediaDoor>(`${path}/media`).then(
        ({ speech }) => setOfHospital(speech),
        () => (isAsking = false),
      );
    },
    wear(worn) {
      setInside(worn);
    },
    hear(on) {
      if (on && state() === 'idle') begin();
      else if (!on && state() === 'listening') stop();
    },
    understand,
    carryOut,
    drop,
  };
}
