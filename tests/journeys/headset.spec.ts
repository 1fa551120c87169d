/** Two people in one room, one of them inside it with a headset: what hands do there is seen on the other's screen. */
import type { Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { DESK, layDesk } from './desk.ts';
import { carry, changed, close, distance, feelTicks, frames, leave, ownHead, panelWords, press, reach, seen, showVolumeAlone, spread, stand, ticks, told, withHeadset } from './inside.ts';
import type { Three } from './inside.ts';
import { askForConsultation } from './consultation.ts';
import { SCREENS, choose, expect, person, test, withoutStage } from './people.ts';
import { FAKE_DEVICES } from './voices.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

const LUNG = { centre_hu: -600, width_hu: 1500 };
const BONE = { centre_hu: 500, width_hu: 2000 };

/** Where the other's avatar stands in this browser's room. */
async function avatarHead(page: Page): Promise<readonly [number, number, number]> {
  return page.evaluate(() => {
    const head = window.__xrInside?.stage.scene.getObjectByName('head');
    return [head?.position.x ?? NaN, head?.position.y ?? NaN, head?.position.z ?? NaN] as const;
  });
}

/** Takes the hologram with the mouse and carries it a little; it stays in the hand until the button is let go. */
async function takeByMouse(page: Page): Promise<void> {
  const box = await page.locator('canvas.stage-canvas').boundingBox();
  if (!box) throw new Error('there is no stage');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.move(x + 12, y - 8, { steps: 3 });
  await page.keyboard.up('Shift');
}

/** Where the hologram's foot is in the real room, as this headset draws it, and whether a table of light stands there. */
const inRealRoom = (page: Page): Promise<{ foot: Three; table: boolean }> =>
  page.evaluate(() => {
    const { rig, hologram, scene } = window.__xrInside?.stage ?? {};
    const foot = hologram && rig?.rig.worldToLocal(hologram.foot);
    return { foot: [foot?.x ?? NaN, foot?.y ?? NaN, foot?.z ?? NaN] as const, table: scene?.getObjectByName('table')?.visible ?? true };
  });

/** Walks in the real room, eyes as high as they are there. */
async function walk(page: Page, x: number, z: number): Promise<void> {
  await page.evaluate(([to_x, to_z]) => {
    window.__xr?.position.set(to_x, 1.6, to_z);
    window.__xr?.quaternion.set(0, 0, 0, 1);
  }, [x, z] as const);
  await frames(page);
}

test('a person with a headset walks round the hologram, carries it and sets its window, for both', async ({ browser }) => {
  const [li, chen] = await Promise.all([withHeadset(browser, 'li.terminal'), withHeadset(browser, 'chen.expert', { viewport: { width: 400, height: 420 } })]);
  await askForConsultation(li);
  await chen.goto(li.url());
  await chen.getByRole('button', { name: 'Accept the consultation' }).click();
  for (const page of [li, chen]) {
    await page.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
  }
  await showVolumeAlone(chen);

  await test.step('enters virtual reality', async () => {
    // On the narrowest screen too both buttons fit beside the choice of language.
    const { width, height } = li.viewportSize() ?? SCREENS.narrow;
    await li.setViewportSize(SCREENS.narrow);
    await expect(li.getByRole('button', { name: 'Enter AR' })).toBeInViewport({ ratio: 1 });
    await expect(li.locator('.room-bar .segmented')).toBeInViewport({ ratio: 1 });
    await li.setViewportSize({ width, height });
    await li.getByRole('button', { name: 'Enter VR' }).click();
    await frames(li);
    expect(await li.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('backdrop')?.visible)).toBe(true);
  });

  await test.step('reads the panel, in both languages', async () => {
    expect(await panelWords(li)).toMatch(/Tools[\s\S]*Lung[\s\S]*Leave the headset[\s\S]*Not a medical device/);
    const language = (value: string): Promise<void> =>
      li.locator(`.segmented input[value=${value}]`).first().evaluate((input: HTMLInputElement) => input.click());
    await language('zh');
    await expect.poll(() => panelWords(li)).toMatch(/工具[\s\S]*肺窗[\s\S]*退出头显[\s\S]*不是医疗器械/);
    await language('en');
  });

  await test.step('walks round the hologram', async () => {
    const views = [];
    for (const [x, z] of [[0, 1.15], [1.1, 0], [0, -1.1]] as const) {
      await stand(li, x, z);
      views.push(await seen(li));
      // The other sees the avatar there.
      await expect.poll(async () => distance(await avatarHead(chen), [x, 1.6, z])).toBeLessThan(0.05);
    }
    const [front, ...others] = views;
    for (const view of others) expect(changed(front ?? [], view)).toBeGreaterThan(0.02);
    await stand(li, 0, 1.15);
  });

  await test.step('goes somewhere by the thumbstick', async () => {
    // Down and ahead, at the floor beside the table.
    await reach(li, 'controllers', { at: [0.9, 1.2, 1.2], facing: [-Math.sin(0.4), 0, 0, Math.cos(0.4)] });
    const push = (x: number, y: number): Promise<void> =>
      li.evaluate((axes) => window.__xr?.controllers.right?.updateAxes('thumbstick', ...axes), [x, y] as const);
    await push(0, -1);
    await frames(li);
    await push(0, 0);
    await frames(li);
    await expect.poll(async () => distance(await avatarHead(chen), [0, 1.6, 1.15])).toBeGreaterThan(0.5);
    await expect.poll(async () => (await avatarHead(chen))[1]).toBeCloseTo(1.6, 1);
    await stand(li, 0, 1.15);
  });

  await test.step('turns by 30° with each push of the thumbstick, about the own head', async () => {
    const yaw = (): Promise<number> => li.evaluate(() => window.__xrInside?.stage.rig.rig.rotation.y ?? NaN);
    const push = async (x: number): Promise<void> => {
      await li.evaluate((to) => window.__xr?.controllers.right?.updateAxes('thumbstick', to, 0), x);
      await frames(li);
    };
    const [before, head] = [await yaw(), await ownHead(li)];
    await push(1);
    expect(await yaw()).toBeCloseTo(before - Math.PI / 6, 5);
    // Held there it turns no further; let go and pushed again it does.
    await frames(li);
    expect(await yaw()).toBeCloseTo(before - Math.PI / 6, 5);
    await push(0);
    await push(-1);
    await push(0);
    expect(await yaw()).toBeCloseTo(before, 5);
    expect(distance(await ownHead(li), head)).toBeLessThan(0.01);
    await expect.poll(async () => distance(await avatarHead(chen), head)).toBeLessThan(0.05);
  });

  await test.step('is brought with the head to where the other sees from, and faces the table, from wherever in the real room', async () => {
    await stand(li, 0.6, 1.2);
    await chen.getByRole('tab', { name: /^People/ }).click();
    await chen.getByRole('button', { name: 'Bring everybody here' }).click();
    await expect.poll(async () => distance(await ownHead(li), [0, 1.6, 1.74])).toBeLessThan(0.1);
    expect(await li.evaluate(() => window.__xrInside?.stage.rig.rig.rotation.y ?? NaN)).toBeCloseTo(-Math.atan2(0.6, 1.2), 2);
    await press(li, 'controllers', 'page:view');
    await stand(li, 0, 1.15);
  });

  await test.step('carries the hologram with a controller that ticks, and with a bare hand', async () => {
    await feelTicks(li);
    await carry(li, 'controllers', [0.25, 0.1, 0.15], chen);
    expect(await ticks(li)).toEqual([[0.5, 40]]);
    await li.evaluate(() => {
      if (window.__xr) window.__xr.primaryInputMode = 'hand';
    });
    await frames(li);
    await carry(li, 'hands', [-0.25, -0.05, -0.1], chen);
  });

  await test.step('makes it smaller with two hands, for both', async () => {
    const { scale } = (await told(li)).transform;
    await spread(li, 'hands', 0.4, 0.2);
    await expect.poll(async () => (await told(chen)).transform.scale / scale).toBeLessThan(0.65);
    expect((await told(chen)).transform.scale / scale).toBeGreaterThan(0.4);
    await spread(li, 'hands', 0.2, 0.4);
    await expect.poll(async () => (await told(chen)).transform.scale / scale).toBeGreaterThan(0.8);
  });

  await test.step('sets the window for both from the panel, by pinch and by trigger', async () => {
    await press(li, 'hands', 'window:bone');
    await expect.poll(async () => (await told(chen)).window).toEqual(BONE);
    await li.evaluate(() => {
      if (window.__xr) window.__xr.primaryInputMode = 'controller';
    });
    await frames(li);
    const before = await seen(li);
    await press(li, 'controllers', 'window:lung');
    await expect.poll(async () => (await told(chen)).window).toEqual(LUNG);
    expect(changed(before, await seen(li))).toBeGreaterThan(0.01);
    await chen.getByRole('tab', { name: 'View' }).click();
    await expect(chen.getByRole('radio', { name: 'Lung' })).toBeChecked();
    // By numbers too, step by step.
    await press(li, 'controllers', 'centre:more');
    await press(li, 'controllers', 'width:less');
    await expect.poll(async () => (await told(chen)).window).toEqual({ centre_hu: LUNG.centre_hu + 20, width_hu: LUNG.width_hu - 50 });
    await press(li, 'controllers', 'window:lung');
    await expect.poll(async () => (await told(chen)).window).toEqual(LUNG);
  });

  await test.step('asks for what the other has in hand, is given it, keeps it, and takes it as the host', async () => {
    await takeByMouse(chen);
    await expect.poll(() => panelWords(li)).toMatch(/Chen.* has the images in hand/);
    await press(li, 'controllers', 'hand:ask');
    await expect.poll(() => panelWords(li)).toContain('You asked for them');
    // The hand waits at the hologram for what it is given.
    const [x, y, z] = (await told(li)).transform.position_m;
    await reach(li, 'controllers', { at: [x + 0.05, y, z + 0.1], facing: [0, 0, 0, 1] });
    await chen.getByRole('button', { name: /^Give to .*Li/ }).press('Enter');
    await expect.poll(() => panelWords(li)).toContain('gave you the images');
    await close(li, 'controllers', 1);
    await expect(chen.locator('[data-hands=held]')).toContainText(/Li.* has the images in hand/);
    await chen.mouse.up();
    // Held with the right hand, the panel is pressed with the left.
    await chen.getByRole('button', { name: /^Ask for them/ }).press('Enter');
    await expect.poll(() => panelWords(li)).toContain('asks for the images');
    await press(li, 'controllers', 'hand:keep', 'left');
    await expect(chen.getByText(/Li.* keeps the images for now/).first()).toBeAttached();
    await close(li, 'controllers', 0);
    await expect(chen.locator('[data-hands]')).toHaveCount(0);
    await takeByMouse(chen);
    await expect.poll(() => panelWords(li)).toMatch(/Chen.* has the images in hand/);
    await press(li, 'controllers', 'hand:take');
    await expect.poll(() => panelWords(li)).not.toContain('has the images in hand');
    await chen.mouse.up();
    await expect(chen.locator('[data-hands]')).toHaveCount(0);
    await expect.poll(async () => distance((await told(li)).transform.position_m, (await told(chen)).transform.position_m)).toBeLessThan(0.001);
  });

  await test.step('leaves by the panel, and enters augmented reality without a floor', async () => {
    await leave(li);
    await expect(li.getByRole('button', { name: 'Enter VR' })).toBeVisible();
    await choose(li, 'zh');
    await layDesk(li);
    await li.getByRole('button', { name: '进入 AR' }).click();
    await frames(li);
    // The panel is on the page on which it was left.
    expect(await panelWords(li)).toContain('锁定位置');
    expect(await li.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('backdrop')?.visible)).toBe(false);
    // Where nothing stands the real room is seen.
    const opacities = (await seen(li)).filter((_, i) => i % 4 === 3);
    expect(opacities.filter((opacity) => opacity === 0).length / opacities.length).toBeGreaterThan(0.3);
  });

  await test.step('puts the hologram on a real desk, locks it and walks round; the others see it where it was, and who walks', async () => {
    const before = (await told(chen)).transform;
    // The trigger is held since it pressed the way out.
    await close(li, 'controllers', 0);
    await walk(li, 0, 0);
    expect(await panelWords(li)).toContain('指向桌面或地面');
    // Half a metre ahead of the eyes, tilted down by 40°: the ray ends on the desk.
    const [x, , z] = await ownHead(li);
    const down = (40 * Math.PI) / 180;
    await reach(li, 'controllers', { at: [x + 0.1, 1.3, z - 0.3], facing: [-Math.sin(down / 2), 0, 0, Math.cos(down / 2)] });
    await expect.poll(() => li.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('surface')?.visible)).toBe(true);
    await close(li, 'controllers', 1);
    await close(li, 'controllers', 0);
    await expect.poll(async () => (await inRealRoom(li)).table).toBe(false);
    const { foot } = await inRealRoom(li);
    expect(foot[1]).toBeCloseTo(DESK.high, 2);
    await press(li, 'controllers', 'lock');
    await expect(chen.locator('[data-lock=locked]')).toContainText(/Locked by .*Li/);
    for (const [to_x, to_z] of [[0.9, -0.6], [0, -2.4]] as const) {
      await walk(li, to_x, to_z);
      const [own_x, , own_z] = await ownHead(li);
      await expect.poll(async () => distance(await avatarHead(chen), [own_x, 1.6, own_z])).toBeLessThan(0.05);
      // An anchor holds it while one walks.
      expect(distance((await inRealRoom(li)).foot, foot)).toBeLessThan(0.005);
    }
    expect((await told(chen)).transform).toEqual(before);
    await press(li, 'controllers', 'lock');
    await expect(chen.locator('[data-lock=free]')).toBeAttached();
  });

  await test.step('puts the headset down by its own button, and the screen shows what both have made', async () => {
    await li.evaluate(() => window.__xrInside?.stage.renderer.xr.getSession()?.end());
    await expect(li.getByRole('button', { name: '进入 VR' })).toBeVisible();
    await choose(li, 'en');
    await li.getByRole('tab', { name: 'View' }).click();
    await expect(li.getByRole('radio', { name: 'Lung' })).toBeChecked();
    expect((await told(li)).transform).toEqual((await told(chen)).transform);
  });
  await Promise.all([li.context().close(), chen.context().close()]);
});

