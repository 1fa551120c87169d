import { Bone, BufferGeometry, Group, Mesh, MeshStandardMaterial, Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { Figure } from './figure';
import { lidsAt, presenceAt } from './liveliness';
import type { Pose, Poses } from './room-view';

/** Bones of somebody 1.7 m tall who faces +Z with stretched arms: their parents, and where they are. */
const SKELETON: readonly (readonly [name: string, parent: string, at: readonly [number, number, number]])[] = [
  ['Hips', '', [0, 0.95, 0]],
  ['Head', 'Hips', [0, 1.5, 0]],
  ['LeftEye', 'Head', [0.03, 1.6, 0.08]],
  ['RightEye', 'Head', [-0.03, 1.6, 0.08]],
  ...[1, -1].flatMap((side): (readonly [string, string, readonly [number, number, number]])[] => {
    const name = side > 0 ? 'Left' : 'Right';
    return [
      [`${name}Arm`, 'Hips', [side * 0.18, 1.4, 0]],
      [`${name}ForeArm`, `${name}Arm`, [side * 0.45, 1.4, 0]],
      [`${name}Hand`, `${name}ForeArm`, [side * 0.7, 1.4, 0]],
      [`${name}UpLeg`, 'Hips', [side * 0.1, 0.9, 0]],
      [`${name}Leg`, `${name}UpLeg`, [side * 0.1, 0.5, 0]],
      [`${name}Foot`, `${name}Leg`, [side * 0.1, 0.08, 0]],
    ];
  }),
];
const SHARED = new MeshStandardMaterial();
const EXPRESSIONS = ['h_expressions.MouthOpen_h', 'h_expressions.ReyeClose_h', 'h_expressions.LeyeClose_h'];

function model(): { root: Group; face: Mesh } {
  const root = new Group();
  const bones = new Map<string, Bone>();
  for (const [name, parent, at] of SKELETON) {
    const bone = new Bone();
    bone.name = name;
    const above = bones.get(parent);
    const from = SKELETON.find(([one]) => one === parent)?.[2] ?? [0, 0, 0];
    bone.position.set(at[0] - from[0], at[1] - from[1], at[2] - from[2]);
    (above ?? root).add(bone);
    bones.set(name, bone);
  }
  const face = new Mesh(new BufferGeometry(), SHARED);
  face.morphTargetDictionary = Object.fromEntries(EXPRESSIONS.map((name, i) => [name, i]));
  face.morphTargetInfluences = [0, 0, 0];
  root.add(face);
  return { root, face };
}

const HEAD: Pose = { position_m: [0, 1.6, 0], rotation: [0, 0, 0, 1] };
const STANDS: Poses = { head: HEAD };

/** Where an eye looks, in degrees to the right and up from straight ahead. */
function look(root: Group, figure: Figure, at: Vector3 | undefined): readonly [number, number] {
  figure.pose(STANDS, at);
  const eye = root.getObjectByName('LeftEye');
  const head = root.getObjectByName('Head');
  if (!eye || !head) throw new Error('no eye');
  // Both looked along the model's +Z at rest.
  const ahead = new Vector3(0, 0, 1).applyQuaternion(eye.getWorldQuaternion(new Quaternion()));
  const degrees = (radians: number): number => (radians * 180) / Math.PI;
  return [degrees(Math.atan2(ahead.x, -ahead.z)), degrees(Math.asin(ahead.y))];
}

test('lips open and lids close by the shapes of the model', () => {
  const { root, face } = model();
  const figure = new Figure(root);
  figure.mouth = 0.7;
  expect(face.morphTargetInfluences).toEqual([0.7, 0, 0]);
  figure.blink(1);
  expect(face.morphTargetInfluences).toEqual([0.7, 1, 1]);
  figure.blink(0);
  figure.mouth = 0;
  expect(face.morphTargetInfluences).toEqual([0, 0, 0]);
});

test('eyes look at what is pointed at, as far as eyes turn, and ahead again after it', () => {
  const { root } = model();
  const figure = new Figure(root);
  const none = look(root, figure, undefined);
  expect(none[0]).toBeCloseTo(0);
  expect(none[1]).toBeCloseTo(0);
  // Two metres ahead and one aside, at the height of the eyes.
  const [aside, up] = look(root, figure, new Vector3(1, 1.6, -2));
  expect(aside).toBeGreaterThan(24);
  expect(aside).toBeLessThan(29);
  expect(up).toBeCloseTo(0, 0);
  expect(look(root, figure, new Vector3(0, 1.2, -1))[1]).toBeLessThan(-18);
  // Far aside the eyes stop; behind they do not follow.
  expect(look(root, figure, new Vector3(5, 1.6, -1))[0]).toBeCloseTo(30, 0);
  expect(look(root, figure, new Vector3(0.5, 1.6, 3))[0]).toBeCloseTo(0, 0);
});

test('one figure fades, and others of the same look do not', () => {
  const { root, face } = model();
  const figure = new Figure(root);
  figure.fade(1);
  expect(face.material).toBe(SHARED);
  figure.fade(0.3);
  expect(face.material).not.toBe(SHARED);
  expect(face.material).toMatchObject({ transparent: true, opacity: 0.3, depthWrite: false });
  expect(SHARED).toMatchObject({ transparent: false, opacity: 1 });
  figure.fade(1);
  expect(face.material).toMatchObject({ transparent: false, opacity: 1, depthWrite: true });
});

test('within half a metre of one\'s own head others fade, never wholly', () => {
  expect([2, 0.5].map(presenceAt)).toEqual([1, 1]);
  const nearer = [0.45, 0.4, 0.35, 0.3, 0.25, 0.1, 0].map(presenceAt);
  for (const [i, seen] of nearer.slice(1).entries()) expect(seen).toBeLessThanOrEqual(nearer[i] ?? 0);
  expect(nearer[0]).toBeLessThan(1);
  expect(nearer.at(-1)).toBeCloseTo(0.12);
});

test('people blink now and then, each in their own time', () => {
  const open = { li: 0, chen: 0, both: 0 };
  for (let now = 0; now < 120_000; now += 20) {
    const [li, chen] = [lidsAt('li', now), lidsAt('chen', now)];
    if (li > 0) open.li++;
    if (chen > 0) open.chen++;
    if (li > 0 && chen > 0) open.both++;
  }
  // Thirty blinks of 180 ms in two minutes, seldom at the same moment.
  for (const count of [open.li, open.chen]) expect(Math.abs(count - 30 * 9)).toBeLessThan(35);
  expect(open.both).toBeLessThan(open.li / 3);
});
