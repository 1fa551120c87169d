import { type Object3D, Quaternion, Vector3 } from 'three';
import { RESTING } from '../core/hands';
import type { Fingers } from './room-view';

const DEGREE = Math.PI / 180;
/** How far each of a finger's three joints is bent in a fist: thumbs bend less. */
const THUMB_BENDS = [25, 50, 70].map((degrees) => degrees * DEGREE);
const FINGER_BENDS = [85, 100, 65].map((degrees) => degrees * DEGREE);
/** How far each finger goes towards the thumb where all are spread; the middle one stays. */
const SPREADS = { Thumb: 0, Index: 17, Middle: 0, Ring: -11, Pinky: -23 } as const;
const FINGERS = ['Thumb', 'Index', 'Middle', 'Ring', 'Pinky'] as const;

/**
 * About what a left finger bends and spreads where a figure faces +Z with arms stretched out and palms down, as the
 * models do; the right hand is its mirror image. The thumb goes across the palm.
 */
const BENDS_ABOUT = new Vector3(0, 0, -1);
const THUMB_BENDS_ABOUT = new Vector3(0.62, 0.77, -0.11).normalize();
const SPREADS_ABOUT = new Vector3(0, -1, 0);

interface Joint {
  readonly bone: Object3D;
  readonly rest: Quaternion;
  /** In the frame of the bone above it. */
  readonly bendsAbout: Vector3;
  readonly spreadsAbout: Vector3;
  readonly finger: number;
  readonly bends: number;
  readonly spreads: number;
}

/** The fingers of one hand of a figure, where the model has some. */
export class FingerBones {
  readonly #joints: readonly Joint[];

  /** The model stands as its file has it, with its places in the room known. */
  constructor(model: Object3D, side: 'Left' | 'Right') {
    this.#joints = FINGERS.flatMap((name, finger) =>
      [1, 2, 3].flatMap((number, at) => {
        const bone = model.getObjectByName(`${side}Hand${name}${number}`);
        if (!bone?.parent) return [];
        const toParent = bone.parent.getWorldQuaternion(new Quaternion()).invert();
        const about = (axis: Vector3): Vector3 => mirrored(axis, side).applyQuaternion(toParent);
        const bends = (name === 'Thumb' ? THUMB_BENDS : FINGER_BENDS)[at] ?? 0;
        const spreads = at === 0 ? SPREADS[name] * DEGREE : 0;
        const bendsAbout = about(name === 'Thumb' ? THUMB_BENDS_ABOUT : BENDS_ABOUT);
        return [{ bone, rest: bone.quaternion.clone(), bendsAbout, spreadsAbout: about(SPREADS_ABOUT), finger, bends, spreads }];
      }),
    );
    this.show(undefined);
  }

  /** Bends and spreads them; left out, the hand rests. */
  show(fingers: Fingers | null | undefined): void {
    const { curls, spread } = fingers ?? RESTING;
    for (const { bone, rest, bendsAbout, spreadsAbout, finger, bends, spreads } of this.#joints) {
      const bend = new Quaternion().setFromAxisAngle(bendsAbout, bends * (curls[finger] ?? 0));
      const aside = new Quaternion().setFromAxisAngle(spreadsAbout, spreads * spread);
      bone.quaternion.copy(aside).multiply(bend).multiply(rest);
    }
  }
}

/** An axis of turning as a mirror between left and right shows it. */
function mirrored({ x, y, z }: Vector3, side: 'Left' | 'Right'): Vector3 {
  return side === 'Left' ? new Vector3(x, y, z) : new Vector3(x, -y, -z);
}
