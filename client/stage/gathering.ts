import type { Vector3 } from 'three';
import type { View } from './camera-rig';
import type { PlaceId } from './places/design';
import { graphics, type Graphics } from './renderer';
import type { RoomView } from './room-view';
import { Space } from './space';
import { GATHERED_TOOLS, TOOLS, type Tool } from './tools';
import { isHeld } from './ways';

/** A key goes this far round the table, up or down, in radians, and this share nearer or farther. */
const [STEP_RAD, NEARER] = [Math.PI / 36, 1.08];
/** From where all who sit around the table are seen. */
const FIRST: View = { yaw: 0, pitch: 0.16, distance_m: 2.9 };
const WAYS: Readonly<Record<string, readonly [yaw: number, pitch: number, distance: number]>> = {
  ArrowLeft: [-STEP_RAD, 0, 1],
  ArrowRight: [STEP_RAD, 0, 1],
  ArrowUp: [0, STEP_RAD, 1],
  ArrowDown: [0, -STEP_RAD, 1],
  '+': [0, 0, 1 / NEARER],
  '=': [0, 0, 1 / NEARER],
  '-': [0, 0, NEARER],
  _: [0, 0, NEARER],
};

/** A place of the hospital in which people meet and no twin stands. */
export class Gathering extends Space {
  /** Called when a key chose another tool. */
  onTool: (tool: Tool) => void = () => undefined;
  readonly twin = undefined;
  readonly #stop = new AbortController();
  #tool: Tool = 'turn';

  constructor(canvas: HTMLCanvasElement, room: RoomView, place: PlaceId, device: Graphics) {
    super(canvas, { room, place, first: FIRST }, device);
    canvas.addEventListener('keydown', (event) => this.#key(event), { signal: this.#stop.signal });
    canvas.addEventListener('blur', () => this.air.cancel(), { signal: this.#stop.signal });
  }

  get tool(): Tool {
    return this.#tool;
  }

  set tool(tool: Tool) {
    if (tool !== this.#tool) this.air.cancel();
    this.#tool = tool;
  }

  /** The laser ends at the table or the room itself. */
  protected override beyond(origin: Vector3, direction: Vector3): Vector3 {
    return this.inPlace(origin, direction);
  }

  override dispose(): void {
    this.#stop.abort();
    super.dispose();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    // With the pen in hand keys lead it through the air, with the laser that; with Alt one walks round.
    if (this.#tool === 'pen' && !event.altKey && (isHeld(event) || this.air.press(event, this.rig.camera))) return event.preventDefault();
    if (this.#tool === 'point' && !event.altKey && (isHeld(event) || this.laser.press(event))) return event.preventDefault();
    const way = WAYS[event.key];
    const tool = GATHERED_TOOLS.find((one) => event.key === String((TOOLS.indexOf(one) + 1) % TOOLS.length));
    if (way) this.#go(...way);
    else if (event.key === 'Home') this.home();
    else if (tool) this.onTool(tool);
    else return;
    event.preventDefault();
  }

  #go(yaw: number, pitch: number, distance: number): void {
    const { view } = this.rig;
    this.rig.view = { yaw: view.yaw + yaw, pitch: view.pitch + pitch, distance_m: view.distance_m * distance };
  }
}

/** Opens the place on a canvas; `undefined` where the device has no WebGL 2. */
export function createGathering(canvas: HTMLCanvasElement, room: RoomView, place: PlaceId): Gathering | undefined {
  const device = graphics();
  return device && new Gathering(canvas, room, place, device);
}