test('a person with a headset speaks, asks for the word, reads along, works with parts and answers by the panel', async ({ browser }) => {
  const [li, chen] = [await person(browser, 'li.terminal'), await withHeadset(browser, 'chen.expert')];
  await withoutStage(li);
  await li.reload();
  await askForConsultation(li);
  await chen.goto(li.url());
  await chen.getByRole('button', { name: 'Accept the consultation' }).click();
  await li.getByRole('tab', { name: /^People/ }).click();
  await chen.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
  await showVolumeAlone(chen);
  await chen.getByRole('button', { name: 'Enter VR' }).click();
  await frames(chen);
  await feelTicks(chen);
  await press(chen, 'controllers', 'microphone');
  expect(await ticks(chen)).toEqual([[0.4, 30]]);
  await expect.poll(() => panelWords(chen)).toContain('Open the microphone');
  await press(chen, 'controllers', 'microphone');
  await expect.poll(() => panelWords(chen)).toMatch(/Mute$/m);
  const chenSeen = li.locator('.people > li').filter({ hasText: 'Chen' });
  await expect(chenSeen.locator('[data-sound=speaking]')).toBeVisible();
  await expect.poll(() => panelWords(chen)).toMatch(/Chen.*\(speaking/);
  await press(chen, 'controllers', 'hand');
  await expect(chenSeen).toContainText('hand up');
  await expect.poll(() => panelWords(chen)).toContain('Lower hand');
  await press(chen, 'controllers', 'hand');
  await expect(chenSeen).not.toContainText('hand up');
  await li.getByLabel('Write a caption for everybody').fill('Look at the upper lobe');
  await li.getByRole('button', { name: 'Say', exact: true }).click();
  await expect.poll(() => panelWords(chen)).toMatch(/Li.*: Look at the upper lobe/);
  await press(chen, 'controllers', 'microphone');
  await expect(chenSeen).toContainText('muted');

  // Chen looks like another figure from now on, for everybody.
  const worn = await chenSeen.locator('[data-figure]').getAttribute('data-figure');
  const other = worn === 'medical-4' ? 3 : 4;
  await press(chen, 'controllers', `figure:${other}`);
  await expect(chenSeen.locator('[data-figure]')).toHaveAttribute('data-figure', `medical-${other}`);
  await expect.poll(() => panelWords(chen)).toContain(other === 4 ? 'Woman, brown hair, blue scrubs' : 'Man, shaved head, white coat');

  await test.step('shows a structure alone, measures it, and takes the measurement back', async () => {
    await li.getByRole('tab', { name: 'View' }).click();
    await press(chen, 'controllers', 'page:parts');
    await expect.poll(() => panelWords(chen), { timeout: 180_000 }).toMatch(/^Structure: .* \(1 of /m);
    await press(chen, 'controllers', 'part:only');
    await expect(li.getByRole('group', { name: 'Parts' }).getByRole('button', { name: 'Show alone' })).toHaveAttribute('aria-pressed', 'true');
    await press(chen, 'controllers', 'part:measure');
    const volume = li.locator('[data-marks] li').filter({ hasText: /\d mL/ });
    await expect(volume).toHaveCount(1);
    await expect.poll(() => panelWords(chen)).toMatch(/\d mL$/m);
    await press(chen, 'controllers', 'undo');
    await expect(volume).toHaveCount(0);
  });

  await test.step('agrees to be recorded, sees the sign wherever the eyes look, and withdraws', async () => {
    await li.getByRole('tab', { name: /^People/ }).click();
    await li.getByRole('button', { name: 'Record this room' }).click();
    await expect.poll(() => panelWords(chen)).toContain('asks to record this room: what is done');
    await press(chen, 'controllers', 'record:yes');
    await expect(li.locator('[data-recording=running]')).toBeVisible();
    await expect.poll(() => panelWords(chen)).toContain('This room is recorded');
    expect(await chen.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('recorded')?.visible)).toBe(true);
    await press(chen, 'controllers', 'record:no');
    await expect(li.locator('[data-recording]')).toHaveCount(0);
    await expect.poll(() => panelWords(chen)).not.toContain('This room is recorded');
  });
  await Promise.all([li.context().close(), chen.context().close()]);
});
