/** Tools that two people share around a hologram: each sees what the other does, and takes back only their own. */
import type { Locator, Page } from '@playwright/test';
import { askForConsultation } from './consultation.ts';
import { close, frames, gazeAt, gazeAtFloor, panelWords, press, reach, showVolumeAlone, stand, told, withHeadset } from './inside.ts';
import { expect, look, test } from './people.ts';

async function enterBoth(li: Page, chen: Page): Promise<void> {
  await askForConsultation(li);
  await chen.goto(li.url());
  await chen.getByRole('button', { name: 'Accept the consultation' }).click();
  for (const page of [li, chen]) {
    await page.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
    await page.getByRole('tab', { name: 'View' }).click();
  }
}

const marks = (page: Page): Locator => page.locator('[data-marks] li');

/** From where a page looks around the hologram. */
async function yaw(page: Page): Promise<number> {
  return page.evaluate(() => window.__xrInside?.stage.ownView?.yaw ?? NaN);
}

test('angles, landmarks and lines are seen by both and undone by their author; one shows the way', async ({ li, browser }) => {
  const chen = await withHeadset(browser, 'chen.expert');
  await chen.setViewportSize({ width: 1366, height: 768 });
  await enterBoth(li, chen);
  const axial = li.locator('canvas[data-plane=axial]');

  await test.step('an angle by keyboard', async () => {
    await li.locator('[data-tool=angle]').click();
    await axial.focus();
    for (const way of ['Shift+ArrowRight', 'Shift+ArrowDown']) {
      await li.keyboard.press('Enter');
      await li.keyboard.press(way);
    }
    await li.keyboard.press('Enter');
    await expect(marks(li).filter({ hasText: /^\d+\.\d°/ })).toHaveCount(1);
    await expect(marks(chen).filter({ hasText: /^\d+\.\d°/ })).toHaveCount(1);
  });

  await test.step('a landmark with a name', async () => {
    await chen.locator('[data-tool=landmark]').click();
    await chen.locator('canvas[data-plane=axial]').focus();
    await chen.keyboard.press('Enter');
    await chen.getByRole('dialog', { name: 'Landmark at this point' }).getByRole('textbox').fill('carina');
    await chen.keyboard.press('Enter');
    await expect(marks(li).filter({ hasText: 'carina' })).toHaveCount(1);
    await expect(li.locator('[aria-live]').filter({ hasText: 'marked the place: carina' })).toHaveCount(1);
  });

  await test.step('a line with the pen', async () => {
    await li.locator('[data-tool=pen]').click();
    const box = await axial.boundingBox();
    if (!box) throw new Error('the slice has no place');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await li.mouse.move(x - 30, y);
    await li.mouse.down();
    for (const step of [-20, -10, 0, 10, 20]) await li.mouse.move(x + step, y + step / 2);
    await li.mouse.up();
    await expect(marks(chen).filter({ hasText: 'Line' })).toHaveCount(1);
    await look(li, 'room-tools');
    await li.setViewportSize({ width: 1366, height: 768 });
    await li.getByRole('tab', { name: 'View' }).click();
  });

  await test.step('angle and landmark leave with the images, the line does not and it is said', async () => {
    await li.getByRole('button', { name: 'Keep with the images' }).click();
    await expect(li.getByText(/Objects kept beside the images: [1-9]/)).toBeVisible({ timeout: 60_000 });
    await expect(li.getByText('lines drawn with the pen stay in the room')).toBeVisible();
  });

  await test.step('each takes back their own', async () => {
    await li.getByRole('button', { name: 'Undo' }).click();
    await expect(marks(chen).filter({ hasText: 'Line' })).toHaveCount(0);
    await expect(marks(chen).filter({ hasText: 'carina' })).toHaveCount(1);
    await chen.getByRole('button', { name: 'Undo' }).click();
    await expect(marks(li).filter({ hasText: 'carina' })).toHaveCount(0);
    await expect(marks(li)).toHaveCount(1);
  });

  await test.step('one shows the way; the other follows, leaves off and is brought back', async () => {
    await li.getByRole('tab', { name: /^People/ }).click();
    await li.getByRole('button', { name: 'Show the way' }).press('Enter');
    await expect(chen.locator('[data-lead=followed]')).toBeVisible();
    const walk = async (): Promise<void> => {
      await li.locator('canvas.stage-canvas').focus();
      for (let step = 0; step < 5; step++) await li.keyboard.press('Alt+ArrowRight');
    };
    await walk();
    await expect.poll(() => yaw(chen)).toBeCloseTo(0.6, 2);
    await chen.getByRole('button', { name: 'Look for myself' }).click();
    await expect(chen.locator('[data-lead=left]')).toBeVisible();
    await walk();
    await li.getByRole('button', { name: 'Bring everybody here' }).click();
    await expect.poll(() => yaw(chen)).toBeCloseTo(1.2, 2);
    await li.getByRole('button', { name: 'End showing the way' }).first().click();
    await expect(chen.locator('[data-lead]')).toHaveCount(0);
  });
  await chen.context().close();
});

