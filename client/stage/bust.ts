import { BufferAttribute, type BufferGeometry, CapsuleGeometry, Color, CylinderGeometry, DynamicDrawUsage, Group, InstancedBufferAttribute, InstancedMesh, LatheGeometry, MeshStandardMaterial, type Object3D, SphereGeometry, SplineCurve, Vector2, Vector3 } from 'three';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';
import { PLACES } from '../core/room-seats';
import type { Body } from './avatars';
import { put } from './avatars';
import type { Poses } from './room-view';

const PARTS = ['head', 'shoulders', 'hand'] as const;
type Part = (typeof PARTS)[number];

/** A person as a head and shoulders, with hands where they are tracked: cheap to draw, for devices and crowds that need it. */
export class Bust implements Body {
  readonly group = new Group();
  /** What has the colour that somebody wears. */
  readonly worn = new Color();
  seen = 1;
  readonly #head = new Group();
  readonly #shoulders = new Group();
  readonly #hands = [new Group(), new Group()] as const;
  readonly #busts: Busts;

  constructor(worn: Color, busts: Busts) {
    this.#busts = busts;
    this.wear(worn);
    this.#head.name = 'head';
    this.group.add(this.#head, this.#shoulders, ...this.#hands);
    busts.add(this);
  }

  pose({ head, left, right }: Poses): void {
    put(this.#head, head);
    // The shoulders turn with the head about the vertical only.
    const ahead = new Vector3(0, 0, -1).applyQuaternion(this.#head.quaternion);
    this.#shoulders.position.copy(this.#head.position);
    this.#shoulders.rotation.set(0, Math.atan2(-ahead.x, -ahead.z), 0);
    for (const [i, pose] of [left, right].entries()) {
      const hand = this.#hands[i];
      if (!hand) continue;
      hand.visible = !!pose;
      if (pose) put(hand, pose);
    }
  }

  wear(colour: Color): void {
    this.worn.copy(colour);
  }

  fade(seen: number): void {
    this.seen = seen;
  }

  dispose(): void {
    this.group.removeFromParent();
    this.#busts.remove(this);
  }

  /** Where its parts are, while the person is seen. */
  *parts(): Generator<readonly [Part, Object3D]> {
    if (!this.group.parent?.visible) return;
    yield ['head', this.#head];
    yield ['shoulders', this.#shoulders];
    for (const hand of this.#hands) if (hand.visible) yield ['hand', hand];
  }
}

/** All busts of a room: each part of all of them is drawn in one go, so that a full room costs as many calls as one person does. */
export class Busts {
  readonly group = new Group();
  readonly #all = new Set<Bust>();
  readonly #shapes = bustShapes();
  readonly #whole = new Copies(this.#shapes, false);
  readonly #faint = new Copies(this.#shapes, true);

  constructor() {
    this.group.add(...this.#whole.meshes.values(), ...this.#faint.meshes.values());
  }

  add(bust: Bust): void {
    this.#all.add(bust);
  }

  remove(bust: Bust): void {
    this.#all.delete(bust);
  }

  /** Has all of them drawn as they are now. */
  draw(): void {
    for (const copies of [this.#whole, this.#faint]) copies.begin();
    for (const bust of this.#all) {
      const copies = bust.seen < 1 ? this.#faint : this.#whole;
      for (const [part, at] of bust.parts()) copies.put(part, at, bust);
    }
    for (const copies of [this.#whole, this.#faint]) copies.end();
  }

  dispose(): void {
    this.group.removeFromParent();
    for (const copies of [this.#whole, this.#faint]) copies.dispose();
    for (const shape of Object.values(this.#shapes)) shape.dispose();
  }
}

/** The parts of many busts, each where it is, in the colour that is worn. */
class Copies {
  readonly meshes: ReadonlyMap<Part, InstancedMesh<BufferGeometry, MeshStandardMaterial>>;
  readonly #material: MeshStandardMaterial;

  constructor(shapes: Readonly<Record<Part, BufferGeometry>>, faint: boolean) {
    this.#material = new MeshStandardMaterial({ roughness: 0.7, vertexColors: true, transparent: faint, depthWrite: !faint });
    this.#material.onBeforeCompile = (shader) => {
      // How much of a corner is cloth stands in its fourth number, how much of the person is seen in that of what is worn.
      shader.vertexShader = `attribute vec4 worn;\n${shader.vertexShader.replace('#include <color_vertex>', 'vColor = vec4(mix(color.rgb, worn.rgb, color.a), worn.a);')}`;
    };
    this.#material.customProgramCacheKey = () => 'bust';
    this.meshes = new Map(PARTS.map((part) => [part, this.#copied(shapes[part], part === 'hand' ? 2 * PLACES.length : PLACES.length)]));
    this.end();
  }

  #copied(shape: BufferGeometry, most: number): InstancedMesh<BufferGeometry, MeshStandardMaterial> {
    // The corners are shared; what is worn is not.
    const geometry = shape.clone();
    geometry.setAttribute('worn', new InstancedBufferAttribute(new Float32Array(4 * most), 4).setUsage(DynamicDrawUsage));
    const mesh = new InstancedMesh(geometry, this.#material, most);
    mesh.instanceMatrix.setUsage(DynamicDrawUsage);
    // They are all around.
    mesh.frustumCulled = false;
    mesh.count = 0;
    return mesh;
  }

  begin(): void {
    for (const mesh of this.meshes.values()) mesh.count = 0;
  }

  put(part: Part, at: Object3D, { worn, seen }: Bust): void {
    const mesh = this.meshes.get(part);
    if (!mesh || mesh.count >= mesh.instanceMatrix.count) return;
    at.updateMatrix();
    mesh.setMatrixAt(mesh.count, at.matrix);
    mesh.geometry.getAttribute('worn').setXYZW(mesh.count, worn.r, worn.g, worn.b, seen);
    mesh.count += 1;
  }

  end(): void {
    for (const mesh of this.meshes.values()) {
      mesh.visible = mesh.count > 0;
      mesh.instanceMatrix.needsUpdate = true;
      mesh.geometry.getAttribute('worn').needsUpdate = true;
    }
  }

  dispose(): void {
    this.#material.dispose();
    for (const mesh of this.meshes.values()) {
      mesh.geometry.dispose();
      mesh.dispose();
    }
  }
}

const [SKIN, HAIR, COAT] = ['#dfe5e6', '#2a3138', '#e9eef0'].map((colour) => new Color(colour)) as [Color, Color, Color];

/** A shape in a colour, of which cloth takes so much from what is worn. */
function painted(shape: BufferGeometry, { r, g, b }: Color, cloth = 0): BufferGeometry {
  const { count } = shape.getAttribute('position');
  shape.setAttribute('color', new BufferAttribute(Float32Array.from({ length: 4 * count }, (_, i) => [r, g, b, cloth][i % 4] ?? 0), 4));
  return shape.deleteAttribute('uv');
}

/** The parts of a bust, each of one piece; origins are between the eyes and at the wrist. */
function bustShapes(): Readonly<Record<Part, BufferGeometry>> {
  const profile = [[0.001, -0.43], [0.13, -0.425], [0.19, -0.385], [0.212, -0.31], [0.2, -0.235], [0.14, -0.185], [0.07, -0.155], [0.05, -0.138]];
  const outline = new SplineCurve(profile.map(([x, y]) => new Vector2(x, y))).getPoints(14).map((p) => p.setX(Math.max(0.001, p.x)));
  const head = [
    painted(new SphereGeometry(0.105, 20, 14), SKIN),
    // The face looks along −Z: a band before the eyes, hair behind and above.
    painted(new SphereGeometry(0.107, 20, 4, Math.PI * 1.2, Math.PI * 0.6, Math.PI * 0.4, Math.PI * 0.11), COAT, 1),
    painted(new SphereGeometry(0.109, 24, 10, 0, Math.PI * 2, 0, Math.PI * 0.52).rotateX(0.62), HAIR),
  ].map((shape) => shape.scale(0.86, 1.08, 0.95));
  const shoulders = [
    painted(new LatheGeometry(outline, 28).scale(1, 1, 0.62), COAT, 0.6),
    painted(new CylinderGeometry(0.042, 0.05, 0.12, 16).translate(0, -0.11, 0), SKIN),
    painted(new CylinderGeometry(0.052, 0.064, 0.022, 20).translate(0, -0.135, 0), COAT, 1),
  ];
  const hand = painted(new CapsuleGeometry(0.026, 0.07, 4, 10).rotateX(Math.PI / 2).scale(1.15, 0.7, 1), SKIN);
  return { head: mergeGeometries(head), shoulders: mergeGeometries(shoulders), hand };
}
