/** Drawn hands before the detector that looks at webcams: which is which, how fingers are bent, and where they are. */
import { expect, test, type Page } from '@playwright/test';
import type { FaceDetector, Picture } from '../../client/face/detector';
import type { HandDetector } from '../../client/face/hand-detector';
import type { handOf, sided, Side } from '../../client/face/hands-following';
import type { Webcam } from '../../client/face/webcam';
import type { LocalRoom } from '../../client/stage/dev/local-room';
import type { SeenHand } from '../../client/stage/seats';
import type { Stage } from '../../client/stage/stage';

declare const gallery: { readonly stage: Stage; readonly room: LocalRoom; readonly webcam: Webcam; pixels(width: number, height: number): number[] };
interface Raised {
  /** From the eyes, in the terms of whoever is drawn: to the right, up and back. */
  readonly at_m: readonly [number, number, number];
  /** All fingers: 0 straight, 1 a fist. */
  readonly curl: number;
}
declare global {
  interface Window {
    raised: Partial<Record<Side, Raised>>;
    picture: Picture;
    hands: { readonly faces: FaceDetector; readonly found: HandDetector; readonly handOf: typeof handOf; readonly sided: typeof sided };
  }
}

/** Draws somebody with these hands up, as a camera sees them: the middle of the picture, as wide as it is high. */
async function draw(page: Page, raised: Partial<Record<Side, Raised>>): Promise<void> {
  await page.evaluate(async (raised) => {
    window.raised = raised;
    for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
    const { clientWidth, clientHeight } = gallery.stage.renderer.domElement;
    const [wide, side] = [Math.round((480 * clientWidth) / clientHeight), 480];
    const all = gallery.pixels(wide, side);
    const from = Math.floor((wide - side) / 2);
    const data = new Uint8ClampedArray(side * side * 4);
    for (let row = 0; row < side; row++) data.set(all.slice((row * wide + from) * 4, (row * wide + from + side) * 4), row * side * 4);
    window.picture = { data, width: side, height: side };
  }, raised);
}

/** What is seen in that picture, once as many hands are found as are wanted. */
async function seen(page: Page, wanted: number): Promise<Partial<Record<Side, SeenHand>>> {
  return page.evaluate(async (wanted) => {
    const { faces, found, handOf, sided } = window.hands;
    const { face } = await faces.look(window.picture);
    if (!face) throw new Error('no face is seen');
    let looked: Awaited<ReturnType<typeof found.look>> = [];
    // Hands that are lost are searched for again only after a while.
    for (let i = 0; i < 60 && looked.length < wanted; i++) {
      if (i > 1) await new Promise((go) => setTimeout(go, 1_000));
      looked = await found.look(window.picture, performance.now());
    }
    return Object.fromEntries(sided(looked).map(([side, hand]) => [side, handOf(hand, side, face)]));
  }, wanted);
}

const AT_M = { left: [-0.2, -0.1, -0.15], right: [0.2, -0.1, -0.15] } as const;
const bothOf = (curl: number): Record<Side, Raised> => ({ left: { at_m: AT_M.left, curl }, right: { at_m: AT_M.right, curl } });
/** How far the four fingers are bent, without the thumb. */
const bent = (hand: SeenHand | undefined): number => (hand ? hand.fingers.curls.slice(1).reduce((sum, curl) => sum + curl, 0) / 4 : NaN);

test('drawn hands are told apart and seen where they are, open or as fists, and move the own hands by the webcam', async ({ page }) => {
  test.setTimeout(600_000);
  await page.setViewportSize({ width: 640, height: 960 });
  await page.goto('/stage/dev/index.html?figures&mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await page.evaluate(async () => {
    gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } });
    window.raised = {};
    const eyes = [0, 1.44, 1] as const;
    gallery.room.join({ id: 'face', name: 'Face' }, () => {
      const hand = (raised: Raised | undefined) => {
        if (!raised) return null;
        const { at_m, curl } = raised;
        // Whoever looks into the camera has their right at −x. Fingers up and palm to the camera: a quarter turn about x, half a turn about y.
        const fingers = { curls: [curl, curl, curl, curl, curl] as const, spread: curl < 0.5 ? 0.5 : 0 };
        return { position_m: [eyes[0] - at_m[0], eyes[1] + at_m[1], eyes[2] - at_m[2]] as const, rotation: [0, Math.SQRT1_2, -Math.SQRT1_2, 0] as const, fingers };
      };
      return { head: { position_m: eyes, rotation: [0, 1, 0, 0] }, left: hand(window.raised.left), right: hand(window.raised.right), pointer: null };
    });
    const faces = (await import('/face/detector.ts' as string)) as { FaceDetector: { load(backend: 'webgl', models: string): Promise<FaceDetector> } };
    const hands = (await import('/face/hand-detector.ts' as string)) as { HandDetector: { load(backend: 'webgl', models: string): Promise<HandDetector> } };
    const following = (await import('/face/hands-following.ts' as string)) as Pick<Window['hands'], 'handOf' | 'sided'>;
    const models = `${location.origin}/face/`;
    window.hands = { faces: await faces.FaceDetector.load('webgl', models), found: await hands.HandDetector.load('webgl', models), handOf: following.handOf, sided: following.sided };
  });
  await page.waitForFunction(() => gallery.stage.scene.getObjectByName('LeftEye') !== undefined, undefined, { timeout: 60_000 });

  await draw(page, bothOf(0));
  const open = await seen(page, 2);
  for (const side of ['left', 'right'] as const) {
    const at = open[side]?.at_m ?? [NaN, NaN, NaN];
    // A webcam measures no distances: within a hand's width aside and up, and its length to the camera.
    expect(Math.abs(at[0] - AT_M[side][0])).toBeLessThan(0.08);
    expect(Math.abs(at[1] - AT_M[side][1])).toBeLessThan(0.08);
    expect(Math.abs(at[2] - AT_M[side][2])).toBeLessThan(0.19);
    expect(bent(open[side])).toBeLessThan(0.4);
  }
  await draw(page, bothOf(1));
  const fists = Object.entries(await seen(page, 1)) as [Side, SeenHand][];
  expect(fists.length).toBeGreaterThan(0);
  for (const [side, fist] of fists) expect(bent(fist)).toBeGreaterThan(bent(open[side]) + 0.3);

  // The same picture before the webcam: by its worker to the pose that others get, and away again with it.
  await draw(page, bothOf(0));
  await page.evaluate(async () => {
    const { data, width, height } = window.picture;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const paper = canvas.getContext('2d');
    setInterval(() => paper?.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0), 100);
    navigator.mediaDevices.getUserMedia = () => Promise.resolve(canvas.captureStream(10));
    void gallery.webcam.followHands(true);
    await gallery.webcam.start();
  });
  const own = (): Promise<[boolean, boolean]> => page.evaluate(() => [Boolean(gallery.room.own?.left), Boolean(gallery.room.own?.right)]);
  await expect.poll(own, { timeout: 180_000 }).toEqual([true, true]);
  await page.evaluate(() => gallery.webcam.stop());
  await expect.poll(own, { timeout: 20_000 }).toEqual([false, false]);
});
