/** Tiny models for the slot of models, as ONNX files made here, each beside its card: the mean of a crop, and what is dense in it. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CARD = fileURLToPath(new URL('../../crates/inference/tests/card.toml', import.meta.url));

/** A field of a protocol buffer that holds bytes. */
function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length: number[] = [];
  for (let left = bytes.length; ; left >>= 7) {
    length.push((left & 127) | (left > 127 ? 128 : 0));
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

/** A field that holds a small number. */
const small = (number: number, value: number): Buffer => Buffer.from([number << 3, value]);

/** A shape, as numbers or as names of what is not fixed. */
const shapeOf = (sides: readonly (number | string)[]): Buffer =>
  Buffer.concat(sides.map((side) => field(1, typeof side === 'number' ? small(1, side) : field(2, side))));

/** A model of one operation from `x` to `y`, both of 32-bit floats. */
function modelOf(operation: string, attributes: readonly Buffer[], from: Buffer, to: Buffer): Buffer {
  const tensor = (name: string, shape: Buffer): Buffer =>
    Buffer.concat([field(1, name), field(2, field(1, Buffer.concat([small(1, 1), field(2, shape)])))]);
  const node = Buffer.concat([field(1, 'x'), field(2, 'y'), field(4, operation), ...attributes]);
  const graph = Buffer.concat([field(1, node), field(2, 'graph'), field(11, tensor('x', from)), field(12, tensor('y', to))]);
  return Buffer.concat([small(1, 7), field(7, graph), field(8, small(2, 13))]);
}

function meanOfAll(): Buffer {
  // AttributeProto.type is field 20, whose key takes two bytes.
  const withoutDimensions = field(5, Buffer.concat([field(1, 'keepdims'), small(3, 0), Buffer.from([0xa0, 1, 2])]));
  return modelOf('ReduceMean', [withoutDimensions], shapeOf(['n', 'n', 'n', 'n', 'n']), shapeOf([]));
}

const SIDE = 24;

/** Gives back what goes in: with a threshold, an outline of what is dense. */
function identity(): Buffer {
  const crop = shapeOf([1, 1, SIDE, SIDE, SIDE]);
  return modelOf('Identity', [], crop, crop);
}

function lay(place: string, onnx: Buffer, card: string): void {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'model.onnx'), onnx);
  const digest = createHash('sha256').update(onnx).digest('hex');
  writeFileSync(join(place, 'card.toml'), card.replace('SHA256', digest));
}

/** Lays the models down below a folder of models. */
export function installModels(folder: string): void {
  const card = readFileSync(CARD, 'utf8');
  lay(join(folder, 'mean-of-crop'), meanOfAll(), card);
  const outlines = card
    .replace('"mean-of-crop"', '"dense-of-crop"')
    .replace('测试模型：平均密度', '测试模型：致密体素')
    .replace('Test model: mean density', 'Test model: dense voxels')
    .replace('nodule-probability', 'nodule-mask')
    .replace('size = [4, 4, 4]', `size = [${SIDE}, ${SIDE}, ${SIDE}]`)
    .replace('[output]', '[output]\nthreshold = 0.3');
  lay(join(folder, 'dense-of-crop'), identity(), outlines);
}
