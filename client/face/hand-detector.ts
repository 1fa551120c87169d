import type { GraphModel, Human } from '@vladmandic/human';
import { program, type Backend, type Picture } from './program';
import { JOINTS, type HandSeen } from './seen';

/** A square of the picture in which a hand is looked for, in pixels; turned clockwise from upright. */
interface Region {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly turn_rad: number;
}

/** A hand that is followed from picture to picture. */
interface Followed {
  readonly region: Region;
  /** From 0, a left hand, to 1. */
  readonly right: number;
  /** In how many pictures it was seen. The first one says but how it is turned. */
  readonly seen: number;
}

interface Looked {
  readonly followed: Followed;
  readonly hand: HandSeen;
}

/** Less sure than this it is no hand. */
const SURE = 0.6;
/** Less sure than this it is not looked at as one. */
const SURE_TO_LOOK = 0.4;
const MOST_HANDS = 2;
/** Of what may be a hand so many are looked at; faces and elbows are taken for one too. */
const MOST_FOUND = 4;
/** How hands are tried to be turned that are not known yet: fingers up, or aside. */
const TURNS_RAD = [0, 1, -1];
/** Hands are searched for again no sooner than this, and no more than this share of the time. */
const SEARCH_EVERY_MS = 700;
const SEARCH_SHARE = 0.1;
/** How wide the pictures are that the two models take. */
const [SEARCH_PIXELS, LOOK_PIXELS] = [320, 224];
/** Searching finds fingers to their tips; the other model wants as much around a hand as this. */
const AROUND = 1.5;
/** What is followed is cut by palms and lowest bones alone, and fingers may be stretched. */
const AROUND_PALM = 2;
const [PALM, AHEAD] = [[0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18], 0.1] as const;
/** Kinds of what searching finds, by their numbers: an open hand, a fist, a pinch, one that points, a face, and tips of fingers. */
const HANDS: readonly number[] = [0, 1, 2, 3];
const KINDS = 7;
/** One picture may mistake a hand for the other one. */
const SIDE_SHARE = 0.3;

/** Finds two hands and their joints in pictures, here and nowhere else: its models come with the client. */
export class HandDetector {
  readonly #tf: Human['tf'];
  readonly #search: GraphModel;
  readonly #joints: GraphModel;
  #followed: readonly Followed[] = [];
  #searchAt = Number.NEGATIVE_INFINITY;

  private constructor(tf: Human['tf'], search: GraphModel, joints: GraphModel) {
    [this.#tf, this.#search, this.#joints] = [tf, search, joints];
  }

  /** `models` is the address of the folder that holds them. */
  static async load(backend: Backend, models: string): Promise<HandDetector> {
    const { tf } = await program(backend, models);
    const load = (name: string): Promise<GraphModel> => tf.loadGraphModel(new URL(name, models).href, { fetchFunc: (url, init) => fetch(url, init) });
    const detector = new HandDetector(tf, await load('handtrack.json'), await load('handlandmark-lite.json'));
    // The first picture takes seconds, in which graphics cards learn what to do: it is an empty one.
    const empty: Picture = { data: new Uint8Array(4), width: 1, height: 1 };
    await detector.#find(empty);
    await detector.#look(empty, { region: { x: 0.5, y: 0.5, size: 1, turn_rad: 0 }, right: 0.5, seen: 0 });
    return detector;
  }

  async look(picture: Picture, nowMs: number): Promise<readonly HandSeen[]> {
    let followed = this.#followed;
    if (followed.length < MOST_HANDS && nowMs >= this.#searchAt) {
      const began = performance.now();
      const found = await this.#find(picture);
      this.#searchAt = nowMs + Math.max(SEARCH_EVERY_MS, (performance.now() - began) / SEARCH_SHARE);
      followed = [...followed, ...found.map((region) => ({ region, right: 0.5, seen: 0 }))];
    }
    const next: Followed[] = [];
    const hands: HandSeen[] = [];
    for (const one of followed) {
      if (next.length === MOST_HANDS || next.some(({ region }) => isSame(region, one.region))) continue;
      const looked = one.seen > 0 ? await this.#look(picture, one) : await this.#meet(picture, one);
      if (!looked || next.some(({ region }) => isSame(region, looked.followed.region))) continue;
      next.push(looked.followed);
      if (one.seen > 0) hands.push(looked.hand);
    }
    this.#followed = next;
    return hands;
  }

  /** Looks at what may be a hand for the first time. */
  async #meet(picture: Picture, one: Followed): Promise<Looked | undefined> {
    for (const turn_rad of TURNS_RAD) {
      const looked = await this.#look(picture, { ...one, region: { ...one.region, turn_rad } });
      if (looked) return looked;
    }
    return undefined;
  }

