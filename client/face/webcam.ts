import { devices, troubleOf } from '../media/trouble';
import type { Lean } from '../stage/seats';
import type { Answer } from './detector.worker';
import { HeadFollower } from './following';
import type { HandsAnswer } from './hands.worker';
import { HandsFollower, type Side } from './hands-following';

/** What the webcam does; `dark` and `no-face` while the head follows the mouse as it would without. */
export type WebcamState = 'off' | 'asking' | 'starting' | 'seen' | 'no-face' | 'dark' | (typeof IN_THE_WAY)[number] | 'failed';

/** What keeps the browser from giving the camera. */
const IN_THE_WAY = ['refused', 'no-device', 'busy', 'insecure'] as const;

/** At most so often is a picture looked at, and never while the last one still is. */
const EVERY_MS = 1000 / 15;
const PICTURE = { width: 320, height: 240 } as const;
/** Hands are small in a picture. */
const PICTURE_OF_HANDS = { width: 640, height: 480 } as const;
/** Hands are looked for this often at most, and in no more than this share of the time, so that all else stays smooth. */
const HANDS_EVERY_MS = 90;
const HANDS_SHARE = 0.5;
/** Darker than this nobody can tell a face from the wall. */
const DARK = 0.04;
/** So long without a face, and it is said. */
const MISSED_MS = 1_500;

/** Which hands are seen, once they are asked for and can be. */
export type HandsState = 'off' | 'loading' | 'failed' | readonly Side[];

/** What a worker must do for it; a test has one of its own. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

/**
 * Follows the face of whoever sits before an ordinary webcam, and their hands if they ask for it. Pictures go to a
 * worker of this page and are forgotten there: what leaves is a lean of the head, how far the mouth is open, and where
 * hands are and how their fingers are bent.
 */
export class Webcam {
  readonly follower = new HeadFollower();
  readonly hands = new HandsFollower();
  onState: (state: WebcamState) => void = () => undefined;
  onHands: (state: HandsState) => void = () => undefined;
  #state: WebcamState = 'off';
  #hands: HandsState = 'off';
  #followsHands = false;
  #handsWorker: WorkerLike | undefined;
  #handsTimer: ReturnType<typeof setInterval> | undefined;
  /** Since when a picture is looked at for hands, and when the next one may be. */
  #handsAskedAt: number | undefined;
  #handsAt = 0;
  #stream: MediaStream | undefined;
  #worker: WorkerLike | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #video: HTMLVideoElement | undefined;
  #busy = false;
  #seenAt = 0;
  /** Counts up at each start and stop: what was asked for before is not taken any more. */
  #round = 0;

  constructor(
    private readonly makeWorker: () => WorkerLike = () => new Worker(new URL('./detector.worker.ts', import.meta.url), { type: 'module' }),
    private readonly makeHandsWorker: () => WorkerLike = () => new Worker(new URL('./hands.worker.ts', import.meta.url), { type: 'module' }),
  ) {}

  get state(): WebcamState {
    return this.#state;
  }

  /** How head and hands are now; undefined where no camera has anything to say. */
  lean(nowMs: number): Lean | undefined {
    const head = this.follower.lean(nowMs);
    const hands = this.hands.hands(nowMs);
    return head && this.#followsHands ? { ...head, ...hands } : head;
  }

  /** Looks for hands too, or no longer. What finds them is loaded when it is first asked for. */
  async followHands(on: boolean): Promise<void> {
    if (on === this.#followsHands) return;
    this.#followsHands = on;
    if (on && this.#stream) this.#beginHands();
    if (!on) this.#endHands('off');
    await Promise.all((this.#stream?.getVideoTracks() ?? []).map((track) => track.applyConstraints(this.#wanted()).catch(() => undefined)));
  }

  #beginHands(): void {
    this.#endHands('loading');
    const worker = this.makeHandsWorker();
    this.#handsWorker = worker;
    worker.addEventListener('message', (event) => worker === this.#handsWorker && this.#handsAnswered((event as MessageEvent<HandsAnswer>).data));
    worker.addEventListener('error', () => worker === this.#handsWorker && this.#endHands('failed'));
  }

  #endHands(state: HandsState): void {
    clearInterval(this.#handsTimer);
    this.#handsWorker?.terminate();
    [this.#handsTimer, this.#handsWorker, this.#handsAskedAt, this.#handsAt] = [undefined, undefined, undefined, 0];
    this.hands.begin();
    this.#tellHands(state);
  }

  #wanted(): MediaTrackConstraints {
    const { width, height } = this.#followsHands ? PICTURE_OF_HANDS : PICTURE;
    return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 15 }, facingMode: 'user' };
  }

  /** Asks the browser for the camera; must be called from a click. */
  async start(): Promise<void> {
    this.stop();
    const round = ++this.#round;
    this.#tell('asking');
    let stream: MediaStream;
    try {
      stream = await devices().getUserMedia({ video: this.#wanted() });
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
    if (this.#followsHands) this.#beginHands();
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
    this.#endHands('off');
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

  #handsAnswered(answer: HandsAnswer): void {
    if (answer.says === 'failed') return this.#endHands('failed');
    const now = performance.now();
    if (answer.says === 'ready') {
      this.#handsTimer = setInterval(() => void this.#lookForHands(), EVERY_MS);
    } else {
      const askedAt = this.#handsAskedAt ?? now;
      this.#handsAskedAt = undefined;
      this.#handsAt = askedAt + Math.max(HANDS_EVERY_MS, (now - askedAt) / HANDS_SHARE);
      // Where hands are is reckoned from the face.
      if (this.follower.neutral) this.hands.see(answer.hands, this.follower.neutral, now);
    }
    this.#tellHands(this.hands.seen(now));
  }

  async #look(): Promise<void> {
    const worker = this.#worker;
    if (this.#busy || !worker) return;
    this.#busy = await this.#show(worker, PICTURE.width, () => worker === this.#worker, () => (this.#busy = true));
  }

  async #lookForHands(): Promise<void> {
    const worker = this.#handsWorker;
    const now = performance.now();
    if (this.#handsAskedAt !== undefined || !worker || now < this.#handsAt) return;
    const isShown = await this.#show(worker, PICTURE_OF_HANDS.width, () => worker === this.#handsWorker, () => (this.#handsAskedAt = now));
    if (!isShown && worker === this.#handsWorker) this.#handsAskedAt = undefined;
  }

  /** Sends a worker the picture of now, no wider than this; `false` where there is none. */
  async #show(worker: WorkerLike, widest: number, isWanted: () => boolean, begin: () => void): Promise<boolean> {
    const video = this.#video;
    if (!video || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return false;
    begin();
    // What a camera gives small has no more to show when it is enlarged.
    const wide = Math.min(widest, Math.max(PICTURE.width, video.videoWidth));
    const high = Math.round((wide * video.videoHeight) / Math.max(1, video.videoWidth));
    try {
      const picture = await createImageBitmap(video, { resizeWidth: wide, resizeHeight: Math.max(1, high) });
      if (isWanted()) worker.postMessage(picture, [picture]);
      else picture.close();
      return isWanted();
    } catch {
      // No picture yet, or none any more.
      return false;
    }
  }

  #tell(state: WebcamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.onState(state);
  }

  #tellHands(state: HandsState): void {
    if (String(state) === String(this.#hands)) return;
    this.#hands = state;
    this.onHands(state);
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
