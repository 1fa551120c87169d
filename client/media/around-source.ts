import { devices } from './trouble';

/** What a picture of all around comes from. */
export type AroundFrom = { readonly kind: 'camera'; readonly device: string } | { readonly kind: 'file'; readonly file: Blob };

/** A browser that plays a file and gives its pictures out as a track; Safari does not. */
type Playing = HTMLVideoElement & { captureStream?(): MediaStream; mozCaptureStream?(): MediaStream };

/** Why a file does not become a picture. */
export class NoFilm extends Error {
  override name = 'NoFilm';
}

/** Opens it; the browser may ask first. A 360° camera is a camera like others, which gives a picture twice as wide as
 * high; which one it is, the person says. */
export async function openAround(from: AroundFrom): Promise<MediaStreamTrack | undefined> {
  if (from.kind === 'file') return film(from.file);
  const size = { width: { ideal: 1920 }, height: { ideal: 960 }, frameRate: { ideal: 20 } };
  const device = from.device === '' ? {} : { deviceId: { exact: from.device } };
  return (await devices().getUserMedia({ video: { ...device, ...size } })).getVideoTracks()[0];
}

/** A film that begins anew when it is over, until its track is stopped. */
async function film(file: Blob): Promise<MediaStreamTrack> {
  const video = document.createElement('video') as Playing;
  const url = URL.createObjectURL(file);
  video.src = url;
  [video.muted, video.loop, video.playsInline] = [true, true, true];
  const free = (): void => {
    video.pause();
    video.removeAttribute('src');
    URL.revokeObjectURL(url);
  };
  try {
    await video.play();
    const track = (video.captureStream?.() ?? video.mozCaptureStream?.())?.getVideoTracks()[0];
    if (!track) throw new NoFilm('no pictures come of it');
    const stop = track.stop.bind(track);
    // Stopping a track says so to nobody; the film would play on unseen.
    track.stop = () => {
      stop();
      free();
    };
    return track;
  } catch {
    free();
    throw new NoFilm('the file cannot be shown');
  }
}
