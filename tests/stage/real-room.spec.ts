/** Augmented reality in an emulated headset, in a made-up real room with one desk: the hologram is put on it. */
import { expect, test, type Page } from '@playwright/test';
import type { XRDevice } from 'iwer';
import type { VolumeStore } from '../../client/core/volume/store';
import type { LocalRoom } from '../../client/stage/dev/local-room';
import type { Stage } from '../../client/stage/stage';
import type { Headset } from '../../client/xr/headset';
import type { XrMode } from '../../client/xr/modes';
import { DESK, layDesk } from '../journeys/desk.ts';

interface Gallery {
  readonly stage: Stage;
  readonly room: LocalRoom;
  enterXr(mode: XrMode): Promise<Headset>;
  readonly store: VolumeStore;
  other(): Promise<VolumeStore>;
  bring(): void;
}
declare const gallery: Gallery;
declare global {
  interface Window {
    __yuanyiEmulateXr?: string;
    __xr?: XRDevice;
    inside: Headset;
    ticks: [number, number][];
  }
}

test.use({ viewport: { width: 300, height: 200 } });

async function frames(page: Page, count = 4): Promise<void> {
  await page.evaluate(async (wanted) => {
    const session = gallery.stage.renderer.xr.getSession();
    if (!session) throw new Error('nobody is inside');
    for (let drawn = 0; drawn < wanted; drawn++) await new Promise((done) => session.requestAnimationFrame(done));
  }, count);
}

const trigger = async (page: Page, value: 0 | 1): Promise<void> => {
  await page.evaluate((to) => window.__xr?.controllers.right?.updateButtonValue('trigger', to), value);
  await frames(page);
};

/** Holds the right controller 1.3 m above the floor, half a metre ahead, tilted down by degrees. */
async function point(page: Page, down_deg: number): Promise<void> {
  await page.evaluate((down) => {
    const hand = window.__xr?.controllers.right;
    if (!hand) throw new Error('no controller');
    hand.position.set(0.1, 1.3, -0.3);
    hand.quaternion.set(-Math.sin(down / 2), 0, 0, Math.cos(down / 2));
  }, (down_deg * Math.PI) / 180);
  await frames(page);
}

/** The ring on a surface, in the real room's own frame. */
const ring = (page: Page): Promise<{ visible: boolean; at: number[] }> =>
  page.evaluate(() => {
    const found = gallery.stage.rig.rig.getObjectByName('surface');
    return { visible: found?.visible ?? false, at: found?.position.toArray() ?? [] };
  });

