import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSeriesVolume } from './series-volume';
import type { SeriesVolume } from './series-volume';

const surfaces = ['skin'];
const manifest = (): unknown => ({
  size: [4, 4, 4],
  spacing_mm: [1, 1, 1],
  origin_lps_mm: [0, 0, 0],
  direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  hu_range: [-1000, 100],
  preview: { size: [4, 4, 4], factor: [1, 1, 1], url: 'preview' },
  surfaces: surfaces.map((name) => ({ name, label: { zh: '', en: '' }, colour: '#fff', method: { zh: '', en: '' }, triangles: 1, url: name })),
});

let asked: number;
let volume: SeriesVolume;
let leave: () => void;
const settle = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  asked = 0;
  vi.stubGlobal('fetch', (url: string) => {
    if (url !== '/api/series/1.2.3/volume') return Promise.reject(new TypeError('nothing else is here'));
    asked += 1;
    return Promise.resolve(new Response(JSON.stringify(manifest())));
  });
  createRoot((dispose) => {
    volume = createSeriesVolume('1.2.3');
    leave = dispose;
  });
  await settle();
});

afterEach(() => {
  leave();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('asks once for images that arrive one by one, and hears of what came last', async () => {
  expect(asked).toBe(1);
  for (let image = 0; image < 300; image++) {
    if (image === 299) surfaces.push('lesion-nodule-1');
    volume.renew();
    await settle(5);
  }
  await settle(2_000);
  expect(asked).toBeLessThanOrEqual(1 + 2);
  expect(volume.manifest()?.surfaces.map(({ name }) => name)).toEqual(['skin', 'lesion-nodule-1']);
  volume.renew();
  leave();
  await settle(2_000);
  expect(asked, 'after it was left').toBeLessThanOrEqual(1 + 2);
});
