/** The door of a room behind a line that does not come about: browsers do not say why a line was refused. */
import { onCleanup } from 'solid-js';
import type { RoomClient } from '../room/room-client';
import { translate } from '../words/words';
import type { Key } from '../words/words';
import { ApiError, isClosed } from './api';
import type { Api } from './api';
import type { LicenceStanding, OwnLicence } from './licence';

const SHUT = { 'licence-ended': 'door.licenceEnded', 'not-permitted': 'door.notPermitted' } as const satisfies Record<string, Key>;

/** Asks at the door, while the caller lives, whenever the hospital has not answered by the line, and ends what is shown of a room that is shut. */
export function watchDoor(client: RoomClient, api: Pick<Api, 'get'>): void {
  let asks = false;
  let isOver = false;
  onCleanup(() => (isOver = true));

  async function ask(): Promise<void> {
    if (asks) return;
    asks = true;
    const isShut = await api.get(`/api/rooms/${encodeURIComponent(client.id)}`).then(
      () => false,
      // Who is signed out goes where everybody does whose session has ended; without an answer the line is tried on.
      // What stands before it, such as a proxy, says nothing of the room.
      (error: unknown) => error instanceof ApiError && isClosed(error) && error.requestId !== undefined,
    );
    const reason = isShut ? await whyShut(api) : undefined;
    asks = false;
    const isBetween = client.state.status === 'connecting' || client.state.status === 'reconnecting';
    if (reason && isBetween && !isOver) client.shutOut(reason, { zh: translate('zh', SHUT[reason]), en: translate('en', SHUT[reason]) });
  }

  onCleanup(client.on('unanswered', () => void ask()));
}

/** A refusal says the same whatever stands behind it; how one's own licence stands everybody may ask. */
async function whyShut(api: Pick<Api, 'get'>): Promise<keyof typeof SHUT> {
  const standing = await api.get<OwnLicence>('/api/licence').then(
    (own): LicenceStanding['state'] => own.standing.state,
    () => undefined,
  );
  return standing === 'ended' ? 'licence-ended' : 'not-permitted';
}
