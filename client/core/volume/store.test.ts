import { expect, it } from 'vitest';
import { parseManifest } from './manifest';
import { VolumeStore } from './store';

const manifest = (size: number, surfaces: readonly string[]): unknown => ({
  size: [size, 4, 4],
  spacing_mm: [1, 1, 1],
  origin_lps_mm: [0, 0, 0],
  direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  hu_range: [-1000, 100],
  preview: { size: [4, 4, 4], factor: [1, 1, 1], url: 'preview' },
  surfaces: surfaces.map((name) => ({ name, label: { zh: '', en: '' }, colour: '#fff', method: { zh: '', en: '' }, triangles: 1, url: name })),
});

it('takes over surfaces of the same voxels, and of no others', () => {
  const store = new VolumeStore(parseManifest(manifest(4, ['skin'])), { baseUrl: '' });
  const told: number[] = [];
  store.events.on('structures', ({ surfaces }) => told.push(surfaces.length));
  store.adopt(parseManifest(manifest(5, ['skin', 'other'])));
  store.adopt(parseManifest(manifest(4, ['skin', 'lesion-nodule-1'])));
  expect(told).toEqual([2]);
  expect(store.manifest.surfaces.map(({ name }) => name)).toEqual(['skin', 'lesion-nodule-1']);
});
