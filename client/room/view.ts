import type { Act, Hand, Participant } from '../../contract/room';
import { dressOf } from '../core/figures';
import { looksOf } from '../core/pseudonym';
import type { Poses, RoomView } from '../stage/room-view';
import type { RoomClient } from './room-client';

/** The room as the stage sees it. */
export function viewOf(client: RoomClient, loudness: (participant: number) => number = () => 0, badgeOf: (participant: Participant) => string = () => ''): RoomView {
  return {
    get selfId() {
      return String(client.state.self ?? '');
    },
    entities: () => client.state.entities,
    *participants() {
      for (const one of client.state.participants.values()) {
        const { id, name, place, away } = one;
        const dress = dressOf(one);
        // Whose line broke keeps their place: they come back to it, and nobody else's seat moves.
        yield { id: String(id), name, ...looksOf(one), badge: badgeOf(one), dress, away, place, speaking: client.state.voices.get(id)?.speaking ?? false };
      }
    },
    poses(participant, nowMs) {
      return client.poseOf(Number(participant), nowMs);
    },
    loudness: (participant) => loudness(Number(participant)),
    held(id, nowMs) {
      const held = client.held(id, nowMs);
      return held && { by: String(held.by), transform: held.transform };
    },
    onChange: (listener) => client.on('change', listener),
    act(act) {
      // A refusal reaches whoever listens to `refused`.
      client.act(act as Act).catch(() => undefined);
    },
    pose(poses, held) {
      client.pose(ownPose(poses, held));
    },
  };
}

function ownPose(poses: Poses, held: Parameters<RoomView['pose']>[1]): Parameters<RoomClient['pose']>[0] {
  const { head, left = null, right = null, pointer = null, mouth = null } = poses;
  const hand = (one: Poses['left']): Hand | null => (one ? ({ ...one, fingers: one.fingers ?? null } as Hand) : null);
  const own = { head, left: hand(left), right: hand(right), pointer, held: held ? { entity: held.id, transform: held.transform } : null, mouth };
  return own as Parameters<RoomClient['pose']>[0];
}