test('parts are shown alone, cut out and measured; a picture, a board and a page are shared', async ({ li, chen }) => {
  await enterBoth(li, chen);
  const parts = (page: Page): Locator => page.getByRole('group', { name: 'Parts' });

  await test.step('structures', async () => {
    await expect(parts(li)).toBeVisible({ timeout: 180_000 });
    await li.getByRole('combobox', { name: 'Structure' }).selectOption('lung-left');
    await parts(li).getByRole('button', { name: 'Measure its volume' }).click();
    // What the structure is, is said beside the number.
    await expect(marks(chen).filter({ hasText: /\d+(\.\d)? mL.*left lung/i })).toHaveCount(1);
    await parts(li).getByRole('button', { name: 'Cut to it' }).click();
    await parts(li).getByRole('button', { name: 'Show alone' }).click();
    await chen.getByRole('combobox', { name: 'Structure' }).selectOption('lung-left');
    for (const name of ['Cut to it', 'Show alone']) {
      await expect(parts(chen).getByRole('button', { name })).toHaveAttribute('aria-pressed', 'true');
    }
    await chen.locator('[data-crop]').check();
    await expect(li.locator('[data-crop]')).toBeChecked();
    await li.getByRole('slider', { name: 'Move apart' }).press('End');
    await expect(chen.getByRole('slider', { name: 'Move apart' })).toHaveAttribute('aria-valuetext', '100 %');
    await li.getByRole('button', { name: 'Show everything again' }).click();
    await expect(chen.locator('[data-crop]')).not.toBeChecked();
    await expect(chen.getByRole('button', { name: 'Show everything again' })).toBeDisabled();
  });

  await test.step('a board is written on by keyboard and drawn on by pointer and keys', async () => {
    await li.getByRole('textbox', { name: 'What it is about' }).fill('Plan');
    await li.keyboard.press('Enter');
    await chen.getByRole('textbox', { name: 'Write on the board' }).fill('biopsy first');
    await chen.keyboard.press('Enter');
    const written = li.locator('[data-board-marks] li');
    await expect(written.filter({ hasText: 'biopsy first' })).toHaveCount(1);
    const board = li.locator('.board-canvas');
    await board.scrollIntoViewIfNeeded();
    const box = await board.boundingBox();
    if (!box) throw new Error('the board has no place');
    await li.mouse.move(box.x + 20, box.y + 60);
    await li.mouse.down();
    for (const step of [40, 60, 80]) await li.mouse.move(box.x + step, box.y + 60 + step / 4);
    await li.mouse.up();
    const seen = chen.locator('[data-board-marks] li');
    await expect(seen).toHaveCount(2);
    // What is the other's stays theirs, but for the host, who takes away anybody's.
    await expect(seen.filter({ hasText: 'biopsy first' }).getByRole('button')).toHaveCount(1);
    await expect(seen.getByRole('button')).toHaveCount(1);
    await expect(written.getByRole('button')).toHaveCount(2);
    // By keys the pen begins in the middle, and its line ends where Enter is pressed once more.
    await board.focus();
    for (const key of ['Enter', 'Shift+ArrowRight', 'Enter', 'Enter']) await li.keyboard.press(key);
    await expect(seen).toHaveCount(3);
    await look(li, 'room-board', ['desktop', 'narrow']);
    await li.setViewportSize({ width: 1366, height: 768 });
    await li.getByRole('tab', { name: 'View' }).click();
  });

  await test.step('a picture of the stage goes into the record', async () => {
    await li.getByRole('button', { name: 'Take a picture' }).click();
    const dialog = li.getByRole('dialog', { name: 'Picture of the stage' });
    await dialog.getByRole('textbox', { name: 'Title' }).fill('Stage with the left lung');
    await li.keyboard.press('Enter');
    await expect(dialog.locator('.notice')).toContainText('The picture is kept in the record.');
    // The page behind it is silent: the dialog says it to those who listen.
    await expect(dialog.getByRole('status')).toContainText(/kept/);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  });

  await test.step('a page stands in the room, and each sees of it what they may', async () => {
    await li.getByRole('group', { name: 'Page' }).getByRole('button', { name: 'Images' }).click();
    await expect(li.frameLocator('.page-frame').locator('.top-bar')).toBeVisible();
    await li.getByRole('textbox', { name: 'Note for the others' }).fill('for Monday');
    await li.getByRole('button', { name: 'Put it into the room' }).click();
    const page = chen.locator('[data-page="/imaging"]').filter({ hasText: 'Images · for Monday' });
    await expect(page).toContainText('put there by');
    await page.getByRole('button', { name: /^Show on its board/ }).click();
    await expect(page.getByRole('button', { name: /^Show anew/ })).toBeVisible({ timeout: 60_000 });
    await look(chen, 'room-page', ['desktop', 'phone']);
    await page.getByRole('button', { name: /^Open/ }).click();
    await expect(chen.frameLocator('.page-frame').locator('.top-bar')).toBeVisible();
    await li.getByRole('textbox', { name: 'Address in this hospital' }).fill('https://elsewhere.example/imaging');
    await li.keyboard.press('Enter');
    await expect(li.getByText('This is no page of this hospital.')).toBeVisible();
    // What its address asks of a page comes with it.
    await li.getByRole('textbox', { name: 'Address in this hospital' }).fill('/imaging?modality=CT');
    await li.keyboard.press('Enter');
    await li.getByRole('button', { name: 'Put it into the room' }).click();
    await expect(chen.locator('[data-page="/imaging?modality=CT"]')).toBeVisible();
    await li.locator('[data-page="/imaging?modality=CT"]').getByRole('button', { name: /^Take away/ }).click();
    await li.getByRole('button', { name: 'Close the page' }).click();
    await li.locator('[data-page="/imaging"]').getByRole('button', { name: /^Take away/ }).first().click();
    await expect(page).toHaveCount(0);
  });

  await test.step('an order is done only when it is confirmed; everybody wears a colour and looks like a figure of their own', async () => {
    for (const page of [li, chen]) await page.getByRole('tab', { name: /^People/ }).click();
    await li.getByRole('textbox', { name: 'Order' }).fill('please show the bone');
    await li.keyboard.press('Enter');
    await expect(li.locator('[data-order="window:bone"]')).toContainText('Do: Bone?');
    await li.keyboard.press('Enter');
    await expect(li.locator('[data-order]')).toHaveCount(0);
    await chen.getByRole('tab', { name: 'View' }).click();
    await expect(chen.getByRole('radio', { name: 'Bone' })).toBeChecked();

    const pink = li.getByRole('radio', { name: 'Pink' });
    await pink.check({ force: true });
    await chen.getByRole('tab', { name: /^People/ }).click();
    await expect(chen.getByRole('radio', { name: /^Pink, worn by/ })).toBeDisabled();
    await li.getByRole('radiogroup', { name: 'My figure' }).locator('[value="5"]').check({ force: true });
    await expect(chen.locator('.people [data-figure="medical-5"]').first()).toBeVisible();
    await expect(chen.locator('.people [data-licence]')).toHaveCount(2);
    await look(li, 'room-people-colours', ['desktop', 'narrow']);
  });
});

