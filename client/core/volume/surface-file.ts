import { MeshoptDecoder } from 'meshoptimizer';
import type { Vec3 } from '../frames';
import { DecodeError } from './decode';

/** Triangles in LPS millimetres. */
export interface SurfaceMesh {
  readonly positions_lps_mm: Float32Array;
  readonly normals_lps: Float32Array;
  readonly indices: Uint32Array;
}

const MAGIC = 0x31465359; // "YSF1", little endian
const VERTEX_BYTES = 12;
const HEADER_BYTES = 4 + 4 + 4 + 6 * 4;
const MAX_VERTICES = 8_000_000;

/** Reads a surface file; its layout is that of `crates/volume/src/surface_file.rs`. */
export async function decodeSurface(bytes: ArrayBuffer): Promise<SurfaceMesh> {
  await MeshoptDecoder.ready;
  const view = new DataView(bytes);
  if (bytes.byteLength < HEADER_BYTES + 8 || view.getUint32(0, true) !== MAGIC)
    throw new DecodeError('no surface file');
  const vertices = view.getUint32(4, true);
  const indices = view.getUint32(8, true);
  if (vertices > MAX_VERTICES || indices > MAX_VERTICES * 6 || indices % 3 !== 0)
    throw new DecodeError('surface file with impossible counts');
  const box = Array.from({ length: 6 }, (_, i) => view.getFloat32(12 + i * 4, true));
  const vertexPart = part(bytes, view, HEADER_BYTES);
  const indexPart = part(bytes, view, HEADER_BYTES + 4 + vertexPart.length);
  const packed = new Uint8Array(vertices * VERTEX_BYTES);
  const triangles = new Uint32Array(indices);
  MeshoptDecoder.decodeVertexBuffer(packed, vertices, VERTEX_BYTES, vertexPart);
  MeshoptDecoder.decodeIndexBuffer(new Uint8Array(triangles.buffer), indices, 4, indexPart);
  return { ...unpack(packed, vertices, box), indices: triangles };
}

function part(bytes: ArrayBuffer, view: DataView, at: number): Uint8Array {
  const length = at + 4 <= bytes.byteLength ? view.getUint32(at, true) : Infinity;
  if (at + 4 + length > bytes.byteLength) throw new DecodeError('surface file cut short');
  return new Uint8Array(bytes, at + 4, length);
}

/** Positions are 65536 steps from the box's least to its greatest corner; normals signed bytes. */
function unpack(packed: Uint8Array, vertices: number, box: number[]): Omit<SurfaceMesh, 'indices'> {
  const view = new DataView(packed.buffer);
  const positions = new Float32Array(vertices * 3);
  const normals = new Float32Array(vertices * 3);
  const least = [0, 1, 2].map((i) => box[i] ?? 0) as unknown as Vec3;
  const span = [0, 1, 2].map((i) => (box[i + 3] ?? 0) - (box[i] ?? 0)) as unknown as Vec3;
  for (let v = 0; v < vertices; v++)
    for (const i of [0, 1, 2] as const) {
      positions[v * 3 + i] = least[i] + ((view.getInt16(v * VERTEX_BYTES + i * 2, true) + 32768) / 65535) * span[i];
      normals[v * 3 + i] = view.getInt8(v * VERTEX_BYTES + 8 + i) / 127;
    }
  return { positions_lps_mm: positions, normals_lps: normals };
}