test('the hologram is put on a real desk, for whoever sees the desk alone', async ({ page }) => {
  test.setTimeout(600_000);
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.goto('/stage/dev/index.html?mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await layDesk(page);
  await page.evaluate(async () => {
    window.inside = await gallery.enterXr('ar');
    const actuator = window.__xr?.controllers.right?.inputSource.gamepad?.hapticActuators[0];
    if (!actuator) throw new Error('the controller gives no ticks');
    window.ticks = [];
    const { pulse } = actuator;
    actuator.pulse = (strength: number, ms: number) => {
      window.ticks.push([strength, ms]);
      return pulse.call(actuator, strength, ms);
    };
  });
  await frames(page);
  const told = (): Promise<unknown> => page.evaluate(() => gallery.stage.shared.entity?.[1].transform);
  const before = await told();

  // At the wall there is no ring; at the desk there is one where the ray ends.
  await point(page, 0);
  expect((await ring(page)).visible).toBe(false);
  await point(page, 40);
  await expect.poll(async () => (await ring(page)).visible).toBe(true);
  const { at } = await ring(page);
  expect(at[1]).toBeCloseTo(DESK.high);
  await trigger(page, 1);
  await trigger(page, 0);
  expect(await page.evaluate(() => [window.inside.surface, window.inside.onSurface])).toEqual(['placed', true]);
  expect(await page.evaluate(() => window.ticks)).toEqual([[0.6, 50]]);

  // Its foot is on the desk where the ring was; no table of light stands in the desk.
  const foot = await page.evaluate(() => gallery.stage.rig.rig.worldToLocal(gallery.stage.hologram.foot).toArray());
  for (const axis of [0, 1, 2]) expect(foot[axis]).toBeCloseTo(at[axis] ?? NaN, 2);
  expect(await page.evaluate(() => gallery.stage.scene.getObjectByName('table')?.visible)).toBe(false);
  // An anchor holds it through the frames that follow.
  await frames(page, 8);
  expect(await page.evaluate(() => gallery.stage.rig.rig.worldToLocal(gallery.stage.hologram.foot).toArray())).toEqual(foot.map((n) => expect.closeTo(n, 3)));

  // For the others nothing has moved, and whoever placed it stands on their floor.
  expect(await told()).toEqual(before);
  expect(await page.evaluate(() => gallery.room.acts)).toEqual([]);
  const eyes = await page.evaluate(() => gallery.room.own?.head.position_m[1]);
  expect(eyes).toBeCloseTo(1.6, 1);

  // Whoever has no hand chooses another place with the eyes: where they rest, the hologram stands.
  await page.evaluate(() => {
    const device = window.__xr;
    for (const hand of [device?.controllers.left, device?.controllers.right]) if (hand) hand.connected = false;
    window.inside.gaze = true;
    window.inside.chooseSurface(true);
    const down = (45 * Math.PI) / 180;
    device?.position.set(-0.2, 1.6, -0.3);
    device?.quaternion.set(-Math.sin(down / 2), 0, 0, Math.cos(down / 2));
  });
  await expect.poll(() => page.evaluate(() => window.inside.surface)).toBe('placed');
  const looked = await page.evaluate(() => gallery.stage.rig.rig.worldToLocal(gallery.stage.hologram.foot).toArray());
  expect(looked[0]).toBeCloseTo(-0.2, 2);
  expect(looked[1]).toBeCloseTo(DESK.high, 2);
  expect(looked[2]).toBeCloseTo(-0.3 - (1.6 - DESK.high), 2);

  await page.evaluate(() => window.inside.exit());
  await page.waitForFunction(() => gallery.stage.scene.getObjectByName('table')?.visible === true);
});

test('other images come to stand in the room, and whoever is inside stays inside', async ({ page }) => {
  test.setTimeout(600_000);
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.goto('/stage/dev/index.html');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await page.evaluate(async () => {
    window.inside = await gallery.enterXr('vr');
    Reflect.set(window, 'session', gallery.stage.renderer.xr.getSession());
  });
  await frames(page);
  const drawn = (): Promise<unknown> =>
    page.evaluate(() => {
      const { root, state, picture } = gallery.stage.hologram;
      return { series: state?.series, visible: root.visible && picture.ready, isInside: gallery.stage.renderer.xr.getSession() === Reflect.get(window, 'session') };
    });
  expect(await drawn()).toEqual({ series: '2.25.1', visible: true, isInside: true });

  // Until their scan has come, those of before are not shown in their place.
  await page.evaluate(() => {
    const [id, first] = gallery.stage.shared.entity ?? [];
    if (id === undefined || !first) throw new Error('no hologram');
    gallery.room.act({ act: 'remove', id });
    gallery.room.act({ act: 'add', entity: { ...first, series: '2.25.2' } });
  });
  await frames(page);
  expect(await drawn()).toEqual({ series: undefined, visible: false, isInside: true });
  await page.evaluate(async () => gallery.stage.show(await gallery.other()));
  await expect.poll(drawn).toEqual({ series: '2.25.2', visible: true, isInside: true });
  await page.evaluate(() => window.inside.exit());
});

test('images come to a room without any, and whoever is inside stays inside', async ({ page }) => {
  test.setTimeout(600_000);
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.goto('/stage/dev/index.html?empty');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.store.state === 'ready', undefined, { timeout: 120_000 });
  expect(await page.evaluate(() => gallery.stage.ownView.distance_m)).toBeGreaterThan(2);
  await page.evaluate(async () => {
    window.inside = await gallery.enterXr('vr');
    Reflect.set(window, 'session', gallery.stage.renderer.xr.getSession());
  });
  await frames(page);
  const drawn = (): Promise<unknown> =>
    page.evaluate(() => {
      const { scan, state, root } = gallery.stage.hologram;
      return { series: state?.series, visible: scan !== undefined && root.visible, stands: gallery.stage.twin !== undefined, isInside: gallery.stage.renderer.xr.getSession() === Reflect.get(window, 'session') };
    });
  expect(await drawn()).toEqual({ series: undefined, visible: false, stands: false, isInside: true });
  await page.evaluate(() => gallery.bring());
  await expect.poll(drawn).toEqual({ series: '2.25.1', visible: true, stands: true, isInside: true });
  // Who looked from where all are seen is near to them thereafter.
  await page.evaluate(() => window.inside.exit());
  await page.waitForFunction(() => gallery.stage.ownView.distance_m < 2);
});

test('others see how a bare hand is closed, opened and pointed with', async ({ page }) => {
  test.setTimeout(600_000);
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.goto('/stage/dev/index.html?mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 120_000 });
  await page.evaluate(async () => {
    window.inside = await gallery.enterXr('vr');
    if (window.__xr) window.__xr.primaryInputMode = 'hand';
  });
  await frames(page, 6);
  const curls = (): Promise<readonly number[] | undefined> => page.evaluate(() => gallery.room.own?.right?.fingers?.curls);
  const pose = async (id: string): Promise<void> => {
    await page.evaluate((to) => {
      const hand = window.__xr?.hands.right;
      if (hand) hand.poseId = to;
    }, id);
    await frames(page, 6);
  };
  await pose('point');
  await expect.poll(async () => (await curls())?.[2]).toBeGreaterThan(0.6);
  expect((await curls())?.[1]).toBeLessThan(0.2);
  await pose('default');
  await expect.poll(async () => Math.max(...((await curls()) ?? [1]))).toBeLessThan(0.3);
  await page.evaluate(() => window.inside.exit());
});
