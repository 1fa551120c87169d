import { expect, test } from 'vitest';
import { HOLOGRAM } from '../room/fake-hologram';
import { drawnLayer, layerOf } from './hologram-layers';

test('surfaces are shown whole until somebody changes that, skin only once somebody asks for it', () => {
  expect(layerOf(undefined, 'bones')).toEqual({ visible: true, opacity: 1 });
  expect(layerOf({ ...HOLOGRAM, layers: {} }, 'skin')).toEqual({ visible: false, opacity: 1 });
  const layers = { skin: { visible: true, opacity: 0.35 } };
  expect(layerOf({ ...HOLOGRAM, layers }, 'skin')).toEqual(layers.skin);
});

test('one that stands alone is drawn whatever was hidden; beside the volume only lesions are', () => {
  const seen = (parts: Partial<Parameters<typeof drawnLayer>[0]>, name: string, isLesion = false): boolean => drawnLayer({ mode: 'both', layers: {}, ...parts }, name, isLesion).visible;
  expect([seen({}, 'bones'), seen({}, 'skin')]).toEqual([true, false]);
  expect([seen({ mode: 'volume' }, 'bones'), seen({ mode: 'volume' }, 'lesion-1', true), seen({ mode: 'volume', apart: 0.5 }, 'bones')]).toEqual([false, true, true]);
  const layers = { bones: { visible: false, opacity: 1 }, heart: { visible: true, opacity: 0 } };
  expect([seen({ layers }, 'bones'), seen({ layers }, 'heart')]).toEqual([false, false]);
  expect([seen({ layers, only: 'bones', mode: 'volume' }, 'bones'), seen({ layers, only: 'bones' }, 'aorta')]).toEqual([true, false]);
});