  /** Where hands may be, the surest first. */
  async #find(picture: Picture): Promise<Region[]> {
    const { width, height } = picture;
    const whole: Region = { x: width / 2, y: height / 2, size: Math.max(width, height), turn_rad: 0 };
    const [scores, boxes] = await this.#run(this.#search, cut(picture, whole, SEARCH_PIXELS, 255), SEARCH_PIXELS, 'int32', [
      'StatefulPartitionedCall/Postprocessor/Slice',
      'StatefulPartitionedCall/Postprocessor/ExpandDims_1',
    ]);
    if (!scores || !boxes) return [];
    const found: { readonly score: number; readonly region: Region }[] = [];
    for (let i = 0; i * KINDS < scores.length; i++) {
      const score = Math.max(...HANDS.map((kind) => scores[i * KINDS + kind] ?? 0));
      if (score < SURE_TO_LOOK) continue;
      const [top = 0, left = 0, bottom = 0, right = 0] = boxes.subarray(i * 4, i * 4 + 4);
      const [x, y] = placeIn(whole, (left + right) / 2 - 0.5, (top + bottom) / 2 - 0.5);
      found.push({ score, region: { x, y, size: Math.max(right - left, bottom - top) * whole.size * AROUND, turn_rad: 0 } });
    }
    const regions: Region[] = [];
    for (const { region } of found.sort((a, b) => b.score - a.score)) if (!regions.some((other) => isSame(other, region))) regions.push(region);
    return regions.slice(0, MOST_FOUND);
  }

  async #look(picture: Picture, { region, right, seen }: Followed): Promise<Looked | undefined> {
    const outputs = ['Identity', 'Identity_1', 'Identity_2', 'Identity_3'];
    const [places, sure, side, world_m] = await this.#run(this.#joints, cut(picture, region, LOOK_PIXELS, 1), LOOK_PIXELS, 'float32', outputs);
    const score = sure?.[0] ?? 0;
    if (!places || !world_m || score < SURE) return undefined;
    const joints = Array.from({ length: JOINTS }, (_, i) => placeIn(region, (places[3 * i] ?? 0) / LOOK_PIXELS - 0.5, (places[3 * i + 1] ?? 0) / LOOK_PIXELS - 0.5));
    const now = side?.[0] ?? 0.5;
    const isRight = seen === 0 ? now : right + (now - right) * SIDE_SHARE;
    const [cos, sin] = [Math.cos(region.turn_rad), Math.sin(region.turn_rad)];
    const hand: HandSeen = {
      score,
      right: isRight,
      picture: joints.map(([x, y]) => [0.5 - x / picture.width, (picture.height / 2 - y) / picture.width]),
      joints_m: joints.map((_, i) => {
        const [x, y, z] = [world_m[3 * i] ?? 0, world_m[3 * i + 1] ?? 0, world_m[3 * i + 2] ?? 0];
        return [-(x * cos - y * sin), -(x * sin + y * cos), z];
      }),
    };
    return { followed: { region: regionAround(joints), right: isRight, seen: seen + 1 }, hand };
  }

  async #run(model: GraphModel, colours: Float32Array, side: number, type: 'float32' | 'int32', outputs: readonly string[]): Promise<(Float32Array | undefined)[]> {
    const picture = this.#tf.tensor(colours, [1, side, side, 3], type);
    try {
      const tensors = model === this.#search ? await model.executeAsync(picture, outputs) : model.execute(picture, outputs);
      const values = await Promise.all(tensors.map((tensor) => tensor.data()));
      for (const tensor of tensors) tensor.dispose();
      return values;
    } finally {
      picture.dispose();
    }
  }
}

