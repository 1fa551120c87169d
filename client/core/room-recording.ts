/** The recording of a room as its page sees it: whether it is asked for or runs, and what one answered. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Act, Participant, RecordingNow, RecordingStep } from '../../contract/room';
import type { RoomClient } from '../room/room-client';
import type { App } from './app';

export interface RoomRecording {
  readonly now: Accessor<RecordingNow>;
  /** The name of who asked. */
  readonly by: Accessor<string>;
  /** Whether one has agreed. */
  readonly hasAgreed: Accessor<boolean>;
  /** Those inside who have not agreed yet. */
  readonly missing: Accessor<readonly Participant[]>;
  act(act: Extract<Act, { act: 'ask-to-record' | 'answer-recording' | 'stop-recording' }>): void;
}

/** Follows a room while the caller lives. */
export function createRoomRecording(client: RoomClient): RoomRecording {
  const [state, setState] = createSignal(client.state);
  onCleanup(client.on('change', setState));
  const now = (): RecordingNow => state().recording;
  const people = (): Participant[] => [...state().participants.values()];
  const own = createMemo(() => people().find(({ id }) => id === state().self));
  const agreed = (actor: string | undefined): boolean => actor !== undefined && now().agreed.includes(actor);
  return {
    now,
    by: () => people().find(({ actor }) => actor === now().by)?.name ?? now().by ?? '',
    hasAgreed: () => agreed(own()?.actor),
    missing: () => people().filter(({ actor }) => !agreed(actor)),
    act: (what) => void client.act(what).catch(() => undefined),
  };
}

/** A step of a recording in words. */
export function recordingWords(step: RecordingStep, name: string, t: App['t']): string {
  if (step.did !== 'stopped') return t(`recording.said.${step.did}`, { name });
  return t(`recording.said.${step.why === 'asked' ? 'asked-to' : step.why}`, { name });
}
