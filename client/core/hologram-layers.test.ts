import { expect, test } from 'vitest';
import { HOLOGRAM } from '../room/fake-hologram';
import { layerOf } from './hologram-layers';

test('surfaces are shown whole until somebody changes that, skin only once somebody asks for it', () => {
  expect(layerOf(undefined, 'bones')).toEqual({ visible: true, opacity: 1 });
  expect(layerOf({ ...HOLOGRAM, layers: {} }, 'skin')).toEqual({ visible: false, opacity: 1 });
  const layers = { skin: { visible: true, opacity: 0.35 } };
  expect(layerOf({ ...HOLOGRAM, layers }, 'skin')).toEqual(layers.skin);
});
