import { Bone, BufferGeometry, Color, Group, Mesh, MeshStandardMaterial, Quaternion, ShaderLib, Vector3 } from 'three';
import { expect, test } from 'vitest';
import type { Quat, Vec3 } from '../core/frames';
import { FIST, POINTING } from '../core/hands';
import { Figure } from './figure';
import { lidsAt, presenceAt } from './liveliness';
import type { Fingers, Pose, Poses } from './room-view';

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
      ...(['Thumb', 'Index', 'Middle', 'Ring', 'Pinky'] as const).flatMap((finger, i): (readonly [string, string, readonly [number, number, number]])[] => {
        // Beside one another along z, thumb first, which begins nearer to the wrist.
        const [out, along] = [finger === 'Thumb' ? 0.72 : 0.78, 0.05 - i * 0.022];
        return [1, 2, 3, 4].map((joint) => [`${name}Hand${finger}${joint}`, joint === 1 ? `${name}Hand` : `${name}Hand${finger}${joint - 1}`, [side * (out + (joint - 1) * 0.03), 1.4, along]]);
      }),
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

interface Shader {
  readonly uniforms: Record<string, { value: unknown }>;
  fragmentShader: string;
  readonly vertexShader: string;
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

/** Where the end of a finger is from its hand: across to the right, up, and back. */
function tip(figure: Figure, root: Group, side: 'Left' | 'Right', finger: string, fingers?: Fingers, joint = 4): Vector3 {
  const hand = { position_m: [side === 'Left' ? -0.3 : 0.3, 1.3, -0.3] as const, rotation: [0, 0, 0, 1] as const, fingers: fingers ?? null };
  figure.pose({ head: HEAD, [side === 'Left' ? 'left' : 'right']: hand });
  const [end, wrist] = [root.getObjectByName(`${side}Hand${finger}${joint}`), root.getObjectByName(`${side}Hand`)];
  if (!end || !wrist) throw new Error('no finger');
  return end.getWorldPosition(new Vector3()).sub(wrist.getWorldPosition(new Vector3()));
}

test('fingers bend into the palm, point and spread, alike on both hands', () => {
  const { root } = model();
  const figure = new Figure(root);
  for (const side of ['Left', 'Right'] as const) {
    const flat: Fingers = { curls: [0, 0, 0, 0, 0], spread: 0 };
    for (const finger of ['Index', 'Middle', 'Ring', 'Pinky']) {
      const [straight, rests, closed] = [flat, undefined, FIST].map((fingers) => tip(figure, root, side, finger, fingers));
      if (!straight || !rests || !closed) throw new Error('no finger');
      // Straight along −Z as a tracked hand is, in a fist below the palm and back at the hand; at rest between.
      expect(straight.z).toBeCloseTo(-0.17, 3);
      expect(straight.y).toBeCloseTo(0, 3);
      expect(closed.z).toBeGreaterThan(-0.1);
      expect(closed.y).toBeLessThan(-0.01);
      expect(rests.y).toBeLessThan(-0.01);
      expect(rests.z).toBeLessThan(closed.z);
    }
    expect(tip(figure, root, side, 'Index', POINTING).z).toBeCloseTo(-0.17, 3);
    expect(tip(figure, root, side, 'Middle', POINTING).z).toBeGreaterThan(-0.1);
    // The thumb comes under the hand, towards the little finger.
    const inward = side === 'Left' ? -1 : 1;
    expect((tip(figure, root, side, 'Thumb', FIST).x - tip(figure, root, side, 'Thumb', flat).x) * inward).toBeGreaterThan(0.02);
    const apart = (fingers: Fingers): number => tip(figure, root, side, 'Index', fingers).distanceTo(tip(figure, root, side, 'Pinky', fingers));
    expect(apart({ ...flat, spread: 1 })).toBeGreaterThan(apart(flat) + 0.04);
  }
  // Bones come back to where they were: nothing adds up from pose to pose.
  const once = tip(figure, root, 'Left', 'Index', FIST);
  for (let i = 0; i < 5; i++) tip(figure, root, 'Left', 'Index', POINTING);
  expect(tip(figure, root, 'Left', 'Index', FIST).distanceTo(once)).toBeLessThan(1e-6);
});

interface Gltf {
  readonly nodes: readonly { readonly name?: string; readonly children?: readonly number[]; readonly translation?: Vec3; readonly rotation?: Quat; readonly scale?: Vec3 }[];
  readonly scenes: readonly { readonly nodes: readonly number[] }[];
}

/** The skeletons of the figures that are shipped. */
const FILES = import.meta.glob<string>('../public/people/*.gltf', { query: '?raw', import: 'default', eager: true });

function skeletonOf(gltf: Gltf): Group {
  const parts = gltf.nodes.map(({ name = '', translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] }) => {
    const bone = new Bone();
    bone.name = name;
    bone.position.set(...translation);
    bone.quaternion.set(...rotation);
    bone.scale.set(...scale);
    return bone;
  });
  const root = new Group();
  const under = (above: Bone | Group, children: readonly number[] = []): void => {
    for (const i of children) {
      const part = parts[i];
      if (part) above.add(part);
    }
  };
  for (const [i, { children }] of gltf.nodes.entries()) under(parts[i] ?? root, children);
  for (const scene of gltf.scenes) under(root, scene.nodes);
  return root;
}

