import type { Pose } from '../../contract/room';

/** A pose as its owner gives it; the time is added when it is sent. */
export type OwnPose = Omit<Pose, 'at_ms'>;

const PACE_MS = 50;
/** Somebody who does not move still says so this often, for those who came late. */
const STILL_MS = 1_000;

/** Sends own poses at the room's pace: the latest one, and nothing while nothing moves. */
export class PoseSender {
  #latest: OwnPose | undefined;
  #sent = '';
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = false;

  constructor(
    private readonly now: () => number,
    private readonly send: (pose: Pose) => void,
  ) {}

  /** The pose offered last. */
  get latest(): OwnPose | undefined {
    return this.#latest;
  }

  offer(pose: OwnPose): void {
    this.#latest = pose;
    this.#schedule();
  }

  /** What was held is let go: no pose sent from now on may still carry it. */
  letGo(): void {
    if (this.#latest) this.#latest = { ...this.#latest, held: null };
  }

  resume(): void {
    this.#open = true;
    this.#sent = '';
    this.#schedule();
  }

  pause(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    this.pause();
    this.#latest = undefined;
  }

  #schedule(): void {
    if (!this.#open || this.#timer !== undefined || !this.#latest) return;
    const wait = this.#sentAt + PACE_MS - this.now();
    if (wait <= 0) return this.#flush();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, wait);
  }

  #flush(): void {
    if (!this.#open || !this.#latest) return;
    const now = this.now();
    const seen = JSON.stringify(this.#latest);
    if (seen === this.#sent && now - this.#sentAt < STILL_MS) return;
    this.#sent = seen;
    this.#sentAt = now;
    this.send({ ...this.#latest, at_ms: Math.round(now) >>> 0 });
  }
}
