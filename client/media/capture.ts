import type { Source } from '../../contract/room';
import { devices } from './trouble';

/** A device that somebody has chosen, by the browser's name for it; an empty one is the usual device. */
export interface Choice {
  readonly id: string;
  /** It was chosen at an earlier visit, and may be gone since: then the usual one takes its place. */
  readonly isOfBefore?: boolean;
}

/** Which device of each kind somebody has chosen. */
export type Chosen = Readonly<Partial<Record<MediaDeviceKind, Choice>>>;

/** Whether this browser shares screens; those of phones do not. A page of an insecure address is told of that when it asks. */
export function sharesScreens(): boolean {
  const { mediaDevices } = navigator as { mediaDevices?: Partial<MediaDevices> };
  return !mediaDevices || mediaDevices.getDisplayMedia !== undefined;
}

/** Opens a source of one's own; the browser may ask first, and the answer may take as long as people take. */
export async function capture(source: Exclude<Source, 'around'>, chosen: Chosen): Promise<MediaStreamTrack | undefined> {
  const device = (kind: MediaDeviceKind): MediaTrackConstraints => {
    const choice = chosen[kind];
    if (!choice || choice.id === '') return {};
    return { deviceId: choice.isOfBefore ? { ideal: choice.id } : { exact: choice.id } };
  };
  if (source === 'screen') return (await devices().getDisplayMedia({ video: { frameRate: 15 } })).getVideoTracks()[0];
  if (source === 'camera') {
    const size = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 20 } };
    return (await devices().getUserMedia({ video: { ...device('videoinput'), ...size } })).getVideoTracks()[0];
  }
  return (await devices().getUserMedia({ audio: { ...device('audioinput'), echoCancellation: true, noiseSuppression: true } })).getAudioTracks()[0];
}