test('with a headset one draws in space by hand, and chooses and moves by looking', async ({ browser }) => {
  const li = await withHeadset(browser, 'li.terminal');
  await askForConsultation(li);
  await li.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
  await showVolumeAlone(li);
  await li.getByRole('tab', { name: /^People/ }).click();
  await li.locator('[data-gaze]').check();
  await li.getByRole('tab', { name: 'View' }).click();
  await li.getByRole('button', { name: 'Enter VR' }).click();
  await frames(li);

  await press(li, 'controllers', 'tool:pen');
  const [x, y, z] = (await told(li)).transform.position_m;
  const facing = [0, 0, 0, 1] as const;
  await reach(li, 'controllers', { at: [x, y, z + 0.05], facing });
  await close(li, 'controllers', 1);
  for (const step of [0.02, 0.04, 0.06]) await reach(li, 'controllers', { at: [x + step, y, z + 0.05], facing });
  await close(li, 'controllers', 0);
  await expect(marks(li).filter({ hasText: 'Line' })).toHaveCount(1);

  // There is one pen: where the other hand takes it, what was drawn is a line of its own.
  await reach(li, 'controllers', { at: [x, y, z + 0.05], facing });
  await close(li, 'controllers', 1);
  await reach(li, 'controllers', { at: [x + 0.03, y, z + 0.05], facing });
  await reach(li, 'controllers', { at: [x - 0.06, y, z + 0.05], facing }, 'left');
  await close(li, 'controllers', 1, 'left');
  await reach(li, 'controllers', { at: [x - 0.03, y, z + 0.05], facing }, 'left');
  for (const hand of ['left', 'right'] as const) await close(li, 'controllers', 0, hand);
  await expect(marks(li).filter({ hasText: 'Line' })).toHaveCount(3);

  await gazeAt(li, 'window:bone');
  await expect.poll(async () => (await told(li)).window).toEqual({ centre_hu: 500, width_hu: 2000 });

  // Without any hand the eyes move it: step by step as long as they rest, and to where they look.
  await li.evaluate(() => {
    for (const one of [window.__xr?.controllers.left, window.__xr?.controllers.right]) if (one) one.connected = false;
  });
  const { scale } = (await told(li)).transform;
  await gazeAt(li, 'move:larger');
  await expect.poll(async () => (await told(li)).transform.scale / scale).toBeGreaterThan(1.4);
  const { rotation } = (await told(li)).transform;
  await gazeAt(li, 'move:turn-left');
  await expect.poll(async () => (await told(li)).transform.rotation).not.toEqual(rotation);
  await gazeAt(li, 'seek');
  await expect.poll(() => panelWords(li)).toContain('Look away from the panel');
  await stand(li, 0.6, 1);
  await expect.poll(async () => (await told(li)).transform.position_m[1]).toBeCloseTo(1.6, 1);
  await expect.poll(() => panelWords(li)).not.toContain('Look away from the panel');

  // So do they bring whoever looks to another place, and nobody else's view changes by it.
  const { position_m } = (await told(li)).transform;
  await gazeAt(li, 'go');
  await expect.poll(() => panelWords(li)).toContain('Look at the floor');
  await gazeAtFloor(li, 0, 1.5);
  await expect.poll(() => panelWords(li)).not.toContain('Look at the floor');
  const head = await li.evaluate(() => {
    const { renderer, rig: { rig } = {} } = window.__xrInside?.stage ?? {};
    const at = renderer && rig?.position.clone().setFromMatrixPosition(renderer.xr.getCamera().matrixWorld);
    return [at?.x ?? NaN, at?.z ?? NaN];
  });
  expect(Math.hypot((head[0] ?? NaN) - 0, (head[1] ?? NaN) - 1.5)).toBeLessThan(0.25);
  expect((await told(li)).transform.position_m).toEqual(position_m);

  // And they turn whoever has no thumbstick.
  const turned = (): Promise<number> => li.evaluate(() => window.__xrInside?.stage.rig.rig.rotation.y ?? NaN);
  const before = await turned();
  await gazeAt(li, 'turn:left');
  await expect.poll(async () => (await turned()) - before).toBeGreaterThan(0.5);
  await li.context().close();
});
