/** Boards and pages on the stage: carried and turned by mouse and by a headset's hands, written on, and locked. */
import { expect, test, type Page } from '@playwright/test';
import type { Transform } from '../../client/core/frames';
import type { Stage } from '../../client/stage/stage';
import type { LocalRoom } from '../../client/stage/dev/local-room';
import type { Headset } from '../../client/xr/headset';

interface Gallery {
  readonly stage: Stage;
  readonly room: LocalRoom;
  enterXr(mode: 'vr' | 'ar'): Promise<Headset>;
}
declare const gallery: Gallery;

type Three = readonly [number, number, number];
/** In front of the hologram, to its left: seen from the first view, and by hands that reach out. */
const AT: Transform = { position_m: [-0.5, 1.4, 0.2], rotation: [0, 0, 0, 1], scale: 0.4 };

/** The stage with a board, which is the second thing that stands there. */
async function open(page: Page): Promise<void> {
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.goto('/stage/dev/index.html');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 60_000 });
  await page.evaluate((transform) => gallery.room.act({ act: 'add', entity: { type: 'board', title: 'Plan', transform } }), AT);
  await page.waitForFunction(() => gallery.stage.scene.getObjectByName('board'));
}

/** Where the board's middle is on the page. */
async function onScreen(page: Page): Promise<readonly [number, number]> {
  return page.evaluate(() => {
    const { stage } = gallery;
    stage.scene.updateMatrixWorld(true);
    const board = stage.scene.getObjectByName('board');
    if (!board) throw new Error('no board stands there');
    const at = board.position.clone().project(stage.rig.camera);
    const box = stage.renderer.domElement.getBoundingClientRect();
    return [box.left + ((at.x + 1) / 2) * box.width, box.top + ((1 - at.y) / 2) * box.height] as const;
  });
}

/** Where the room has the board. */
const told = (page: Page): Promise<Transform> =>
  page.evaluate(() => {
    const entity = gallery.room.entities().get(2)?.entity;
    if (entity?.type !== 'board') throw new Error('no board stands there');
    return entity.transform;
  });

const acts = (page: Page): Promise<string[]> => page.evaluate(() => gallery.room.acts.slice(1).map(({ act }) => act));

async function drag(page: Page, by: readonly [number, number]): Promise<void> {
  const [x, y] = await onScreen(page);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + by[0] / 2, y + by[1] / 2, { steps: 3 });
  await page.mouse.move(x + by[0], y + by[1], { steps: 3 });
  await page.mouse.up();
}

test('a board is carried by mouse, and turned with Shift; each is taken and let go once', async ({ page }) => {
  await open(page);
  const [x, y] = await onScreen(page);
  await drag(page, [-30, -25]);
  const [nx, ny] = await onScreen(page);
  // It goes where the pointer goes.
  expect(Math.hypot(nx - x + 30, ny - y + 25)).toBeLessThan(6);
  expect(await acts(page)).toEqual(['grab', 'release']);
  expect((await told(page)).rotation).toEqual(AT.rotation);
  await page.keyboard.down('Shift');
  await drag(page, [40, 0]);
  await page.keyboard.up('Shift');
  expect(await acts(page)).toEqual(['grab', 'release', 'grab', 'release']);
  expect((await told(page)).rotation[1]).toBeGreaterThan(0.1);
  // Beside it one walks round the hologram as ever, and nothing is moved.
  const yaw = await page.evaluate(() => gallery.stage.rig.view.yaw);
  const box = await page.locator('#stage').boundingBox();
  const corner = [(box?.x ?? 0) + (box?.width ?? 0) - 8, (box?.y ?? 0) + 8] as const;
  await page.mouse.move(...corner);
  await page.mouse.down();
  await page.mouse.move(corner[0] - 40, corner[1], { steps: 4 });
  await page.mouse.up();
  expect(await page.evaluate(() => gallery.stage.rig.view.yaw)).not.toBe(yaw);
  expect(await acts(page)).toEqual(['grab', 'release', 'grab', 'release']);
});

test('a locked board stays, and it is said whose lock it is; who works with nothing moves none', async ({ page }) => {
  await open(page);
  await page.evaluate(() => {
    Reflect.set(window, 'refused', []);
    gallery.stage.events.on('locked', ({ name }) => (Reflect.get(window, 'refused') as string[]).push(name));
    gallery.stage.things.able = () => false;
  });
  await drag(page, [-30, 0]);
  expect(await acts(page)).toEqual([]);
  await page.evaluate(() => {
    gallery.stage.home();
    gallery.stage.things.able = () => true;
    gallery.room.act({ act: 'lock', id: 2, marks: false });
  });
  await page.waitForTimeout(800);
  await drag(page, [-30, 0]);
  expect(await acts(page)).toEqual(['lock']);
  // Once for the drag, and not at each of its steps.
  expect(await page.evaluate(() => Reflect.get(window, 'refused') as string[])).toEqual(['Me']);
});

