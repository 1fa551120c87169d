import { MeshoptEncoder } from 'meshoptimizer';
import { expect, it } from 'vitest';
import { DecodeError } from './decode';
import { decodeSurface } from './surface-file';

/** One triangle between the box's corners, written by the layout of crate `volume`. */
async function file(): Promise<Uint8Array<ArrayBuffer>> {
  await MeshoptEncoder.ready;
  const vertices = new DataView(new ArrayBuffer(36));
  const steps = [[-32768, -32768, -32768], [32767, -32768, 32767], [-32768, 32767, 0]];
  steps.forEach((xyz, v) => {
    xyz.forEach((q, i) => vertices.setInt16(v * 12 + i * 2, q, true));
    vertices.setInt8(v * 12 + 10, -127);
  });
  const parts = [MeshoptEncoder.encodeVertexBuffer(new Uint8Array(vertices.buffer), 3, 12), MeshoptEncoder.encodeIndexBuffer(new Uint8Array(Uint32Array.of(0, 1, 2).buffer), 3, 4)];
  const head = new DataView(new ArrayBuffer(36));
  head.setUint32(0, 0x31465359, true);
  head.setUint32(4, 3, true);
  head.setUint32(8, 3, true);
  [-10, -20, 600, 30, 40, 700].forEach((c, i) => head.setFloat32(12 + i * 4, c, true));
  const length = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
  const bytes = [new Uint8Array(head.buffer), ...parts.flatMap((part) => [length(part.length), part])];
  return Uint8Array.from(bytes.flatMap((b) => [...b]));
}

it('reads positions between the corners of the box, and normals', async () => {
  const { positions_lps_mm: p, normals_lps: n, indices } = await decodeSurface((await file()).buffer);
  [-10, -20, 600, 30, -20, 700, -10, 40].forEach((value, i) => expect(p[i]).toBeCloseTo(value, 4));
  expect(p[8]).toBeCloseTo(650, 2);
  expect([...n.slice(0, 3)]).toEqual([0, 0, -1]);
  expect([...indices].sort()).toEqual([0, 1, 2]);
});

it('refuses what is cut short or something else', async () => {
  const whole = await file();
  await expect(decodeSurface(whole.slice(0, whole.length - 3).buffer)).rejects.toThrow(DecodeError);
  await expect(decodeSurface(whole.slice(0, 20).buffer)).rejects.toThrow(DecodeError);
  await expect(decodeSurface(whole.map((b, i) => (i === 0 ? 0 : b)).buffer)).rejects.toThrow(DecodeError);
});