/** A place of a region, from its middle in its sides, in the picture. */
function placeIn({ x, y, size, turn_rad }: Region, right: number, down: number): readonly [number, number] {
  const [cos, sin] = [Math.cos(turn_rad) * size, Math.sin(turn_rad) * size];
  return [x + right * cos - down * sin, y + right * sin + down * cos];
}

/** Two of which one has its middle well within the other are the same hand. */
function isSame(a: Region, b: Region): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) < Math.min(a.size, b.size) / 4;
}

/** Around a hand whose joints are here, with its fingers up: as the model was taught (MediaPipe's `hand_landmark_landmarks_to_roi`). */
function regionAround(joints: readonly (readonly [number, number])[]): Region {
  const at = (i: number): readonly [number, number] => joints[i] ?? [0, 0];
  const [wrist, index, middle, ring] = [at(0), at(5), at(9), at(13)];
  const knuckles = ([0, 1] as const).map((axis) => ((index[axis] + ring[axis]) / 2 + middle[axis]) / 2);
  const turn_rad = Math.PI / 2 - Math.atan2(wrist[1] - (knuckles[1] ?? 0), (knuckles[0] ?? 0) - wrist[0]);
  const [cos, sin] = [Math.cos(turn_rad), Math.sin(turn_rad)];
  const upright = PALM.map(at).map(([x, y]) => [x * cos + y * sin, y * cos - x * sin] as const);
  const [xs, ys] = [upright.map(([x]) => x), upright.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [x, y] = [(left + right) / 2, (top + bottom) / 2 - (bottom - top) * AHEAD];
  return { x: x * cos - y * sin, y: x * sin + y * cos, size: Math.max(right - left, bottom - top) * AROUND_PALM, turn_rad };
}

/** A region of a picture in so many pixels each way: red, green and blue from 0 to `top`, black beyond the picture's edge. */
function cut({ data, width, height }: Picture, region: Region, side: number, top: number): Float32Array {
  const colours = new Float32Array(side * side * 3);
  const [x0, y0] = placeIn(region, 0.5 / side - 0.5, 0.5 / side - 0.5);
  const [cos, sin] = [(Math.cos(region.turn_rad) * region.size) / side, (Math.sin(region.turn_rad) * region.size) / side];
  for (let row = 0, to = 0; row < side; row++) {
    for (let column = 0; column < side; column++, to += 3) {
      // The four pixels around the place, whose middles lie at halves.
      const [x, y] = [x0 + column * cos - row * sin - 0.5, y0 + column * sin + row * cos - 0.5];
      const [left, above] = [Math.floor(x), Math.floor(y)];
      if (left < 0 || above < 0 || left + 1 >= width || above + 1 >= height) continue;
      const [u, v] = [x - left, y - above];
      const from = (above * width + left) * 4;
      for (let k = 0; k < 3; k++) {
        const upper = (data[from + k] ?? 0) * (1 - u) + (data[from + 4 + k] ?? 0) * u;
        const lower = (data[from + width * 4 + k] ?? 0) * (1 - u) + (data[from + width * 4 + 4 + k] ?? 0) * u;
        colours[to + k] = ((upper * (1 - v) + lower * v) * top) / 255;
      }
    }
  }
  return colours;
}
