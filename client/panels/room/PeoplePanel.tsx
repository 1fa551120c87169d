/** Who is here and who waits, whose hand is up, and what happened lately. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Participant, Voice } from '../../../contract/room';
import type { RoomControl } from '../../core/room-control';
import { dressOf, figureFor, isVisitor } from '../../core/figures';
import { isPseudonym, looksOf, opensPseudonyms } from '../../core/pseudonym';
import { idsOf } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import type { Told } from '../../core/room-news';
import type { RoomVoice } from '../../core/room-voice';
import { initialOf } from '../../core/words-of';
import { Icon } from '../Icon';
import { roleWords } from '../person';
import { OwnLooks } from './OwnLooks';
import { OrderDialog } from './OrderDialog';
import { PseudonymChip } from './PseudonymChoice';
import { AppealsPanel } from './AppealsPanel';
import { KeptOutPanel } from './KeptOutPanel';
import { OwnSanctions } from './OwnSanctions';
import { Slider } from './Slider';

interface PeoplePanelProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly voice: RoomVoice;
  readonly log: readonly Told[];
}

export function PeoplePanel(props: PeoplePanelProps): JSX.Element {
  const app = useApp();
  const [about, setAbout] = createSignal<number>();
  const person = (): Participant | undefined => props.control.people().find(({ id }) => id === about());
  // By their numbers, so that the focus stays in a row when something about somebody changes.
  const ids = idsOf(() => props.control.people());
  const isUp = (): boolean => (props.order.own()?.hand_since ?? null) !== null;
  return (
    <div class="stack">
      <button
        type="button"
        class="button"
        data-on={isUp()}
        onClick={() => props.order.act({ act: isUp() ? 'lower-hand' : 'raise-hand' })}
      >
        <Icon name="hand" />
        {app.t(isUp() ? 'order.lower' : 'order.raise')}
      </button>
      <Show when={props.order.own()?.has_word && props.order.own()}>
        {(own) => (
          <button type="button" class="button" onClick={() => props.order.act({ act: 'take-word', participant: own().id })}>
            {app.t('order.ownWordBack')}
          </button>
        )}
      </Show>
      <OwnSanctions order={props.order} />
      <AppealsPanel order={props.order} />
      <ul class="people" aria-label={app.t('people.here')}>
        <For each={ids()}>
          {(id) => (
            <Show when={props.control.people().find((one) => one.id === id)}>
              {(one) => <Person {...props} person={one()} onKeep={() => setAbout(id)} />}
            </Show>
          )}
        </For>
      </ul>
      <Show when={props.control.people().length < 2}>
        <p class="soft small">{app.t('people.alone')}</p>
      </Show>
      <KeptOutPanel order={props.order} />
      <OwnLooks order={props.order} people={props.control.people()} />
      <Show when={props.log.length > 0}>
        <ol class="people-log small soft">
          <For each={props.log}>{(line) => <li>{line()}</li>}</For>
        </ol>
      </Show>
      <Show when={person()}>
        {(whom) => <OrderDialog person={whom()} order={props.order} shows={props.voice.voices().get(whom().id)} onClose={() => setAbout(undefined)} />}
      </Show>
    </div>
  );
}

function Person(props: PeoplePanelProps & { person: Participant; onKeep(): void }): JSX.Element {
  const app = useApp();
  const figure = (): string => figureFor(looksOf(props.person).account, dressOf(props.person), props.person.figure);
  return (
    <li>
      <span class="person-mark" style={{ 'box-shadow': `0 0 0 3px ${looksOf(props.person).colour}` }} aria-hidden="true">
        <img src={`/people/${figure()}.face.webp`} alt={initialOf(props.person.name)} data-figure={figure()} width="36" height="36" />
      </span>
      <span>
        {props.person.name}
        <span class="soft small"> {roleWords(app, props.person.role)}</span>
        <PseudonymChip actor={props.person.actor} />
        <Show when={isPseudonym(props.person.actor) && opensPseudonyms(app.me())}>
          {/* In a tab of its own: the room goes on meanwhile. */}
          <a class="small" href="/pseudonyms" target="_blank" rel="noopener">
            {app.t('opening.link')}
            <span class="for-listeners"> {props.person.name}</span>
          </a>
        </Show>
        <Show when={!isVisitor(props.person.role)}>
          <span class="chip" classList={{ warn: props.person.licence === 'ended' }} data-licence={props.person.licence}>
            {app.t(`licence.${props.person.licence}`)}
          </span>
        </Show>
        <VoiceChips voice={props.voice} participant={props.person.id} />
        <Show when={props.person.away}>
          <span class="chip warn">{app.t('people.away')}</span>
        </Show>
        <Show when={props.person.id === props.control.self()}>
          <span class="soft small"> ({app.t('people.you')})</span>
        </Show>
        <Standing person={props.person} />
      </span>
      <Show when={props.voice.state() === 'in' && props.person.id !== props.control.self() && props.voice.voices().has(props.person.id)}>
        <Loudness person={props.person} voice={props.voice} />
      </Show>
      <Show when={props.order.keeps() && props.person.actor !== props.order.own()?.actor}>
        <KeepButtons person={props.person} order={props.order} onKeep={() => props.onKeep()} />
      </Show>
    </li>
  );
}

