/** The part of WebXR that finds surfaces and holds anchors, as devices have it and as they have it not. */
import { Matrix4, Vector3 } from 'three';
import { expect, test, vi } from 'vitest';
import { RealSurfaces, type RealFrame, type RealSession } from './surfaces';

const SPACE = {} as XRSpace;
const HAND = { targetRaySpace: {} } as XRInputSource;
const OTHER = { targetRaySpace: {} } as XRInputSource;
const START = { position: new Vector3(0, 0, 1.15), yaw: 0 };
const FOOT = new Vector3(0, 0.96, 0);

const poseOf = (matrix: Matrix4): XRPose => ({ transform: { matrix: new Float32Array(matrix.elements) } }) as unknown as XRPose;

/** A real room with one surface that all rays meet; the device may move what it holds. */
class RealRoom {
  surface: Matrix4 | undefined = new Matrix4().makeTranslation(0.5, 0.75, -1);
  anchors = new Set<object>();
  drift = new Vector3();
  hasAnchors = true;
  readonly asked: XRSpace[] = [];
  readonly cancelled: object[] = [];
  readonly session: RealSession = {
    requestHitTestSource: ({ space }) => {
      this.asked.push(space);
      const source = { cancel: () => void this.cancelled.push(source) } as unknown as XRHitTestSource;
      return Promise.resolve(source);
    },
  };

  get frame(): RealFrame {
    const { surface } = this;
    const createAnchor = (): Promise<XRAnchor> => {
      const at = surface ?? new Matrix4();
      const anchor = { anchorSpace: at, delete: () => void this.anchors.delete(anchor) } as unknown as XRAnchor;
      this.anchors.add(anchor);
      return Promise.resolve(anchor);
    };
    const result = { getPose: () => surface && poseOf(surface), ...(this.hasAnchors ? { createAnchor } : {}) } as unknown as XRHitTestResult;
    return {
      getHitTestResults: () => (surface ? [result] : []),
      getPose: (space: XRSpace) => poseOf((space as unknown as Matrix4).clone().premultiply(new Matrix4().makeTranslation(this.drift))),
      trackedAnchors: this.anchors as unknown as XRAnchorSet,
    };
  }
}

/** Lets asked-for rays and anchors come. */
const settle = (): Promise<void> => vi.waitFor(() => Promise.resolve());

async function found(room: RealRoom): Promise<RealSurfaces> {
  const surfaces = new RealSurfaces(room.session);
  surfaces.look(room.frame, SPACE, [HAND, OTHER]);
  await settle();
  surfaces.look(room.frame, SPACE, [HAND, OTHER]);
  return surfaces;
}

test('a ring is shown where a ray meets a level surface, and nowhere else', async () => {
  const room = new RealRoom();
  const surfaces = await found(room);
  expect(room.asked).toEqual([HAND.targetRaySpace, OTHER.targetRaySpace]);
  expect([surfaces.able, surfaces.ring.visible]).toEqual([true, true]);
  expect(surfaces.ring.position.toArray()).toEqual([0.5, 0.75, -1]);
  room.surface = new Matrix4().makeRotationX(Math.PI / 2);
  surfaces.look(room.frame, SPACE, [HAND]);
  expect(surfaces.ring.visible).toBe(false);
  expect(room.cancelled).toHaveLength(1);
  room.surface = undefined;
  surfaces.look(room.frame, SPACE, [HAND]);
  expect(surfaces.place(HAND, FOOT, START)).toBeUndefined();
  expect(surfaces.placed).toBe(false);
});

test('what is placed is on the surface, and goes with its anchor', async () => {
  const room = new RealRoom();
  const surfaces = await found(room);
  // Of two hands the ring is at the one that was looked at last.
  expect(surfaces.place(HAND, FOOT, START)).toBeUndefined();
  const standing = surfaces.place(OTHER, FOOT, START);
  expect(standing?.position.toArray()).toEqual([-0.5, expect.closeTo(0.21), 1]);
  expect(surfaces.ring.visible).toBe(false);
  await settle();
  expect([surfaces.placed, surfaces.anchored]).toEqual([true, true]);
  room.drift.set(0.05, -0.01, 0);
  expect(surfaces.standing(room.frame, SPACE)?.position.toArray()).toEqual([expect.closeTo(-0.55), expect.closeTo(0.22), expect.closeTo(1)]);
  // A lost anchor moves nothing any more.
  room.anchors.clear();
  expect(surfaces.standing(room.frame, SPACE)).toBeUndefined();
  expect(surfaces.placed).toBe(true);
});

test('a device without anchors leaves it where it was put', async () => {
  const room = new RealRoom();
  room.hasAnchors = false;
  const surfaces = await found(room);
  expect(surfaces.place(OTHER, FOOT, START)).toBeDefined();
  await settle();
  expect([surfaces.placed, surfaces.anchored]).toEqual([true, false]);
  expect(surfaces.standing(room.frame, SPACE)).toBeUndefined();
});

test('placed again, or let go, the earlier anchor is given back', async () => {
  const room = new RealRoom();
  const surfaces = await found(room);
  surfaces.place(OTHER, FOOT, START);
  await settle();
  surfaces.choosing = true;
  room.surface = new Matrix4().makeTranslation(-1, 0, -1);
  surfaces.look(room.frame, SPACE, [OTHER]);
  expect(surfaces.place(OTHER, FOOT, START)).toBeDefined();
  await settle();
  expect(room.anchors.size).toBe(1);
  surfaces.choosing = true;
  surfaces.look(room.frame, SPACE, [OTHER]);
  surfaces.place(OTHER, FOOT, START);
  // Let go before the anchor has come.
  surfaces.release();
  await settle();
  expect(room.anchors.size).toBe(0);
  expect([surfaces.placed, surfaces.anchored]).toEqual([false, false]);
  surfaces.dispose();
  expect(room.cancelled).toHaveLength(2);
});

test('a device that finds no surfaces shows no ring and throws nothing', async () => {
  const room = new RealRoom();
  for (const session of [{}, { requestHitTestSource: () => Promise.reject(new Error('not supported')) }]) {
    const surfaces = new RealSurfaces(session as RealSession);
    surfaces.look(room.frame, SPACE, [HAND]);
    await settle();
    surfaces.look(room.frame, SPACE, [HAND]);
    expect([surfaces.able, surfaces.ring.visible]).toEqual([false, false]);
  }
});
