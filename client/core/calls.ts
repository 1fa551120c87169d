/** Who pressed a button that says "with camera and microphone" has said so for the room that it leads to, once. */
import type { RoomVoice } from './room-voice';

const asked = new Set<string>();

/** The next entry into this room opens the microphone and the camera. */
export function askToCall(room: string): void {
  asked.add(room);
}

/** Whether that was asked for; nobody who comes again by another way is taken by surprise. */
export function takeCall(room: string): boolean {
  return asked.delete(room);
}

/** Joins with microphone and camera. What the browser does not give is said by the room's own words, and the rest goes on. */
export async function callIn(voice: Pick<RoomVoice, 'state' | 'join' | 'turn'>): Promise<void> {
  await voice.join();
  for (const source of ['microphone', 'camera'] as const) if (voice.state() === 'in') await voice.turn(source, true);
}
