import type { Fingers, Hand, Held, Placement, Pose } from '../../contract/room';
import type { Reader, Writer } from './bytes';

type Vec3 = [number, number, number];
type Quat = [number, number, number, number];

const LEFT = 1;
const RIGHT = 2;
const POINTER = 4;
const POINTER_ON = 8;
const HELD = 16;
const LEFT_FINGERS = 32;
const RIGHT_FINGERS = 64;
const MOUTH = 128;

/** A finger is bent in so many steps from straight to a fist, a mouth opens in so many. */
const FINGER_STEPS = 31;
const MOUTH_STEPS = 255;

/** The largest value that one of the three smaller components of a unit quaternion can have. */
const SMALL = Math.SQRT1_2;
const STEPS = 32767;

export function writePose(out: Writer, pose: Pose): void {
  out.u32(pose.at_ms >>> 0);
  const pointer = pose.pointer === null ? 0 : POINTER | (pose.pointer.on ? POINTER_ON : 0);
  const left = pose.left ? LEFT | (pose.left.fingers ? LEFT_FINGERS : 0) : 0;
  const right = pose.right ? RIGHT | (pose.right.fingers ? RIGHT_FINGERS : 0) : 0;
  out.u8(left | right | pointer | (pose.held ? HELD : 0) | (pose.mouth === null ? 0 : MOUTH));
  writePlacement(out, pose.head);
  for (const hand of [pose.left, pose.right]) {
    if (!hand) continue;
    writePlacement(out, hand);
    if (hand.fingers) writeFingers(out, hand.fingers);
  }
  if (pose.pointer) {
    writePosition(out, pose.pointer.origin_m);
    writePosition(out, pose.pointer.hit_m);
  }
  if (pose.held) {
    out.u32(pose.held.entity);
    writePlacement(out, pose.held.transform);
    out.f32(pose.held.transform.scale);
  }
  if (pose.mouth !== null) out.u8(Math.round(Math.min(1, Math.max(0, pose.mouth || 0)) * MOUTH_STEPS));
}

export function readPose(reader: Reader): Pose {
  const at_ms = reader.u32();
  const flags = reader.u8();
  const head = readPlacement(reader);
  const left = readHand(reader, (flags & LEFT) !== 0, (flags & LEFT_FINGERS) !== 0);
  const right = readHand(reader, (flags & RIGHT) !== 0, (flags & RIGHT_FINGERS) !== 0);
  const on = (flags & POINTER_ON) !== 0;
  const pointer = flags & POINTER ? { origin_m: readPosition(reader), hit_m: readPosition(reader), on } : null;
  const held = flags & HELD ? readHeld(reader) : null;
  const mouth = flags & MOUTH ? reader.u8() / MOUTH_STEPS : null;
  return { at_ms, head, left, right, pointer, held, mouth };
}

function readHand(reader: Reader, isThere: boolean, hasFingers: boolean): Hand | null {
  if (!isThere && hasFingers) throw reader.error('fingers without a hand');
  if (!isThere) return null;
  return { ...readPlacement(reader), fingers: hasFingers ? readFingers(reader) : null };
}

/** Thumb in the lowest five bits, then the other fingers, then the spread; the two highest bits are zero. */
function writeFingers(out: Writer, { curls, spread }: Fingers): void {
  const steps = [...curls, spread].map((share) => Math.round(Math.min(1, Math.max(0, share || 0)) * FINGER_STEPS));
  out.u32(steps.reduceRight((packed, step) => (packed << 5) | step, 0));
}

function readFingers(reader: Reader): Fingers {
  const packed = reader.u32();
  if (packed >>> 30 !== 0) throw reader.error('fingers bent beyond a fist');
  const share = (number: number): number => ((packed >>> (5 * number)) & 0x1f) / FINGER_STEPS;
  return { curls: [share(0), share(1), share(2), share(3), share(4)], spread: share(5) };
}

function readHeld(reader: Reader): Held {
  const entity = reader.u32();
  const placement = readPlacement(reader);
  const scale = reader.f32();
  if (!Number.isFinite(scale)) throw reader.error('a scale that is no number');
  return { entity, transform: { ...placement, scale } };
}

function writePlacement(out: Writer, placement: Placement): void {
  writePosition(out, placement.position_m);
  writeRotation(out, placement.rotation);
}

function readPlacement(reader: Reader): Placement {
  return { position_m: readPosition(reader), rotation: readRotation(reader) };
}

function writePosition(out: Writer, position_m: Vec3): void {
  for (const metres of position_m) {
    // Half a millimetre is rounded away from zero, as the server does.
    const millimetres = Math.sign(metres) * Math.round(Math.abs(metres) * 1000);
    out.i16(Math.min(32767, Math.max(-32768, millimetres || 0)));
  }
}

function readPosition(reader: Reader): Vec3 {
  return [reader.i16() / 1000, reader.i16() / 1000, reader.i16() / 1000];
}

/** Smallest three: bits 0–1 name the largest component, then 15 bits for each other one, in order. */
function writeRotation(out: Writer, rotation: Quat): void {
  const length = Math.hypot(...rotation);
  const unit: Quat = length > 0 && Number.isFinite(length) ? (rotation.map((c) => c / length) as Quat) : [0, 0, 0, 1];
  let largest = 0;
  unit.forEach((component, index) => {
    if (Math.abs(component) > Math.abs(unit[largest] ?? 0)) largest = index;
  });
  // A quaternion and its negative are the same rotation: the largest component is made positive.
  const sign = (unit[largest] ?? 1) < 0 ? -1 : 1;
  let packed = BigInt(largest);
  let shift = 2n;
  unit.forEach((component, index) => {
    if (index === largest) return;
    const share = Math.min(1, Math.max(0, ((sign * component) / SMALL + 1) / 2));
    packed |= BigInt(Math.round(share * STEPS)) << shift;
    shift += 15n;
  });
  for (let byte = 0n; byte < 6n; byte++) out.u8(Number((packed >> (8n * byte)) & 0xffn));
}

function readRotation(reader: Reader): Quat {
  const packed = BigInt(reader.u16()) | (BigInt(reader.u32()) << 16n);
  const largest = Number(packed & 3n);
  const rotation: Quat = [0, 0, 0, 0];
  let squares = 0;
  let shift = 2n;
  for (let index = 0; index < 4; index++) {
    if (index === largest) continue;
    const component = ((Number((packed >> shift) & 0x7fffn) / STEPS) * 2 - 1) * SMALL;
    rotation[index] = component;
    squares += component * component;
    shift += 15n;
  }
  // Bytes that no sender packs may say more than length 1; they are brought back to it.
  const length = Math.sqrt(Math.max(1, squares));
  rotation[largest] = Math.sqrt(Math.max(0, 1 - squares));
  return rotation.map((component) => component / length) as Quat;
}
