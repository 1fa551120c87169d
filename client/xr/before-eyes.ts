import { type Camera, Group } from 'three';
import { headOf } from '../stage/head';

/** What hangs before both eyes of a headset, wherever they look: in the middle between them, while its camera is at the first. */
export class BeforeEyes {
  readonly group = new Group();

  constructor(camera: Camera) {
    camera.add(this.group);
  }

  /** The session's camera as it was last drawn: where the eyes are to each other stays when the head moves. */
  follow(seen: Camera): void {
    const [head, first] = [headOf(seen), headOf({ matrixWorld: seen.matrixWorld })];
    const back = first.rotation.invert();
    this.group.position.copy(head.position).sub(first.position).applyQuaternion(back);
    this.group.quaternion.copy(back).multiply(head.rotation);
  }

  dispose(): void {
    this.group.removeFromParent();
  }
}
