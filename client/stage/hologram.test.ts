import { Vector3 } from 'three';
import { afterEach, expect, test, vi } from 'vitest';
import type { VolumeStore } from '../core/volume/store';
import { HOLOGRAM } from '../room/fake-hologram';
import { HologramView } from './hologram';
import { meets, pick } from './picking';
import type { Graphics } from './renderer';

test('before a scan has come nothing is seen and nothing can be pointed at, and a headset comes and goes', () => {
  const view = new HologramView(undefined, { software: true } as Graphics);
  view.hide();
  const [eye, ahead] = [new Vector3(0, 1.3, 2), new Vector3(0, 0, -1)];
  expect([view.scan, view.state, view.root.visible]).toEqual([undefined, undefined, false]);
  expect([pick(view, eye, ahead), meets(view, eye, ahead)]).toEqual([undefined, false]);
  view.castApart();
  view.restore();
  view.dispose();
  expect(() => view.store).toThrow('no scan has come');
});

afterEach(() => vi.restoreAllMocks());

test('the inside of what people cut to is asked for again where it did not come, though not each time', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  const inside = new Uint8Array(8);
  const asked = vi.fn<VolumeStore['inside']>().mockRejectedValueOnce(new Error('the server answered 503')).mockResolvedValue(inside);
  const preview = { size: [2, 2, 2], factor: [2, 2, 2] };
  const manifest = { preview, size: [4, 4, 4], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1], surfaces: [], lesions: [] };
  const view = new HologramView({ manifest, inside: asked, events: { on: () => () => undefined } } as unknown as VolumeStore, { software: true, longest3d: 512 } as Graphics);
  const cut = async (): Promise<void> => {
    view.set({ ...HOLOGRAM, within: 'heart' });
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await cut();
  await cut();
  expect([asked.mock.calls.length, view.inside]).toEqual([1, undefined]);
  now.mockReturnValue(6_000);
  await cut();
  await cut();
  expect([asked.mock.calls.length, view.inside]).toEqual([2, inside]);
  view.dispose();
});
