/** Meshes made few in triangles and packed as GLB, for the models that `props.mjs` and `organs.mjs` make. */
import { MeshoptEncoder, MeshoptSimplifier } from 'meshoptimizer';
import { Vector3 } from 'three';

await MeshoptEncoder.ready;
await MeshoptSimplifier.ready;

/** Fewer triangles, with edges and colours kept where they can be. */
export function simplified(geometry, most) {
  const indices = Uint32Array.from(geometry.index.array);
  if (indices.length / 3 <= most) return indices;
  const [normals, colours] = [geometry.getAttribute('normal').array, geometry.getAttribute('color').array];
  const extra = new Float32Array((normals.length / 3) * 6);
  for (let i = 0; i < normals.length / 3; i++) {
    extra.set(normals.subarray(i * 3, i * 3 + 3), i * 6);
    extra.set(colours.subarray(i * 3, i * 3 + 3), i * 6 + 3);
  }
  const at = geometry.getAttribute('position').array;
  const [kept] = MeshoptSimplifier.simplifyWithAttributes(indices, at, 3, extra, 6, [0.3, 0.3, 0.3, 0.6, 0.6, 0.6], null, most * 3, 0.5, ['Permissive']);
  if (kept.length / 3 <= most * 1.15) return kept;
  return MeshoptSimplifier.simplifySloppy(kept, at, 3, null, most * 3, 0.5)[0];
}

const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** Packs a mesh as GLB: positions in 16 bits, normals and colours in 8, all meshopt-coded. */
export function glb(geometry, indices) {
  const [order, count] = MeshoptEncoder.reorderMesh(indices, true, true);
  const box = geometry.boundingBox ?? (geometry.computeBoundingBox(), geometry.boundingBox);
  const half = box.getSize(new Vector3()).multiplyScalar(0.5);
  const edge = Math.max(half.x, half.y, half.z);
  const middle = box.getCenter(new Vector3());
  const streams = { POSITION: [new Uint8Array(count * 8), 8], NORMAL: [new Uint8Array(count * 4), 4], COLOR_0: [new Uint8Array(count * 4), 4] };
  const view = Object.fromEntries(Object.entries(streams).map(([name, [bytes]]) => [name, new DataView(bytes.buffer)]));
  const [least, most] = [[32767, 32767, 32767], [-32767, -32767, -32767]];
  for (const [from, to] of order.entries()) {
    if (to === 0xffffffff) continue;
    for (const k of [0, 1, 2]) {
      const at = Math.round(((geometry.getAttribute('position').getComponent(from, k) - middle.getComponent(k)) / edge) * 32767);
      view.POSITION.setInt16(to * 8 + k * 2, at, true);
      [least[k], most[k]] = [Math.min(least[k], at), Math.max(most[k], at)];
      view.NORMAL.setInt8(to * 4 + k, Math.round(geometry.getAttribute('normal').getComponent(from, k) * 127));
      view.COLOR_0.setUint8(to * 4 + k, Math.round(geometry.getAttribute('color').getComponent(from, k) * 255));
    }
    view.COLOR_0.setUint8(to * 4 + 3, 255);
  }
  const parts = [];
  let offset = 0;
  let raw = 0;
  const bufferViews = [];
  const add = (coded, length, stride, n, mode, target) => {
    const extension = { buffer: 0, byteOffset: offset, byteLength: coded.length, ...(stride ? { byteStride: stride } : {}), mode, count: n };
    bufferViews.push({ buffer: 1, byteOffset: raw, byteLength: length, target, ...(mode === 'ATTRIBUTES' ? { byteStride: stride } : {}), extensions: { EXT_meshopt_compression: extension } });
    parts.push(padded(Buffer.from(coded)));
    offset += parts.at(-1).length;
    raw += length + ((4 - (length % 4)) % 4);
  };
  for (const [bytes, stride] of Object.values(streams)) add(MeshoptEncoder.encodeVertexBuffer(bytes, count, stride), bytes.length, stride, count, 'ATTRIBUTES', 34962);
  const short = Uint16Array.from(indices);
  add(MeshoptEncoder.encodeIndexBuffer(new Uint8Array(short.buffer), indices.length, 2), short.byteLength, 2, indices.length, 'TRIANGLES', 34963);
  const json = {
    asset: { version: '2.0' },
    extensionsUsed: ['KHR_mesh_quantization', 'EXT_meshopt_compression'],
    extensionsRequired: ['KHR_mesh_quantization', 'EXT_meshopt_compression'],
    buffers: [{ byteLength: offset }, { byteLength: raw, extensions: { EXT_meshopt_compression: { fallback: true } } }],
    bufferViews,
    accessors: [
      { bufferView: 0, componentType: 5122, normalized: true, count, type: 'VEC3', min: least, max: most },
      { bufferView: 1, componentType: 5120, normalized: true, count, type: 'VEC3' },
      { bufferView: 2, componentType: 5121, normalized: true, count, type: 'VEC4' },
      { bufferView: 3, componentType: 5123, count: indices.length, type: 'SCALAR' },
    ],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, NORMAL: 1, COLOR_0: 2 }, indices: 3 }] }],
    nodes: [{ mesh: 0, scale: [edge, edge, edge], translation: middle.toArray() }],
    scenes: [{ nodes: [0] }],
    scene: 0,
  };
  const words = Buffer.from(JSON.stringify(json));
  const head = Buffer.concat([words, Buffer.alloc((4 - (words.length % 4)) % 4, 0x20)]);
  const body = Buffer.concat(parts);
  const number = (...values) => Buffer.from(Uint32Array.from(values).buffer);
  return Buffer.concat([number(0x46546c67, 2, 28 + head.length + body.length), number(head.length, 0x4e4f534a), head, number(body.length, 0x004e4942), body]);
}
