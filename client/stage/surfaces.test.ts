import { expect, test } from 'vitest';
import type { VolumeStore } from '../core/volume/store';
import { HOLOGRAM } from '../room/fake-hologram';
import { Surfaces } from './surfaces';

const surfaces = ['heart', 'lesion-1'].map((name) => ({ name, colour: '#ffffff' }));
const preview = { size: [4, 4, 4], factor: [10, 10, 1] };
const manifest = { preview, size: [40, 40, 4], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1], surfaces, lesions: [{ surface: 'lesion-1' }] };
const WALL = { positions_lps_mm: Float32Array.from([10, 0, 0, 10, 0, 3, 10, 39, 0]), normals_lps: new Float32Array(9), indices: Uint32Array.from([0, 1, 2]) };
const store = { manifest, preview, surface: () => Promise.resolve(WALL), events: { on: () => () => undefined } } as unknown as VolumeStore;

test('lesions are seen until the inside of what people cut to says that they lie outside of it', async () => {
  const shown = new Surfaces(store, [], false);
  shown.set({ ...HOLOGRAM, mode: 'surfaces' });
  await Promise.resolve();
  await Promise.resolve();
  const seen = (): readonly string[] => shown.meshes.map(({ name }) => name);
  shown.setInside('heart', undefined);
  expect(seen()).toEqual(['heart', 'lesion-1']);
  shown.setInside('heart', new Uint8Array(64));
  expect(seen()).toEqual(['heart']);
  shown.dispose();
});
