import { devices, troubleOf } from '../media/trouble';
import type { Answer } from './detector.worker';
import { HeadFollower } from './following';

/** What the webcam does; `dark` and `no-face` while the head follows the mouse as it would without. */
export type WebcamState = 'off' | 'asking' | 'starting' | 'seen' | 'no-face' | 'dark' | (typeof IN_THE_WAY)[number] | 'failed';

/** What keeps the browser from giving the camera. */
const IN_THE_WAY = ['refused', 'no-device', 'busy', 'insecure'] as const;

/** At most so often is a picture looked at, and never while the last one still is. */
const EVERY_MS = 1000 / 15;
const PICTURE = { width: 320, height: 240 } as const;
/** Darker than this nobody can tell a face from the wall. */
const DARK = 0.04;
/** So long without a face, and it is said. */
const MISSED_MS = 1_500;

/** What a worker must do for it; a test has one of its own. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

/**
 * Follows the face of whoever sits before an ordinary webcam. Pictures go to a worker of this page and are forgotten
 * there: what leaves is a lean of the head and how far the mouth is open.
 */
export class Webcam {
  readonly follower = new HeadFollower();
  onState: (state: WebcamState) => void = () => undefined;
  #state: WebcamState = 'off';
  #stream: MediaStream | undefined;
  #worker: WorkerLike | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #video: HTMLVideoElement | undefined;
  #busy = false;
  #seenAt = 0;
  /** Counts up at each start and stop: what was asked for before is not taken any more. */
  #round = 0;

  constructor(private readonly makeWorker: () => WorkerLike = () => new Worker(new URL('./detector.worker.ts', import.meta.url), { type: 'module' })) {}

  get state(): WebcamState {
    return this.#state;
  }

  /** Asks the browser for the camera; must be called from a click. */
  async start(): Promise<void> {
    this.stop();
    const round = ++this.#round;
    this.#tell('asking');
    let stream: MediaStream;
    try {
      stream = await devices().getUserMedia({ video: { width: { ideal: PICTURE.width }, height: { ideal: PICTURE.height }, frameRate: { ideal: 15 }, facingMode: 'user' } });
    } catch (error) {
      if (round === this.#round) this.#tell(IN_THE_WAY.find((what) => what === troubleOf(error)) ?? 'failed');
      return;
    }
    if (round !== this.#round) return stopAll(stream);
    this.#stream = stream;
    this.#tell('starting');
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.#end('no-device'));
    this.follower.begin();
    this.#worker = this.makeWorker();
    this.#worker.addEventListener('message', (event) => this.#answered((event as MessageEvent<Answer>).data));
    this.#worker.addEventListener('error', () => this.#end('failed'));
    this.#video = document.createElement('video');
    [this.#video.muted, this.#video.playsInline, this.#video.srcObject] = [true, true, stream];
    await this.#video.play().catch(() => undefined);
  }

  /** The camera goes off at once. */
  stop(): void {
    this.#end('off');
  }

  #end(state: WebcamState): void {
    this.#round++;
    clearInterval(this.#timer);
    this.#worker?.terminate();
    if (this.#stream) stopAll(this.#stream);
    if (this.#video) this.#video.srcObject = null;
    [this.#timer, this.#worker, this.#stream, this.#video, this.#busy] = [undefined, undefined, undefined, undefined, false];
    this.#tell(state);
  }

  #answered(answer: Answer): void {
    if (answer.says === 'failed') return this.#end('failed');
    const now = performance.now();
    if (answer.says === 'ready') {
      this.#seenAt = now;
      this.#timer = setInterval(() => void this.#look(), EVERY_MS);
      return;
    }
    this.#busy = false;
    this.follower.see(answer.face, now);
    if (answer.face) this.#seenAt = now;
    if (answer.face) this.#tell('seen');
    else if (now - this.#seenAt > MISSED_MS) this.#tell(answer.light < DARK ? 'dark' : 'no-face');
  }

  async #look(): Promise<void> {
    const [video, worker] = [this.#video, this.#worker];
    if (this.#busy || !video || !worker || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.#busy = true;
    const high = Math.round((PICTURE.width * video.videoHeight) / Math.max(1, video.videoWidth));
    try {
      const picture = await createImageBitmap(video, { resizeWidth: PICTURE.width, resizeHeight: Math.max(1, high) });
      if (worker === this.#worker) worker.postMessage(picture, [picture]);
      else picture.close();
    } catch {
      // No picture yet, or none any more.
      this.#busy = false;
    }
  }

  #tell(state: WebcamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.onState(state);
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
