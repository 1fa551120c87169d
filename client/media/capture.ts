import type { Source } from '../../contract/room';
import { devices } from './trouble';

/** Which device of each kind somebody has chosen. */
export type Chosen = Readonly<Partial<Record<MediaDeviceKind, string>>>;

/** Whether this browser shares screens; those of phones do not. A page of an insecure address is told of that when it asks. */
export function sharesScreens(): boolean {
  const { mediaDevices } = navigator as { mediaDevices?: Partial<MediaDevices> };
  return !mediaDevices || mediaDevices.getDisplayMedia !== undefined;
}

/** Opens a source of one's own; the browser may ask first, and the answer may take as long as people take. */
export async function capture(source: Exclude<Source, 'around'>, chosen: Chosen): Promise<MediaStreamTrack | undefined> {
  const device = (kind: MediaDeviceKind): MediaTrackConstraints => {
    const id = chosen[kind];
    return id ? { deviceId: { exact: id } } : {};
  };
  if (source === 'screen') return (await devices().getDisplayMedia({ video: { frameRate: 15 } })).getVideoTracks()[0];
  if (source === 'camera') {
    const size = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 20 } };
    return (await devices().getUserMedia({ video: { ...device('videoinput'), ...size } })).getVideoTracks()[0];
  }
  return (await devices().getUserMedia({ audio: { ...device('audioinput'), echoCancellation: true, noiseSuppression: true } })).getAudioTracks()[0];
}
