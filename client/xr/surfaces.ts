import { Group, Matrix4, Mesh, MeshBasicMaterial, RingGeometry, type Vector3 } from 'three';
import { levelPlace, pinned, type Pinned, placeOf, type RealPlace, type Standing, standingFor } from './placing';

/** What this needs of a session and its frames; devices have more or less of it. */
export type RealSession = Pick<XRSession, 'requestHitTestSource'>;
export type RealFrame = Pick<XRFrame, 'getHitTestResults' | 'getPose' | 'trackedAnchors'>;

/** A hand, or the eyes of whoever has none: a ray goes out from it. */
export type RaySource = Pick<XRInputSource, 'targetRaySpace'>;

/** What a ray meets. */
interface Found {
  readonly place: RealPlace;
  readonly result: XRHitTestResult;
}

/**
 * Surfaces of the real room: where rays meet one a ring is shown, and the hologram can be put there. What is put
 * somewhere stays there by an anchor, where the device has such, else by where it was put. Only one's own real room
 * is moved against the shared one: for all others nothing changes.
 */
export class RealSurfaces {
  /** Shown where the hologram would stand; it belongs to the headset's own frame. */
  readonly ring = new Group();
  /** Whether a place is being chosen. */
  choosing = true;
  readonly #session: RealSession;
  readonly #sources = new Map<RaySource, XRHitTestSource | undefined>();
  readonly #shape = new Mesh(new RingGeometry(0.09, 0.11, 48).rotateX(-Math.PI / 2), new MeshBasicMaterial({ color: 0x58c4c8 }));
  readonly #dot = new Mesh(new RingGeometry(0, 0.012, 24).rotateX(-Math.PI / 2), this.#shape.material);
  #found: { readonly hand: RaySource; readonly at: Found } | undefined;
  #pinned: Pinned | undefined;
  #anchor: XRAnchor | undefined;
  /** Counts up with each place: an anchor that comes for an earlier one is given back. */
  #round = 0;

  constructor(session: RealSession) {
    this.#session = session;
    this.ring.name = 'surface';
    this.ring.visible = false;
    this.ring.add(this.#shape, this.#dot);
  }

  /** Whether the device finds surfaces at all. */
  get able(): boolean {
    return [...this.#sources.values()].some((source) => source !== undefined);
  }

  /** Whether the hologram stands on something real. */
  get placed(): boolean {
    return this.#pinned !== undefined;
  }

  /** Whether an anchor holds it. */
  get anchored(): boolean {
    return this.#anchor !== undefined;
  }

  /** Looks where rays of these hands meet a level surface. */
  look(frame: RealFrame, space: XRSpace, hands: readonly RaySource[]): void {
    this.#follow(hands);
    this.#found = undefined;
    for (const hand of this.choosing ? hands : []) {
      const source = this.#sources.get(hand);
      const at = source && firstLevel(frame, source, space);
      if (at) this.#found = { hand, at };
    }
    this.ring.visible = this.#found !== undefined;
    if (this.#found) this.ring.position.copy(this.#found.at.place.position);
  }

  /** Whether this one's ray meets a surface now. */
  aims(hand: RaySource): boolean {
    return this.#found?.hand === hand;
  }

  /** Puts a point of the shared room where this hand's ray meets a surface; false where it meets none. */
  place(hand: RaySource | undefined, point: Vector3, standing: Standing): Standing | undefined {
    if (!this.#found || this.#found.hand !== hand) return undefined;
    const { place, result } = this.#found.at;
    this.release();
    this.#pinned = pinned(point, standing, place);
    this.choosing = false;
    this.ring.visible = false;
    const round = this.#round;
    // Without anchors, or where the device gives none, what was put there stays where it was put.
    result.createAnchor?.().then(
      (anchor) => {
        if (round === this.#round) this.#anchor = anchor;
        else anchor.delete();
      },
      () => undefined,
    );
    return standingFor(this.#pinned, place);
  }

  /** Where the real room has to stand by the anchor now; undefined where none says so. */
  standing(frame: RealFrame, space: XRSpace): Standing | undefined {
    if (!this.#pinned || !this.#anchor) return undefined;
    // A device may lose an anchor; what it held stays where it was.
    if (frame.trackedAnchors && !frame.trackedAnchors.has(this.#anchor)) return undefined;
    const pose = frame.getPose(this.#anchor.anchorSpace, space);
    return pose && standingFor(this.#pinned, placeOf(new Matrix4().fromArray([...pose.transform.matrix])));
  }

  /** One goes elsewhere, or puts it elsewhere: nothing holds it any more. */
  release(): void {
    this.#round++;
    this.#anchor?.delete();
    [this.#anchor, this.#pinned] = [undefined, undefined];
  }

  dispose(): void {
    this.release();
    for (const source of this.#sources.values()) source?.cancel();
    this.#sources.clear();
    this.ring.removeFromParent();
    for (const part of [this.#shape, this.#dot]) part.geometry.dispose();
    this.#shape.material.dispose();
  }

  /** Each hand has a ray of its own; hands come and go. */
  #follow(hands: readonly RaySource[]): void {
    for (const hand of hands) {
      if (this.#sources.has(hand)) continue;
      this.#sources.set(hand, undefined);
      void this.#ask(hand);
    }
    for (const [hand, source] of this.#sources) {
      if (hands.includes(hand)) continue;
      source?.cancel();
      this.#sources.delete(hand);
    }
  }

  async #ask(hand: RaySource): Promise<void> {
    try {
      const source = await this.#session.requestHitTestSource?.({ space: hand.targetRaySpace });
      if (source && this.#sources.has(hand)) this.#sources.set(hand, source);
      else source?.cancel();
    } catch {
      // The device finds no surfaces: the room stays where it is.
    }
  }
}

function firstLevel(frame: RealFrame, source: XRHitTestSource, space: XRSpace): Found | undefined {
  for (const result of resultsOf(frame, source)) {
    const pose = result.getPose(space);
    const place = pose && levelPlace(pose.transform.matrix);
    if (place) return { place, result };
  }
  return undefined;
}

/** A source that has just come has nothing to say in the frame that was begun before it. */
function resultsOf(frame: RealFrame, source: XRHitTestSource): readonly XRHitTestResult[] {
  try {
    return frame.getHitTestResults(source);
  } catch {
    return [];
  }
}
