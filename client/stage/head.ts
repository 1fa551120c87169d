import { type Matrix4, Quaternion, Vector3 } from 'three';
import type { Rigid } from './turning';

/** The camera of a screen, or that of a headset with one for each eye. */
interface Seeing {
  readonly matrixWorld: Matrix4;
  readonly cameras?: readonly { readonly matrixWorld: Matrix4 }[];
}

/** From where somebody sees: the middle between the eyes of a headset, whose own camera three.js leaves at the first eye, else the camera. */
export function headOf(camera: Seeing): Rigid {
  const [head, eye] = [rigid(), rigid()];
  const eyes = camera.cameras?.length ? camera.cameras : [camera];
  for (const [before, { matrixWorld }] of eyes.entries()) {
    matrixWorld.decompose(eye.position, eye.rotation, new Vector3());
    const share = 1 / (before + 1);
    head.position.lerp(eye.position, share);
    head.rotation.slerp(eye.rotation, share);
  }
  return head;
}

function rigid(): Rigid {
  return { position: new Vector3(), rotation: new Quaternion() };
}
