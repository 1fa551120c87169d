import { Vector3 } from 'three';
import { expect, test } from 'vitest';
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
