/**
 * Makes `client/public/organs` from shared data: `node client/stage/dev/organs.mjs DATA`, DATA holding
 * `assets3d/organs/VH_M_Heart.glb` and `imaging/ct-thorax-cta/example_ct.nii.gz`.
 * Both become voxels, are closed and smoothed, and get a surface: metres, Y up, the patient's left towards +X, the
 * front towards +Z, the origin in the middle of the heart. It is a picture of a heart and lungs, and nobody's own.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { BufferGeometry, Color, Float32BufferAttribute } from 'three';
import { glb, simplified } from './pack.mjs';

const OUT = fileURLToPath(new URL('../../public/organs', import.meta.url));
const EDGE_m = 0.0015;
/** Air in lungs and airways is darker than this, in HU. */
const AIR_HU = -400;

/** A block of voxels with a margin, so that nothing touches its sides; x runs fastest. */
class Block {
  constructor(size, values = new Float32Array(size[0] * size[1] * size[2])) {
    [this.size, this.values] = [size, values];
    this.step = [1, size[0], size[0] * size[1]];
  }

  at(x, y, z) {
    return x + y * this.step[1] + z * this.step[2];
  }

  /** Each voxel with the mean of its three along each axis, some times. */
  blurred(times) {
    let from = this.values;
    for (let n = 0; n < times; n++)
      for (const step of this.step) {
        const to = from.slice();
        for (let i = step; i < from.length - step; i++) to[i] = (from[i - step] + from[i] + from[i + step]) / 3;
        from = to;
      }
    return new Block(this.size, from);
  }

  where(holds) {
    return new Block(this.size, this.values.map((value) => (holds(value) ? 1 : 0)));
  }

  /** All that one comes to from a voxel without leaving its kind. */
  reached(start) {
    const [kind, seen, stack] = [this.values[start], new Uint8Array(this.values.length), [start]];
    seen[start] = 1;
    let count = 0;
    while (stack.length > 0) {
      const i = stack.pop();
      count += 1;
      for (const step of this.step)
        for (const next of [i - step, i + step])
          if (next >= 0 && next < seen.length && !seen[next] && this.values[next] === kind) {
            seen[next] = 1;
            stack.push(next);
          }
    }
    return { seen, count };
  }

  /** Holes filled: what cannot be reached from the outside. */
  filled() {
    const outside = this.reached(0).seen;
    return new Block(this.size, Float32Array.from(outside, (out) => (out ? 0 : 1)));
  }

  /** Grown and then shrunk again: gaps narrower than about `n` voxels are closed. */
  closed(n) {
    const grown = this.blurred(n).where((value) => value > 0.02);
    const shrunk = grown.where((value) => value === 0).blurred(n).where((value) => value > 0.02);
    return new Block(this.size, shrunk.values.map((out, i) => Math.max(1 - out, this.values[i])));
  }
}

/** The surface where a block passes one half, one corner for each cell that it goes through (surface nets). */
function surface({ size: [width, height, depth], values, step }, origin) {
  const [corners, places] = [new Map(), []];
  const inside = (i) => values[i] > 0.5;
  const steps = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => (n & 1 ? step[0] : 0) + (n & 2 ? step[1] : 0) + (n & 4 ? step[2] : 0));
  const EDGES = [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7], [0, 4], [1, 5], [2, 6], [3, 7]];
  for (let z = 0; z < depth - 1; z++) for (let y = 0; y < height - 1; y++) for (let x = 0; x < width - 1; x++) {
    const cell = x + y * step[1] + z * step[2];
    const at = [0, 0, 0];
    let crossed = 0;
    for (const [a, b] of EDGES) {
      const [va, vb] = [values[cell + steps[a]], values[cell + steps[b]]];
      if (va > 0.5 === vb > 0.5) continue;
      const along = (0.5 - va) / (vb - va);
      for (const k of [0, 1, 2]) at[k] += ((a >> k) & 1) + (((b >> k) & 1) - ((a >> k) & 1)) * along;
      crossed += 1;
    }
    if (crossed === 0) continue;
    corners.set(cell, places.length / 3);
    places.push(...[x, y, z].map((from, k) => (from + at[k] / crossed) * EDGE_m + origin[k]));
  }
  const indices = [];
  for (const cell of corners.keys())
    for (const k of [0, 1, 2]) {
      const [u, v] = [step[(k + 1) % 3], step[(k + 2) % 3]];
      if (inside(cell) === inside(cell + step[k])) continue;
      const face = [cell, cell - u, cell - u - v, cell - v].map((one) => corners.get(one));
      if (face.includes(undefined)) continue;
      const [a, b, c, d] = inside(cell) ? face : face.toReversed();
      indices.push(a, b, c, a, c, d);
    }
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(places, 3));
  geometry.setIndex(indices);
  geometry.computeVertexNormals();
  return geometry;
}

/** Corners of all triangles of the walls of the heart, without valves and what hangs in it. */
function heartPoints(path) {
  const bytes = readFileSync(path);
  const length = bytes.readUInt32LE(12);
  const json = JSON.parse(bytes.subarray(20, 20 + length).toString());
  const body = bytes.subarray(28 + length);
  const points = [];
  for (const { name, primitives } of json.meshes) {
    if (/valve|papillary/.test(name)) continue;
    for (const { attributes } of primitives) {
      const { bufferView, byteOffset = 0, count } = json.accessors[attributes.POSITION];
      const view = json.bufferViews[bufferView];
      const from = (view.byteOffset ?? 0) + byteOffset;
      for (let i = 0; i < count; i++) points.push([0, 4, 8].map((k) => body.readFloatLE(from + i * (view.byteStride ?? 12) + k)));
    }
  }
  return points;
}

