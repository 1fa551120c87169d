import { Mesh, PlaneGeometry, Quaternion, Raycaster, Vector3 } from 'three';
import { beforeEach, expect, test } from 'vitest';
import { PanelPlace } from './panel-place';

const UP = new Vector3(0, 1, 0);
let panel: Mesh;
let place: PanelPlace;
let free: (x: number, z: number) => boolean;

beforeEach(() => {
  panel = new Mesh(new PlaneGeometry(0.62, 0.7));
  free = () => true;
  place = new PanelPlace(panel, (x, z) => free(x, z));
});

interface Head {
  readonly position: Vector3;
  readonly rotation: Quaternion;
}
const head = (x: number, z: number, yaw: number, y = 1.6): Head => ({ position: new Vector3(x, y, z), rotation: new Quaternion().setFromAxisAngle(UP, yaw) });

/** Brings somebody to a place, and draws the frames that it takes. */
function bring(to: Head): void {
  place.moved();
  for (let frame = 0; frame < 3; frame++) place.update(to);
}

/** Whether a ray from the eyes meets the front of the panel, no farther aside than one turns the head a little. */
function sees({ position, rotation }: Head): boolean {
  panel.updateMatrixWorld(true);
  const to = panel.position.clone().sub(position);
  const ahead = new Vector3(0, 0, -1).applyQuaternion(rotation);
  const aside = to.clone().setY(0).angleTo(ahead.setY(0));
  return aside < 1.23 && to.length() < 2.4 && new Raycaster(position, to.normalize()).intersectObject(panel).length > 0;
}

test('stands beside the table for who comes in, and stays there for who moves a little or turns once', () => {
  const entrance = panel.position.clone();
  expect(sees(head(0, 1.15, 0))).toBe(true);
  for (const to of [head(0.3, 1.2, 0.2), head(0, 1.15, -Math.PI / 6)]) {
    bring(to);
    expect(panel.position.toArray()).toEqual(entrance.toArray());
    expect(sees(to)).toBe(true);
  }
});

test('goes round the table with whoever goes round it and looks at it', () => {
  const behind = head(0, -1.15, Math.PI);
  expect(sees(behind)).toBe(false);
  bring(behind);
  expect(panel.position.toArray()).toEqual([expect.closeTo(0.78), expect.closeTo(1.38), expect.closeTo(0.12)]);
  expect(sees(behind)).toBe(true);
});

test.each([
  ['behind the table, with the back to it', head(0, -1.3, 0)],
  ['far from the table', head(0.4, 3.4, 0)],
  ['aside of it, in bed', head(-1.2, 0.2, 2, 0.9)],
])('comes before the eyes of who stands %s', (_, to) => {
  bring(to);
  expect(sees(to)).toBe(true);
  // And waits there while they point at it.
  const there = panel.position.clone();
  bring({ ...to, position: to.position.clone().add(new Vector3(0.1, 0, -0.1)) });
  expect(panel.position.toArray()).toEqual(there.toArray());
});

test('comes to a place where no wall and no thing is', () => {
  // A wall stands on the left of who looks along −Z.
  free = (x) => x > -0.2;
  const to = head(0, -1.3, 0);
  bring(to);
  expect(panel.position.x).toBeGreaterThan(-0.2);
  expect(sees(to)).toBe(true);
  free = () => false;
  bring(head(0, 3.4, 0));
  expect(sees(head(0, 3.4, 0))).toBe(true);
});

test('is brought once the head is drawn where somebody was brought, and not before', () => {
  const entrance = panel.position.clone();
  const to = head(0, -1.15, Math.PI);
  place.moved();
  // The head of the frame before is the one that is known.
  place.update(head(0, 1.15, 0));
  expect(panel.position.toArray()).toEqual(entrance.toArray());
  place.update(to);
  expect(sees(to)).toBe(true);
});

test('turns with who presses it to be turned, and comes to another place only where a wall is', () => {
  const eye = new Vector3(0, 1.6, 1.15);
  const far = panel.position.distanceTo(eye);
  const asideAt = (yaw: number): number => new Vector3(0, 0, -1).applyAxisAngle(UP, yaw).angleTo(panel.position.clone().sub(eye).setY(0));
  const before = asideAt(0);
  for (let turn = 1; turn <= 3; turn++) {
    place.moved();
    place.turn(eye, Math.PI / 6);
    for (let frame = 0; frame < 3; frame++) place.update(head(0, 1.15, (turn * Math.PI) / 6));
    expect(asideAt((turn * Math.PI) / 6)).toBeCloseTo(before);
    expect(panel.position.distanceTo(eye)).toBeCloseTo(far);
  }
  free = (x) => x > -0.2;
  place.turn(eye, Math.PI / 6);
  const to = head(0, 1.15, (4 * Math.PI) / 6);
  for (let frame = 0; frame < 3; frame++) place.update(to);
  expect(panel.position.x).toBeGreaterThan(-0.2);
  expect(sees(to)).toBe(true);
});
