import { BufferGeometry, type Group, Line, LineBasicMaterial, Matrix4, Quaternion, Vector3, type WebGLRenderer, type XRGripSpace, type XRHandSpace, type XRTargetRaySpace } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { XRControllerModelFactory } from 'three/addons/webxr/XRControllerModelFactory.js';
import { XRHandModelFactory } from 'three/addons/webxr/XRHandModelFactory.js';
import type { Fingers } from '../stage/room-view';
import type { Rigid } from '../stage/turning';
import { fingersOf, fingersOnController, isFist } from './fingers';

export type HandEvent = 'select' | 'release' | 'squeeze' | 'unsqueeze';

/** One hand, tracked bare or holding a controller: where it is, where it points, what it presses. */
export class HandInput {
  readonly name: string;
  source: XRInputSource | undefined;
  readonly ray: XRTargetRaySpace;
  readonly #grip: XRGripSpace;
  readonly #hand: XRHandSpace;
  readonly #beam: Line<BufferGeometry, LineBasicMaterial>;
  readonly #on: (hand: HandInput, event: HandEvent) => void;
  /** Whether the device says that the hand squeezes, and whether a bare hand is a fist. */
  #squeezes = { device: false, fist: false };

  constructor(index: number, renderer: WebGLRenderer, rig: Group, models: HandModels, on: (hand: HandInput, event: HandEvent) => void) {
    this.name = `hand-${index}`;
    this.#on = on;
    this.ray = renderer.xr.getController(index);
    this.#grip = renderer.xr.getControllerGrip(index);
    this.#hand = renderer.xr.getHand(index);
    this.#grip.add(models.controllers.createControllerModel(this.#grip));
    this.#hand.add(models.hands.createHandModel(this.#hand, 'mesh'));
    const geometry = new BufferGeometry().setFromPoints([new Vector3(), new Vector3(0, 0, -1)]);
    this.#beam = new Line(geometry, new LineBasicMaterial({ color: 0x8fe6e4, transparent: true, opacity: 0.75 }));
    this.#beam.renderOrder = 25;
    this.ray.add(this.#beam);
    rig.add(this.ray, this.#grip, this.#hand);
    this.ray.addEventListener('connected', (event) => (this.source = event.data));
    this.ray.addEventListener('disconnected', () => {
      this.source = undefined;
      this.#squeeze({ device: false, fist: false });
    });
    this.ray.addEventListener('selectstart', () => on(this, 'select'));
    this.ray.addEventListener('selectend', () => on(this, 'release'));
    this.ray.addEventListener('squeezestart', () => this.#squeeze({ device: true }));
    this.ray.addEventListener('squeezeend', () => this.#squeeze({ device: false }));
  }

  /** Once a frame: a fist of a bare hand squeezes, also where the device does not say so. One that is not wholly seen stays. */
  update(): void {
    const fingers = this.bare ? this.fingers(false, false) : undefined;
    if (!this.tracked) this.#squeeze({ fist: false });
    else if (fingers) this.#squeeze({ fist: isFist(fingers, this.#squeezes.fist) });
  }

  get squeezes(): boolean {
    return this.#squeezes.device || this.#squeezes.fist;
  }

  /** Tells when it begins and ends, once, whoever says so. */
  #squeeze(change: { readonly device?: boolean; readonly fist?: boolean }): void {
    const did = this.squeezes;
    this.#squeezes = { ...this.#squeezes, ...change };
    if (this.squeezes !== did) this.#on(this, this.squeezes ? 'squeeze' : 'unsqueeze');
  }

  get bare(): boolean {
    return this.source?.hand !== undefined && this.source.hand !== null;
  }

  get tracked(): boolean {
    return this.source !== undefined && this.ray.visible;
  }

  /** The hand in the room: the controller's grip, or the thumb and index finger of a bare hand. */
  get pose(): Rigid | undefined {
    if (!this.tracked) return undefined;
    if (!this.bare) return rigidOf(this.#grip.visible ? this.#grip : this.ray);
    const { joints } = this.#hand;
    const [index, thumb, wrist] = [joints['index-finger-tip'], joints['thumb-tip'], joints.wrist];
    if (!index?.visible || !thumb?.visible || !wrist?.visible) return rigidOf(this.ray);
    const position = new Vector3().setFromMatrixPosition(index.matrixWorld).add(new Vector3().setFromMatrixPosition(thumb.matrixWorld)).multiplyScalar(0.5);
    return { position, rotation: rigidOf(wrist).rotation };
  }

  /** How the fingers are: tracked where the hand is bare, else by what a controller is pressed for. */
  fingers(points: boolean, holds: boolean): Fingers | undefined {
    if (!this.tracked) return undefined;
    if (!this.bare) {
      const pressed = this.source?.gamepad?.buttons;
      return fingersOnController({ trigger: pressed?.[0]?.value ?? 0, grip: pressed?.[1]?.value ?? 0, points, holds });
    }
    const { joints } = this.#hand;
    return fingersOf((name) => (joints[name]?.visible ? new Vector3().setFromMatrixPosition(joints[name].matrixWorld) : undefined));
  }

  get pointing(): { origin: Vector3; direction: Vector3 } {
    const rotation = new Matrix4().extractRotation(this.ray.matrixWorld);
    return { origin: new Vector3().setFromMatrixPosition(this.ray.matrixWorld), direction: new Vector3(0, 0, -1).applyMatrix4(rotation).normalize() };
  }

  get stick(): readonly [number, number] {
    const axes = this.source?.gamepad?.axes;
    return [axes?.[2] ?? 0, axes?.[3] ?? 0];
  }

  /** How far the beam reaches; undefined hides it. */
  set reach(metres: number | undefined) {
    this.#beam.visible = metres !== undefined && this.tracked;
    this.#beam.scale.z = metres ?? 1;
  }

  pulse(strength: number, milliseconds: number): void {
    void this.source?.gamepad?.hapticActuators?.[0]?.pulse(strength, milliseconds);
  }

  dispose(): void {
    for (const space of [this.ray, this.#grip, this.#hand]) space.removeFromParent();
    this.#beam.geometry.dispose();
    this.#beam.material.dispose();
  }
}

/** Models of controllers and hands; shipped with the client, so that no other host is asked. */
export interface HandModels {
  readonly controllers: XRControllerModelFactory;
  readonly hands: XRHandModelFactory;
}

export function handModels(): HandModels {
  const loader = new GLTFLoader();
  const controllers = new XRControllerModelFactory(loader);
  controllers.setPath('/profiles');
  // The hand's loader is asked for bare file names.
  const hands = new XRHandModelFactory(new GLTFLoader().setPath('/profiles/generic-hand/'));
  hands.setPath('/profiles/generic-hand/');
  return { controllers, hands };
}

function rigidOf(space: { matrixWorld: Matrix4 }): Rigid {
  const [position, rotation] = [new Vector3(), new Quaternion()];
  space.matrixWorld.decompose(position, rotation, new Vector3());
  return { position, rotation };
}
