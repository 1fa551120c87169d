/** Pictures of others in an emulated headset: one of all around in the place of the room, another part of it wherever one looks; a shared screen on a stand. */
import { expect, test, type Page } from '@playwright/test';
import type { XRDevice } from 'iwer';
import type { Stage } from '../../client/stage/stage';
import type { Headset } from '../../client/xr/headset';

declare const gallery: { readonly stage: Stage; enterXr(mode: 'vr'): Promise<Headset> };
declare global {
  interface Window {
    __yuanyiEmulateXr?: string;
    __xr?: XRDevice;
    inside: Headset;
  }
}

test.use({ viewport: { width: 240, height: 160 } });

const COLOURS = ['red', 'lime', 'blue', 'yellow'] as const;
type Colour = (typeof COLOURS)[number];

/** Lays a picture around the room: red ahead, green to the right, blue behind, yellow to the left. */
async function surround(page: Page): Promise<void> {
  await page.evaluate(async (colours) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 512, height: 256 });
    const paper = canvas.getContext('2d');
    const paint = (): void => {
      for (const [quarter, colour] of colours.entries()) {
        if (paper) paper.fillStyle = colour;
        // Its middle is ahead, and each quarter as wide to the left as to the right of its own; what is behind is cut in two.
        for (const turn of [-1, 0]) paper?.fillRect((quarter * 0.25 + 0.375 + turn) * 512, 0, 128, 256);
      }
    };
    paint();
    setInterval(paint, 200);
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream(10) });
    await video.play();
    gallery.stage.around = video;
  }, COLOURS);
}

const backdrop = (page: Page): Promise<boolean | undefined> => page.evaluate(() => gallery.stage.scene.getObjectByName('backdrop')?.visible);

/** Turns the head to the right by so many degrees. */
const turn = (page: Page, degrees: number): Promise<void> =>
  page.evaluate((angle) => {
    window.__xr?.quaternion.set(0, -Math.sin(angle / 2), 0, Math.cos(angle / 2));
  }, (degrees / 180) * Math.PI);

/** Which of the four colours most of what both eyes see has; none where it is another. */
async function seen(page: Page): Promise<Colour | undefined> {
  const shares = await page.evaluate(async () => {
    const { renderer } = gallery.stage;
    const session = renderer.xr.getSession();
    if (!session) throw new Error('nobody is inside');
    await new Promise((done) => session.requestAnimationFrame(done));
    return new Promise<number[]>((done) => {
      session.requestAnimationFrame(() => {
        const gl = renderer.getContext();
        const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
        const bytes = new Uint8Array(width * height * 4);
        gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
        const counts = [0, 0, 0, 0];
        for (let i = 0; i < bytes.length; i += 4) {
          const [red, green, blue] = [0, 1, 2].map((k) => (bytes[i + k] ?? 0) > 160);
          const which = [red && !green && !blue, !red && green && !blue, !red && !green && blue, red && green && !blue].indexOf(true);
          if (which >= 0) counts[which] = (counts[which] ?? 0) + 1;
        }
        done(counts.map((count) => count / (width * height)));
      });
    });
  });
  return COLOURS.find((_, quarter) => (shares[quarter] ?? 0) > 0.5);
}

test('a picture of all around stands in the place of the room, and shows another part wherever one looks', async ({ page }) => {
  test.setTimeout(300_000);
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.goto('/stage/dev/index.html?mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await surround(page);
  // On a screen it has a view of its own; the room stays as it is.
  await page.evaluate(() => gallery.stage.drawNow());
  expect(await backdrop(page)).toBe(true);

  await page.evaluate(async () => {
    window.inside = await gallery.enterXr('vr');
  });
  await expect.poll(() => seen(page)).toBe('red');
  expect(await backdrop(page)).toBe(false);
  for (const [degrees, colour] of [[90, 'lime'], [180, 'blue'], [270, 'yellow'], [360, 'red']] as const) {
    await turn(page, degrees);
    await expect.poll(() => seen(page), { message: `${degrees}° to the right` }).toBe(colour);
  }

  // Without it the room is there again.
  await page.evaluate(() => (gallery.stage.around = undefined));
  await expect.poll(() => seen(page)).toBeUndefined();
  expect(await backdrop(page)).toBe(true);
  await page.evaluate(() => window.inside.exit());
});

interface Stand {
  readonly shape: readonly [number, number];
  readonly frames: number;
  /** How far it is turned from the eye, in radians. */
  readonly aside: number;
}

/** The picture on the stand: its width and height in metres, how many frames of it have been drawn, and whether it faces the eye. */
const stand = (page: Page): Promise<Stand | undefined> =>
  page.evaluate(() => {
    const found = gallery.stage.scene.getObjectByName('shown picture');
    if (!found?.visible) return undefined;
    const picture = found as typeof found & { material: { map: { version: number } } };
    const { elements } = picture.matrixWorld;
    const [x, , z] = gallery.stage.eye.position_m;
    const facing = Math.atan2(elements[8] ?? NaN, elements[10] ?? NaN);
    return { shape: [picture.scale.x, picture.scale.y], frames: picture.material.map.version, aside: Math.abs(facing - Math.atan2(x - (elements[12] ?? NaN), z - (elements[14] ?? NaN))) };
  });

test('a shared screen stands in the room, in its own shape and turned to whoever looks, and is let go', async ({ page }) => {
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.goto('/stage/dev/index.html?mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const paper = canvas.getContext('2d');
    setInterval(() => paper?.fillRect(Math.random() * 320, 0, 8, 180), 100);
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream(10) });
    await video.play();
    gallery.stage.shown = { video, isScreen: true };
  });
  await expect.poll(async () => (await stand(page))?.shape[0]).toBeCloseTo(1.3, 3);
  const first = await stand(page);
  expect(first?.shape[1]).toBeCloseTo((1.3 * 180) / 320, 3);
  expect(first?.aside).toBeLessThan(0.01);
  // Each frame that comes is another picture.
  await expect.poll(async () => (await stand(page))?.frames).toBeGreaterThan((first?.frames ?? 0) + 3);
  await page.evaluate(() => (gallery.stage.shown = undefined));
  expect(await page.evaluate(() => gallery.stage.scene.getObjectByName('shown picture'))).toBeUndefined();
});
