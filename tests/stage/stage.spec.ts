import { expect, test, type Page } from '@playwright/test';
import type { Stage } from '../../client/stage/stage';
import type { LocalRoom } from '../../client/stage/dev/local-room';

interface Gallery {
  readonly stage: Stage;
  readonly room: LocalRoom;
  pixels(width: number, height: number): number[];
}
declare const gallery: Gallery;

const [W, H] = [120, 80];

/** The stage once the whole volume has come and its fine picture stands. */
async function open(page: Page, query = ''): Promise<void> {
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.goto(`/stage/dev/index.html?${query}`);
  await settled(page);
}

async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready' && !gallery.stage.refining, undefined, { timeout: 60_000 });
}

const pixels = (page: Page): Promise<number[]> => page.evaluate(([w, h]) => gallery.pixels(w, h), [W, H] as const);

/** How many of the pixels in the middle half differ clearly. */
function changed(a: number[], b: number[]): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 4) if ([0, 1, 2].some((k) => Math.abs((a[i + k] ?? 0) - (b[i + k] ?? 0)) > 24)) count += 1;
  return count;
}

test('the volume is drawn, turns for everybody, and shows its lesion', async ({ page }) => {
  await open(page, 'preset=bone');
  const front = await pixels(page);

  await page.evaluate(() => gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } }));
  await page.waitForTimeout(600);
  const without = await pixels(page);
  expect(changed(front, without)).toBeGreaterThan(W * H * 0.04);

  await page.evaluate(() => gallery.stage.set({ layers: { lesions: { visible: false, opacity: 1 }, 'lesion-1': { visible: false, opacity: 1 } } }));
  await page.waitForTimeout(600);
  expect(changed(without, await pixels(page))).toBeGreaterThan(20);

  await page.evaluate(() => gallery.stage.set({ layers: { volume: { visible: true, opacity: 1 } } }));
  await page.evaluate(() => gallery.stage.turn(70));
  await page.waitForTimeout(600);
  await settled(page);
  expect(changed(front, await pixels(page))).toBeGreaterThan(W * H * 0.03);
  const acts = await page.evaluate(() => gallery.room.acts.map((act) => act.act));
  expect(acts).toContain('grab');
  expect(acts.at(-1)).toBe('release');
});

test('a length is measured by keyboard alone', async ({ page }) => {
  await open(page);
  await page.locator('#stage').focus();
  for (const key of ['3', 'Enter', 'Shift+ArrowRight', 'Shift+ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  const measured = await page.evaluate(() => {
    const add = gallery.room.acts.find((act) => act.act === 'add');
    return add?.act === 'add' && add.entity.type === 'measure' ? add.entity.points_lps_mm : [];
  });
  const [a, b] = measured;
  expect(Math.hypot(...[0, 1, 2].map((i) => (a?.[i] ?? 0) - (b?.[i] ?? 0)))).toBeCloseTo(21, 6);
});

test('keys that come faster than frames lose no step', async ({ page }) => {
  await open(page, 'tool=point');
  const way = await page.evaluate(() => {
    const canvas = document.querySelector('#stage');
    const before = gallery.stage.shared.state?.cursor_lps_mm;
    // All in one task: no frame is drawn between them.
    for (let i = 0; i < 12; i++) canvas?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
    const after = gallery.stage.shared.state?.cursor_lps_mm;
    return [0, 1, 2].map((i) => (after?.[i] ?? 0) - (before?.[i] ?? 0));
  });
  expect(Math.hypot(...way)).toBeCloseTo(12, 6);
});

test('a click on bone measures HU there, and the cut takes away what lies before it', async ({ page }) => {
  await open(page, 'preset=bone&tool=probe');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('no stage');
  const hit = await page.evaluate(({ x, y, width, height }) => {
    // Somewhere on the hologram bone lies under the pointer: look along the middle row.
    for (let share = 0.3; share < 0.7; share += 0.01) {
      const found = gallery.stage.pickAt(x + width * share, y + height * 0.42);
      if (found) return { share, lps: found.lps_mm };
    }
    return undefined;
  }, box);
  expect(hit).toBeDefined();
  await page.mouse.click(box.x + box.width * (hit?.share ?? 0), box.y + box.height * 0.42);
  const acts = await page.evaluate(() => gallery.room.acts);
  const add = acts.find((act) => act.act === 'add');
  expect(add?.act === 'add' && add.entity.type === 'measure' && add.entity.kind).toBe('hu');

  const before = await pixels(page);
  await page.evaluate(() => gallery.stage.set({ clip: { normal_lps: [0, -1, 0], offset_mm: 0 } }));
  await page.waitForTimeout(600);
  await settled(page);
  expect(changed(before, await pixels(page))).toBeGreaterThan(W * H * 0.03);
});

test('the graphics context may be lost and comes back with the picture', async ({ page }) => {
  await open(page, 'preset=bone');
  const before = await pixels(page);
  await page.evaluate(async () => {
    const loss = gallery.stage.renderer.getContext().getExtension('WEBGL_lose_context');
    loss?.loseContext();
    await new Promise((resolve) => setTimeout(resolve, 400));
    loss?.restoreContext();
  });
  await page.waitForTimeout(2500);
  await settled(page);
  expect(changed(before, await pixels(page))).toBeLessThan(W * H * 0.02);
});

test('a graphics card with small 3D textures shows the same hologram, only coarser', async ({ page }) => {
  await open(page, 'preset=bone');
  const full = await pixels(page);
  expect(await page.evaluate(() => gallery.stage.reduced)).toBe(false);

  await page.addInitScript(() => {
    const { prototype } = WebGL2RenderingContext;
    const told = prototype.getParameter;
    prototype.getParameter = function (name: number): unknown {
      return name === this.MAX_3D_TEXTURE_SIZE ? 48 : told.call(this, name);
    };
    // A card that says so refuses what is larger, too.
    const stored = prototype.texStorage3D;
    prototype.texStorage3D = function (target, levels, format, width, height, depth) {
      if (Math.max(width, height, depth) > 48) throw new RangeError(`${width} × ${height} × ${depth}`);
      stored.call(this, target, levels, format, width, height, depth);
    };
  });
  await open(page, 'preset=bone');
  expect(await page.evaluate(() => gallery.stage.hologram.picture.reduction)).toEqual({ factor: [2, 2, 2], size: [48, 40, 36] });
  const coarser = await pixels(page);
  expect(changed(full, coarser)).toBeLessThan(W * H * 0.12);
  await page.evaluate(() => gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } }));
  await page.waitForTimeout(600);
  expect(changed(coarser, await pixels(page))).toBeGreaterThan(W * H * 0.04);
});

test('who wants less motion is brought to a view at once', async ({ page }) => {
  await open(page);
  /** How far round the camera has come one frame after it was asked to walk round by half a radian. */
  const afterOneFrame = (): Promise<number> =>
    page.evaluate(async () => {
      const { rig } = gallery.stage;
      const angle = (): number => Math.atan2(rig.camera.position.x, rig.camera.position.z);
      const before = angle();
      rig.view = { ...rig.view, yaw: rig.view.yaw + 0.5 };
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return angle() - before;
    });
  expect(await afterOneFrame()).toBeLessThan(0.49);
  await page.waitForTimeout(1_500);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await afterOneFrame()).toBeCloseTo(0.5, 3);
});
