import { MeshoptEncoder } from 'meshoptimizer';
import type { Vec3 } from '../../core/frames';
import { encodeHu } from '../../core/volume/decode';
import type { VolumeManifest } from '../../core/volume/manifest';

const SIZE = [96, 80, 72] as const;
const MM = 3;
const ORIGIN: Vec3 = [-144, -120, -108];
const FACTOR = [2, 2, 2] as const;
const LESION: Vec3 = [-66, -20, 20];
const LESION_RADIUS = 11;

/** HU of a chest made of simple bodies: trunk, two lungs, spine, ribs, heart, a nodule in the right lung. */
function huAt(x: number, y: number, z: number): number {
  const near = (c: Vec3, r: number): boolean => Math.hypot(x - c[0], y - c[1], z - c[2]) < r;
  const trunk = Math.hypot(x / 128, y / 88);
  if (trunk > 1) return -1000;
  if (Math.hypot(x, y - 62) < 16) return 650;
  if (near(LESION, LESION_RADIUS)) return 45;
  if (Math.abs(trunk - 0.87) < 0.035 && Math.abs(((z + 200) % 30) - 15) < 5) return 500;
  if (Math.hypot((x - 18) / 46, (y + 16) / 38, (z + 30) / 42) < 1) return 320;
  const lung = (side: number): boolean => Math.hypot((x - side * 62) / 44, (y - 2) / 58, z / 92) < 1;
  if (lung(1) || lung(-1)) return -840 + 30 * Math.sin(x / 7) * Math.sin(y / 9);
  return trunk > 0.92 ? -90 : 45;
}

function volume(size: Vec3, step: Vec3): Int16Array {
  const hu = new Int16Array(size[0] * size[1] * size[2]);
  let i = 0;
  for (let z = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++)
      for (let x = 0; x < size[0]; x++) {
        const at = [x, y, z].map((v, k) => (ORIGIN[k] ?? 0) + ((v + 0.5) * (step[k] ?? 1) - 0.5) * MM);
        hu[i++] = huAt(at[0] ?? 0, at[1] ?? 0, at[2] ?? 0);
      }
  return hu;
}

/** A ball as a surface file, as crate `volume` lays it out. */
async function ball(centre: Vec3, radius: number): Promise<ArrayBuffer> {
  await MeshoptEncoder.ready;
  const [rows, columns] = [16, 24];
  const vertices = new Uint8Array((rows + 1) * columns * 12);
  const view = new DataView(vertices.buffer);
  for (let r = 0; r <= rows; r++)
    for (let c = 0; c < columns; c++) {
      const [polar, turn] = [(r / rows) * Math.PI, (c / columns) * 2 * Math.PI];
      const n = [Math.sin(polar) * Math.cos(turn), Math.sin(polar) * Math.sin(turn), Math.cos(polar)];
      n.forEach((v, k) => {
        view.setInt16((r * columns + c) * 12 + k * 2, Math.round((v / 2 + 0.5) * 65535 - 32768), true);
        view.setInt8((r * columns + c) * 12 + 8 + k, Math.round(v * 127));
      });
    }
  const indices: number[] = [];
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const [a, b] = [r * columns + c, r * columns + ((c + 1) % columns)];
      indices.push(a, a + columns, b, b, a + columns, b + columns);
    }
  const vertexPart = MeshoptEncoder.encodeVertexBuffer(vertices, vertices.length / 12, 12);
  const indexPart = MeshoptEncoder.encodeIndexBuffer(new Uint8Array(Uint32Array.from(indices).buffer), indices.length, 4);
  const file = new Uint8Array(44 + vertexPart.length + indexPart.length);
  const head = new DataView(file.buffer);
  [...'YSF1'].forEach((letter, i) => head.setUint8(i, letter.charCodeAt(0)));
  head.setUint32(4, vertices.length / 12, true);
  head.setUint32(8, indices.length, true);
  for (const k of [0, 1, 2]) {
    head.setFloat32(12 + k * 4, (centre[k] ?? 0) - radius, true);
    head.setFloat32(24 + k * 4, (centre[k] ?? 0) + radius, true);
  }
  head.setUint32(36, vertexPart.length, true);
  file.set(vertexPart, 40);
  head.setUint32(40 + vertexPart.length, indexPart.length, true);
  file.set(indexPart, 44 + vertexPart.length);
  return file.buffer;
}

/** A made-up chest that needs no server: its manifest, and a `fetch` that knows its parts. */
export function phantom(): { manifest: VolumeManifest; fetch: typeof fetch } {
  const hu = volume(SIZE, [1, 1, 1]);
  const bricks = [0, 64].flatMap((z) => [0, 64].flatMap((y) => [0, 64].map((x) => [x, y, z] as const))).map((origin) => {
    const size = origin.map((o, i) => Math.min(64, (SIZE[i] ?? 0) - o)) as unknown as Vec3;
    return { origin, size, bytes: size[0] * size[1] * size[2] * 2, hu_range: [-1000, 650] as const, url: `brick/${origin.join('-')}` };
  });
  const small = SIZE.map((n, i) => Math.ceil(n / (FACTOR[i] ?? 1))) as unknown as Vec3;
  const manifest: VolumeManifest = {
    series: '2.25.1', patient: 'phantom', size: SIZE, spacing_mm: [MM, MM, MM], origin_lps_mm: ORIGIN, direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    hu_range: [-1000, 650], notices: [], brick: 64, preview: { size: small, factor: FACTOR, url: 'preview' }, bricks,
    surfaces: [{ name: 'lesion-1', label: { zh: '结节', en: 'Nodule' }, colour: '#f5c518', method: { zh: '几何', en: 'by construction' }, triangles: 768, url: 'lesion' }],
    lesions: [{ id: '1', label: { zh: '结节', en: 'Nodule' }, source: 'by construction', surface: 'lesion-1', centre_lps_mm: LESION, box_lps_mm: [...LESION.map((c) => c - LESION_RADIUS), ...LESION.map((c) => c + LESION_RADIUS)], volume_mm3: (4 / 3) * Math.PI * LESION_RADIUS ** 3, long_axis_mm: 2 * LESION_RADIUS, short_axis_mm: 2 * LESION_RADIUS, mean_diameter_mm: 2 * LESION_RADIUS }],
  };
  const part = async (name: string): Promise<BodyInit> => {
    if (name === 'preview') return encodeHu(volume(small, FACTOR), small) as Uint8Array<ArrayBuffer>;
    if (name === 'lesion') return ball(LESION, LESION_RADIUS);
    const brick = bricks.find((b) => b.url === name);
    return brick ? (encodeHu(cut(hu, brick.origin, brick.size), brick.size) as Uint8Array<ArrayBuffer>) : '';
  };
  return { manifest, fetch: async (url) => new Response(await part(new URL(String(url)).pathname.replace('/phantom/', ''))) };
}

function cut(hu: Int16Array, origin: Vec3, size: Vec3): Int16Array {
  const out = new Int16Array(size[0] * size[1] * size[2]);
  for (let z = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++) {
      const from = ((origin[2] + z) * SIZE[1] + origin[1] + y) * SIZE[0] + origin[0];
      out.set(hu.subarray(from, from + size[0]), (z * size[1] + y) * size[0]);
    }
  return out;
}
