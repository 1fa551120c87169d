/** A drawn person before the detector that looks at webcams: it sees how they turn, nod and open the mouth. */
import { expect, test, type Page } from '@playwright/test';
import type { FaceDetector } from '../../client/face/detector';
import type { FaceSeen } from '../../client/face/seen';
import type { LocalRoom } from '../../client/stage/dev/local-room';
import type { Stage } from '../../client/stage/stage';

declare const gallery: { readonly stage: Stage; readonly room: LocalRoom; pixels(width: number, height: number): number[] };
declare global {
  interface Window {
    drawn: { turn_deg: number; nod_deg: number; mouth: number };
    detector: FaceDetector;
  }
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** Draws the person so, and says what the detector sees of them. */
async function seen(page: Page, drawn: Partial<Window['drawn']>): Promise<FaceSeen> {
  const face = await page.evaluate(async (how) => {
    window.drawn = { turn_deg: 0, nod_deg: 0, mouth: 0, ...how };
    // The pose is taken in with a frame.
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    // The middle of the picture, as high as it is, twice as large.
    const { clientWidth, clientHeight } = gallery.stage.renderer.domElement;
    const [wide, side] = [Math.round((320 * clientWidth) / clientHeight), 320];
    const all = gallery.pixels(wide, side);
    const from = Math.floor((wide - side) / 2);
    const data = new Uint8ClampedArray(side * side * 4);
    for (let row = 0; row < side; row++) data.set(all.slice((row * wide + from) * 4, (row * wide + from + side) * 4), row * side * 4);
    return (await window.detector.look({ data, width: side, height: side })).face;
  }, drawn);
  if (!face) throw new Error('no face is seen');
  return face;
}

test('a drawn face is seen to turn, to nod and to open its mouth, each the right way', async ({ page }) => {
  test.setTimeout(600_000);
  await page.goto('/stage/dev/index.html?figures&mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await page.evaluate(async () => {
    gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } });
    window.drawn = { turn_deg: 0, nod_deg: 0, mouth: 0 };
    gallery.room.join({ id: 'face', name: 'Face' }, () => {
      const { turn_deg, nod_deg, mouth } = window.drawn;
      const [turn, nod] = [Math.PI + (turn_deg * Math.PI) / 180, (nod_deg * Math.PI) / 180].map((angle) => angle / 2) as [number, number];
      // About the vertical first, then up or down; half a turn looks into the camera.
      const rotation = [Math.cos(turn) * Math.sin(nod), Math.sin(turn) * Math.cos(nod), -Math.sin(turn) * Math.sin(nod), Math.cos(turn) * Math.cos(nod)] as const;
      return { head: { position_m: [0, 1.36, 1.1], rotation }, left: null, right: null, pointer: null, mouth };
    });
    const { FaceDetector: Detector } = (await import('/face/detector.ts' as string)) as { FaceDetector: { load(backend: 'webgl', models: string): Promise<FaceDetector> } };
    window.detector = await Detector.load('webgl', `${location.origin}/face/`);
  });
  await page.waitForFunction(() => gallery.stage.scene.getObjectByName('LeftEye') !== undefined, undefined, { timeout: 60_000 });
  const straight = await seen(page, {});
  const [left, right] = [await seen(page, { turn_deg: 25 }), await seen(page, { turn_deg: -25 })];
  const turned = [left, right].map(({ turn_rad }) => degrees(turn_rad - straight.turn_rad));
  const [up, down] = [await seen(page, { nod_deg: 15 }), await seen(page, { nod_deg: -15 })];
  const nodded = [up, down].map(({ nod_rad }) => degrees(nod_rad - straight.nod_rad));
  // Within a third of what they are: a webcam measures no angles.
  for (const [i, angle] of [25, -25].entries()) expect(Math.abs((turned[i] ?? NaN) - angle)).toBeLessThan(8);
  for (const [i, angle] of [15, -15].entries()) expect(Math.abs((nodded[i] ?? NaN) - angle)).toBeLessThan(8);
  const [shut, open] = [await seen(page, { mouth: 0 }), await seen(page, { mouth: 1 })];
  expect(shut.mouth).toBeLessThan(0.25);
  expect(open.mouth).toBeGreaterThan(shut.mouth + 0.3);
});