function heartOf(path) {
  const points = heartPoints(path);
  const least = [0, 1, 2].map((k) => points.reduce((low, point) => Math.min(low, point[k]), Infinity) - 12 * EDGE_m);
  const most = [0, 1, 2].map((k) => points.reduce((high, point) => Math.max(high, point[k]), -Infinity) + 12 * EDGE_m);
  const middle = least.map((low, k) => (low + most[k]) / 2);
  const block = new Block(least.map((low, k) => Math.ceil((most[k] - low) / EDGE_m)));
  for (const point of points) block.values[block.at(...point.map((value, k) => Math.floor((value - least[k]) / EDGE_m)))] = 1;
  return surface(block.closed(4).filled().blurred(3), least.map((low, k) => low - middle[k]));
}

/** The lungs and airways of a CT: the air within the body, with its vessels. */
function lungsOf(path) {
  const bytes = gunzipSync(readFileSync(path));
  const size = [42, 44, 46].map((at) => bytes.readInt16LE(at));
  const from = bytes.readFloatLE(108);
  // The file runs to the left, to the back and up: its second axis becomes the third, turned round.
  const [width, depth, height] = size;
  const air = new Block([width, height, depth]);
  for (let k = 0; k < height; k++) for (let j = 0; j < depth; j++) for (let i = 0; i < width; i++)
    air.values[air.at(i, k, depth - 1 - j)] = bytes.readInt16LE(from + 2 * (i + j * width + k * width * depth)) < AIR_HU ? 1 : 0;
  // Air outside, on any slice, is reached from its border.
  for (let y = 0; y < height; y++) {
    const slice = new Block([width, depth, 1], Float32Array.from({ length: width * depth }, (_, n) => air.values[air.at(n % width, y, Math.floor(n / width))]));
    for (let n = 0; n < width * depth; n++) {
      const isBorder = n < width || n >= width * (depth - 1) || n % width === 0 || n % width === width - 1;
      if (!isBorder || slice.values[n] === 0) continue;
      const { seen } = slice.reached(n);
      for (const [out, is] of seen.entries()) if (is) [slice.values[out], air.values[air.at(out % width, y, Math.floor(out / width))]] = [0, 0];
    }
  }
  // What hangs together and is large: both lungs, or each.
  const kept = new Block(air.size);
  for (let i = 0; i < air.values.length; i++) {
    if (air.values[i] === 0) continue;
    const { seen, count } = air.reached(i);
    for (const [n, is] of seen.entries()) if (is) [air.values[n], kept.values[n]] = [0, count > 40_000 ? 1 : kept.values[n]];
  }
  // A margin, so that the cut at the neck is closed.
  const margin = new Block(kept.size.map((edge) => edge + 12));
  for (let z = 0; z < kept.size[2]; z++) for (let y = 0; y < kept.size[1]; y++) for (let x = 0; x < kept.size[0]; x++)
    margin.values[margin.at(x + 6, y + 6, z + 6)] = kept.values[kept.at(x, y, z)];
  return surface(margin.closed(5).filled().blurred(2), [0, 0, 0]);
}

/** Moves the lungs so that they leave the most room for the heart: where the fewest corners of it lie near theirs. */
function around(lungs, heart) {
  lungs.computeBoundingBox();
  const { min, max } = lungs.boundingBox;
  const size = max.clone().sub(min);
  // The heart lies in front of the middle and below it, a third to the left of it.
  lungs.translate(-(min.x + max.x) / 2, -(min.y + size.y * 0.4), -(min.z + size.z * 0.6));
  const [at, of] = [lungs.getAttribute('position'), heart.getAttribute('position')];
  const cells = new Set();
  const key = (x, y, z) => `${Math.round(x / 0.006)},${Math.round(y / 0.006)},${Math.round(z / 0.006)}`;
  for (let i = 0; i < at.count; i++) cells.add(key(at.getX(i), at.getY(i), at.getZ(i)));
  let best = [Infinity, 0, 0, 0];
  for (let x = -0.04; x <= 0.04; x += 0.008) for (let y = -0.04; y <= 0.04; y += 0.008) for (let z = -0.04; z <= 0.04; z += 0.008) {
    let touched = Math.hypot(x, y, z) * 400;
    for (let i = 0; i < of.count; i += 7) if (cells.has(key(of.getX(i) - x, of.getY(i) - y, of.getZ(i) - z))) touched += 1;
    if (touched < best[0]) best = [touched, x, y, z];
  }
  return lungs.translate(best[1], best[2], best[3]);
}

function painted(geometry, colour) {
  const { r, g, b } = new Color(colour);
  const { count } = geometry.getAttribute('position');
  geometry.setAttribute('color', new Float32BufferAttribute(Array.from({ length: count }, () => [r, g, b]).flat(), 3));
  geometry.computeBoundingBox();
  return geometry;
}

const source = process.argv[2];
if (!source) throw new Error('name the folder of shared data');
mkdirSync(OUT, { recursive: true });
const heart = heartOf(join(source, 'assets3d/organs/VH_M_Heart.glb'));
const lungs = around(lungsOf(join(source, 'imaging/ct-thorax-cta/example_ct.nii.gz')), heart);
for (const [name, geometry, colour, most] of [['heart', heart, '#b0413e', 5000], ['lungs', lungs, '#d99a94', 9000]]) {
  painted(geometry, colour);
  const indices = simplified(geometry, most);
  const file = glb(geometry, Uint32Array.from(indices));
  writeFileSync(join(OUT, `${name}.glb`), file);
  process.stdout.write(`${name}: ${geometry.index.count / 3} → ${indices.length / 3} triangles, ${file.length} bytes, ${JSON.stringify(geometry.boundingBox)}\n`);
}
