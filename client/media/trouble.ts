/** What can stand between somebody and being heard or seen, in terms that a page can say and help with. */
export type Trouble =
  /** The browser or the person refused the device. */
  | 'refused'
  /** There is no such device. */
  | 'no-device'
  /** Another program has it. */
  | 'busy'
  /** Devices are only given to pages of a secure address. */
  | 'insecure'
  /** This browser has no WebRTC. */
  | 'unsupported'
  /** The hospital carries no media. */
  | 'off'
  /** No datagram gets through. */
  | 'no-way'
  /** The server did not take the offer. */
  | 'not-taken';

export class MediaTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
    this.name = 'MediaTrouble';
  }
}

const NAMES: Readonly<Record<string, Trouble>> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'no-device',
  OverconstrainedError: 'no-device',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** What an error of the browser's means. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof MediaTrouble) return error.trouble;
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  return NAMES[name] ?? 'not-taken';
}

/** Whom to ask for devices; a page of an insecure address has nobody. */
export function devices(): MediaDevices {
  const found = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (!found) throw new MediaTrouble('insecure');
  return found;
}

/** The devices there are now; those of before are the same objects, so that what is chosen of them stays chosen. */
export async function devicesNow(before: readonly MediaDeviceInfo[]): Promise<readonly MediaDeviceInfo[]> {
  const found = await devices().enumerateDevices();
  return found.map((one) => before.find(({ kind, deviceId, label }) => kind === one.kind && deviceId === one.deviceId && label === one.label) ?? one);
}

/** Calls `changed` whenever a device is plugged in or pulled out; the returned function ends it. */
export function onDevices(changed: () => void): () => void {
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
  mediaDevices?.addEventListener('devicechange', changed);
  return () => mediaDevices?.removeEventListener('devicechange', changed);
}