test('the pen writes on a board by mouse', async ({ page }) => {
  await open(page);
  await page.evaluate(() => (gallery.stage.tools.tool = 'pen'));
  await drag(page, [25, 8]);
  const line = await page.evaluate(() => {
    const act = gallery.room.acts.at(-1);
    return act?.act === 'add' && act.entity.type === 'ink' ? act.entity : undefined;
  });
  expect(line?.board).toBe(2);
  const [from, to] = [line?.points[0] ?? [NaN, NaN], line?.points.at(-1) ?? [NaN, NaN]];
  expect(from[0]).toBeCloseTo(0.5, 1);
  expect(from[1]).toBeCloseTo(0.5, 1);
  expect(to[0]).toBeGreaterThan(from[0]);
  expect(to[1]).toBeGreaterThan(from[1]);
});

test('the pen draws in the air beside the images, and Alt walks round as ever', async ({ page }) => {
  await open(page);
  const box = await page.locator('#stage').boundingBox();
  const [left, top] = [(box?.x ?? 0) + 12, (box?.y ?? 0) + 12];
  await page.evaluate(() => (gallery.stage.tools.tool = 'pen'));
  const stroke = async (): Promise<void> => {
    await page.mouse.move(left, top);
    await page.mouse.down();
    for (const step of [20, 40, 60]) await page.mouse.move(left + step, top + step / 4);
    await page.mouse.up();
  };
  await stroke();
  expect(await acts(page)).toEqual(['add']);
  const points = await page.evaluate(() => {
    const entity = gallery.room.entities().get(3)?.entity;
    return entity?.type === 'line' ? entity.points_m : [];
  });
  expect(points.length).toBeGreaterThan(2);
  await page.waitForFunction(() => gallery.stage.scene.getObjectByName('air-line'));
  // It is seen where the pointer was.
  const seen = await page.evaluate((at) => {
    const { camera } = gallery.stage.rig;
    const place = camera.position.clone().set(...at).project(camera);
    const here = gallery.stage.renderer.domElement.getBoundingClientRect();
    return [here.left + ((place.x + 1) / 2) * here.width, here.top + ((1 - place.y) / 2) * here.height] as const;
  }, points.at(-1) as Three);
  expect(Math.hypot(seen[0] - left - 60, seen[1] - top - 15)).toBeLessThan(6);
  const yaw = await page.evaluate(() => gallery.stage.rig.view.yaw);
  await page.keyboard.down('Alt');
  await stroke();
  await page.keyboard.up('Alt');
  expect(await page.evaluate(() => gallery.stage.rig.view.yaw)).not.toBe(yaw);
  expect(await acts(page)).toEqual(['add']);
});

test('a hand in a headset takes a board, and two make it larger', async ({ page }) => {
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.setViewportSize({ width: 360, height: 240 });
  await open(page);
  await page.evaluate(async () => {
    await gallery.enterXr('vr');
  });
  const frames = (): Promise<void> =>
    page.evaluate(async () => {
      const session = gallery.stage.renderer.xr.getSession();
      for (let n = 0; n < 3; n++) await new Promise((done) => session?.requestAnimationFrame(done));
    });
  const hand = async (side: 'left' | 'right', [x, y, z]: Three): Promise<void> => {
    await page.evaluate(([which, at]) => {
      const { rig } = gallery.stage.rig;
      const local = rig.worldToLocal(rig.position.clone().set(...at));
      window.__xr?.controllers[which]?.position.set(local.x, local.y, local.z);
      window.__xr?.controllers[which]?.quaternion.set(0, 0, 0, 1);
    }, [side, [x, y, z]] as const);
    await frames();
  };
  const trigger = async (side: 'left' | 'right', value: 0 | 1): Promise<void> => {
    await page.evaluate(([which, pressed]) => window.__xr?.controllers[which]?.updateButtonValue('trigger', pressed), [side, value] as const);
    await frames();
  };
  const [x, y, z] = AT.position_m;
  await hand('left', [1.2, 1, 1]);
  await hand('right', [x, y, z + 0.05]);
  await trigger('right', 1);
  await hand('right', [x - 0.3, y + 0.2, z + 0.05]);
  await trigger('right', 0);
  const carried = await told(page);
  for (const [axis, goal] of [x - 0.3, y + 0.2, z].entries()) expect(carried.position_m[axis]).toBeCloseTo(goal, 1);
  expect(await acts(page)).toEqual(['grab', 'release']);
  // From afar by the ray's end.
  const [cx, cy, cz] = carried.position_m;
  await hand('right', [cx, cy, cz + 0.8]);
  await trigger('right', 1);
  await hand('right', [cx + 0.2, cy, cz + 0.8]);
  await trigger('right', 0);
  expect((await told(page)).position_m[0]).toBeCloseTo(cx + 0.2, 1);
  const [bx, by, bz] = (await told(page)).position_m;
  await hand('left', [bx - 0.1, by, bz + 0.05]);
  await hand('right', [bx + 0.1, by, bz + 0.05]);
  await trigger('left', 1);
  await trigger('right', 1);
  await hand('left', [bx - 0.2, by, bz + 0.05]);
  await hand('right', [bx + 0.2, by, bz + 0.05]);
  await trigger('right', 0);
  await trigger('left', 0);
  expect((await told(page)).scale).toBeCloseTo(AT.scale * 2, 1);
});