test('all figures that are shipped have fingers that point and close', () => {
  expect(Object.keys(FILES)).toHaveLength(8);
  for (const [file, text] of Object.entries(FILES)) {
    const root = skeletonOf(JSON.parse(text) as Gltf);
    const figure = new Figure(root);
    for (const side of ['Left', 'Right'] as const) {
      for (const finger of ['Index', 'Middle', 'Ring', 'Pinky']) {
        const [straight, closed] = [{ curls: [0, 0, 0, 0, 0], spread: 0 } as const, FIST].map((fingers) => tip(figure, root, side, finger, fingers));
        const words = `${file}: ${side} ${finger}`;
        expect(straight?.z, words).toBeLessThan(-0.13);
        expect(Math.abs(straight?.y ?? 1), words).toBeLessThan(0.05);
        expect(closed?.z, words).toBeGreaterThan(-0.12);
        // Its last joint lies before the palm, a finger's bone below the knuckles.
        const [knuckle, last] = [tip(figure, root, side, finger, FIST, 1), tip(figure, root, side, finger, FIST, 3)];
        expect(knuckle.y - last.y, words).toBeGreaterThan(0.02);
      }
      const [thumb, index] = ['Thumb', 'Index'].map((finger) => tip(figure, root, side, finger, FIST));
      // In a fist the thumb lies at the index finger, below the hand.
      expect(thumb?.distanceTo(index ?? new Vector3(9, 9, 9)), file).toBeLessThan(0.09);
      expect(tip(figure, root, side, 'Index', POINTING).z, file).toBeLessThan(-0.13);
    }
  }
});

test('one figure wears a colour, and others of the same look do not', () => {
  const worn = (colour: string): [Shader, Figure] => {
    const { root, face } = model();
    const figure = new Figure(root);
    figure.wear(new Color(colour));
    const shader: Shader = { uniforms: {}, fragmentShader: ShaderLib.standard.fragmentShader, vertexShader: '' };
    (face.material as MeshStandardMaterial).onBeforeCompile(shader as never, undefined as never);
    return [shader, figure];
  };
  const [[one, figure], [other]] = [worn('#009e73'), worn('#d55e00')];
  expect(one.fragmentShader).toContain('mix(diffuseColor.rgb, uWorn');
  const colours = (): string[] => [one, other].map(({ uniforms }) => (uniforms['uWorn'] as { value: Color }).value.getHexString());
  expect(colours()).toEqual(['009e73', 'd55e00']);
  // Another colour needs no other program.
  figure.wear(new Color('#56b4e9'));
  expect(colours()).toEqual(['56b4e9', 'd55e00']);
});

test('one figure fades, and others of the same look do not', () => {
  const { root, face } = model();
  const figure = new Figure(root);
  figure.fade(1);
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
