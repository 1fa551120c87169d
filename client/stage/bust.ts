import { CapsuleGeometry, type Color, CylinderGeometry, Group, LatheGeometry, Mesh, MeshStandardMaterial, SphereGeometry, SplineCurve, Vector2, Vector3 } from 'three';
import type { Body } from './avatars';
import { put } from './avatars';
import type { Poses } from './room-view';

/** A person as a head and shoulders, with hands where they are tracked: cheap to draw, for devices and crowds that need it. */
export class Bust implements Body {
  readonly group = new Group();
  readonly #head = new Group();
  readonly #shoulders = new Group();
  readonly #hands: [Mesh, Mesh];
  readonly #materials: readonly MeshStandardMaterial[];
  /** What has the colour that somebody wears. */
  readonly #coat = new MeshStandardMaterial({ roughness: 0.8 });
  readonly #accent = new MeshStandardMaterial({ roughness: 0.5 });

  constructor(worn: Color, shapes: BustShapes) {
    const skin = new MeshStandardMaterial({ color: '#dfe5e6', roughness: 0.62 });
    const dark = new MeshStandardMaterial({ color: '#2a3138', roughness: 0.9 });
    const [coat, accent] = [this.#coat, this.#accent];
    this.#materials = [skin, coat, dark, accent];
    this.wear(worn);
    const face = new Mesh(shapes.head, skin);
    face.scale.set(0.86, 1.08, 0.95);
    const [visor, hair] = [new Mesh(shapes.visor, accent), new Mesh(shapes.hair, dark)];
    for (const part of [visor, hair]) part.scale.copy(face.scale);
    this.#head.add(face, visor, hair);
    const collar = new Mesh(shapes.collar, accent);
    collar.position.y = -0.135;
    this.#shoulders.add(new Mesh(shapes.bust, coat), new Mesh(shapes.neck, skin), collar);
    this.#hands = [new Mesh(shapes.hand, skin), new Mesh(shapes.hand, skin)];
    this.#head.name = 'head';
    this.group.add(this.#head, this.#shoulders, ...this.#hands);
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
    this.#coat.color.set('#e9eef0').lerp(colour, 0.6);
    this.#accent.color.copy(colour);
    this.#accent.emissive.copy(colour).multiplyScalar(0.12);
  }

  fade(seen: number): void {
    for (const material of this.#materials) [material.transparent, material.opacity, material.depthWrite] = [seen < 1, seen, seen === 1];
  }

  dispose(): void {
    this.group.removeFromParent();
    for (const material of this.#materials) material.dispose();
  }
}

export type BustShapes = ReturnType<typeof bustShapes>;

/** What all busts share. */
export function bustShapes() {
  const profile = [[0.001, -0.43], [0.13, -0.425], [0.19, -0.385], [0.212, -0.31], [0.2, -0.235], [0.14, -0.185], [0.07, -0.155], [0.05, -0.138]];
  const outline = new SplineCurve(profile.map(([x, y]) => new Vector2(x, y))).getPoints(20).map((p) => p.setX(Math.max(0.001, p.x)));
  const bust = new LatheGeometry(outline, 32);
  bust.scale(1, 1, 0.62);
  return {
    head: new SphereGeometry(0.105, 24, 18),
    // The face looks along −Z: a band before the eyes, hair behind and above.
    visor: new SphereGeometry(0.107, 32, 6, Math.PI * 1.2, Math.PI * 0.6, Math.PI * 0.4, Math.PI * 0.11),
    hair: new SphereGeometry(0.109, 32, 16, 0, Math.PI * 2, 0, Math.PI * 0.52).rotateX(0.62),
    bust,
    neck: new CylinderGeometry(0.042, 0.05, 0.12, 20).translate(0, -0.11, 0),
    collar: new CylinderGeometry(0.052, 0.064, 0.022, 24),
    hand: new CapsuleGeometry(0.026, 0.07, 6, 14).rotateX(Math.PI / 2).scale(1.15, 0.7, 1),
  };
}