/** What somebody does by voice and picture, in words with a sign. */
function VoiceChips(props: { voice: RoomVoice; participant: number }): JSX.Element {
  const app = useApp();
  const voice = (): Voice | undefined => props.voice.voices().get(props.participant);
  const sound = (): 'speaking' | 'muted' | 'listening' => (voice()?.muted ? 'muted' : voice()?.speaking ? 'speaking' : 'listening');
  return (
    <Show when={voice()}>
      {(now) => (
        <span class="voice-chips" data-sound={sound()}>
          <span class={sound() === 'speaking' ? 'chip accent' : 'chip'}>
            <Icon name={sound() === 'listening' ? 'microphone' : sound() === 'muted' ? 'muted' : 'speaking'} size={14} />
            {app.t(`voice.state.${sound()}`)}
          </span>
          <Show when={now().camera}>
            <span class="chip">{app.t('voice.state.camera')}</span>
          </Show>
          <Show when={now().screen}>
            <span class="chip">{app.t('voice.state.screen')}</span>
          </Show>
          <Show when={now().around}>
            <span class="chip">{app.t('around.state')}</span>
          </Show>
        </span>
      )}
    </Show>
  );
}

/** How loud one hears somebody oneself; others hear them as before. */
function Loudness(props: { person: Participant; voice: RoomVoice }): JSX.Element {
  const app = useApp();
  const volume = (): number => props.voice.volume(props.person.id);
  let before = 1;
  const silence = (): void => {
    const now = volume();
    if (now > 0) before = now;
    props.voice.listen(props.person.id, now > 0 ? 0 : before);
  };
  return (
    <span class="person-loudness">
      <Slider
        quiet
        label={app.t('voice.volume', { name: props.person.name })}
        min={0}
        max={1}
        step={0.05}
        value={volume()}
        words={`${Math.round(volume() * 100)} %`}
        onChange={(share) => props.voice.listen(props.person.id, share)}
      />
      <button type="button" class="button small quiet" aria-pressed={volume() === 0} onClick={silence}>
        {app.t('voice.notForMe')}
        <span class="for-listeners"> {props.person.name}</span>
      </button>
    </span>
  );
}

/** What somebody is here, whether their hand is up, and whether they are heard. */
function Standing(props: { person: Participant }): JSX.Element {
  const app = useApp();
  return (
    <span class="person-state">
      <span class="chip" classList={{ accent: props.person.standing === 'host' }}>
        {app.t(`order.standing.${props.person.standing}`)}
      </span>
      <Show when={props.person.hand_since}>
        <span class="chip good">
          <Icon name="hand" size={16} />
          {app.t('order.hand')}
        </span>
      </Show>
      <Show when={props.person.has_word}>
        <span class="chip good">{app.t('order.hasWord')}</span>
      </Show>
      <Show when={props.person.muted}>
        <span class="chip warn">{app.t('order.muted')}</span>
      </Show>
      <For each={props.person.ended ?? []}>{(what) => <span class="chip warn">{app.t(`order.ended.${what}`)}</span>}</For>
    </span>
  );
}

function KeepButtons(props: { person: Participant; order: RoomOrder; onKeep(): void }): JSX.Element {
  const app = useApp();
  const participant = (): number => props.person.id;
  return (
    <span class="person-keep">
      <Show when={props.person.hand_since}>
        <button
          type="button"
          class="button small quiet"
          onClick={() => props.order.act({ act: 'lower-hand', participant: participant() })}
        >
          {app.t('order.lower')}
          <span class="for-listeners"> {props.person.name}</span>
        </button>
      </Show>
      <Show when={props.person.standing === 'observer'}>
        <button
          type="button"
          class="button small quiet"
          onClick={() => props.order.act({ act: props.person.has_word ? 'take-word' : 'give-word', participant: participant() })}
        >
          {app.t(props.person.has_word ? 'order.takeWord' : 'order.giveWord')}
          <span class="for-listeners"> {props.person.name}</span>
        </button>
      </Show>
      <For each={props.person.ended ?? []}>
        {(what) => (
          <button type="button" class="button small quiet" onClick={() => props.order.act({ act: 'let-show', participant: participant(), what })}>
            {app.t(`order.letShow.${what}`)}
            <span class="for-listeners"> {props.person.name}</span>
          </button>
        )}
      </For>
      <Show when={props.person.muted}>
        <button
          type="button"
          class="button small quiet"
          onClick={() => props.order.act({ act: 'unmute', participant: participant() })}
        >
          {app.t('order.unmute')}
          <span class="for-listeners"> {props.person.name}</span>
        </button>
      </Show>
      <button
        type="button"
        class="button small quiet"
        aria-label={app.t('order.keepThis', { name: props.person.name })}
        onClick={() => props.onKeep()}
      >
        {app.t('order.keep')}
      </button>
    </span>
  );
}
