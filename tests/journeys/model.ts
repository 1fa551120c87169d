/** A tiny model for the slot of models: the mean of a crop, as an ONNX file made here, beside its card. */
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

function meanOfAll(): Buffer {
  // AttributeProto.type is field 20, whose key takes two bytes.
  const withoutDimensions = field(5, Buffer.concat([field(1, 'keepdims'), small(3, 0), Buffer.from([0xa0, 1, 2])]));
  const node = Buffer.concat([field(1, 'x'), field(2, 'y'), field(4, 'ReduceMean'), withoutDimensions]);
  const dimension = field(1, field(2, 'n'));
  const shape = field(2, Buffer.concat(Array.from({ length: 5 }, () => dimension)));
  const input = Buffer.concat([field(1, 'x'), field(2, field(1, Buffer.concat([small(1, 1), shape])))]);
  const scalar = Buffer.concat([small(1, 1), field(2, '')]);
  const output = Buffer.concat([field(1, 'y'), field(2, field(1, scalar))]);
  const graph = Buffer.concat([field(1, node), field(2, 'graph'), field(11, input), field(12, output)]);
  return Buffer.concat([small(1, 7), field(7, graph), field(8, small(2, 13))]);
}

/** Lays the model down below a folder of models. */
export function installModel(folder: string): void {
  const place = join(folder, 'mean-of-crop');
  mkdirSync(place, { recursive: true });
  const onnx = meanOfAll();
  writeFileSync(join(place, 'model.onnx'), onnx);
  const digest = createHash('sha256').update(onnx).digest('hex');
  writeFileSync(join(place, 'card.toml'), readFileSync(CARD, 'utf8').replace('SHA256', digest));
}
