/** Two people in one room, in the place that its host says, or each in one of their own, one of them without 3D: what is done there is the same. */
import type { Page } from '@playwright/test';
import { askForConsultation } from './consultation.ts';
import { told, withHeadset } from './inside.ts';
import { expect, look, test } from './people.ts';

const LUNG = { centre_hu: -600, width_hu: 1500 };
const BONE = { centre_hu: 500, width_hu: 2000 };
const SCREEN = { viewport: { width: 1100, height: 640 } };

const seenPlace = (page: Page) => page.evaluate(() => window.__xrInside?.stage.surroundings);

test('each sees the room in the place they choose, or flat, and what is done is the same', async ({ browser }) => {
  const [li, chen] = await Promise.all([withHeadset(browser, 'li.terminal', SCREEN), withHeadset(browser, 'chen.expert', SCREEN)]);
  await askForConsultation(li);
  await chen.goto(li.url());
  await chen.getByRole('button', { name: 'Accept the consultation' }).click();
  for (const page of [li, chen]) await page.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
  await li.getByRole('tab', { name: 'View' }).click();
  const place = li.getByRole('combobox', { name: 'Place' });

  await test.step('a room opens in the place of its scenario', async () => {
    await expect(place).toHaveValue('');
    expect(await seenPlace(li)).toBe('consulting');
  });

  await test.step('another place is for oneself alone', async () => {
    await place.selectOption('operating');
    await expect.poll(() => seenPlace(li)).toBe('operating');
    expect(await seenPlace(chen)).toBe('consulting');
    await look(li, 'room-operating', ['desktop', 'narrow']);
    await li.setViewportSize(SCREEN.viewport);
    await li.getByRole('tab', { name: 'View' }).click();
  });

  await test.step('the host has the room be another place, for all who have chosen none of their own', async () => {
    const everybody = li.getByRole('combobox', { name: 'Everybody is in' });
    await li.getByRole('tab', { name: /^People/ }).click();
    await expect(everybody).toHaveValue('consulting');
    await everybody.selectOption('research');
    await expect.poll(() => seenPlace(chen)).toBe('research');
    expect(await seenPlace(li)).toBe('operating');
    await li.getByRole('tab', { name: 'View' }).click();
    await place.selectOption('');
    await expect.poll(() => seenPlace(li)).toBe('research');
    await chen.getByRole('tab', { name: 'View' }).click();
    await expect(chen.getByRole('combobox', { name: 'Place' })).toHaveValue('');
    await chen.getByRole('tab', { name: /^People/ }).click();
    await expect(chen.getByRole('button', { name: 'Raise hand' })).toBeVisible();
    await expect(chen.getByRole('combobox', { name: 'Everybody is in' })).toHaveCount(0);
    await li.getByRole('tab', { name: /^People/ }).click();
    await everybody.selectOption('consulting');
    await expect.poll(() => seenPlace(chen)).toBe('consulting');
    await li.getByRole('tab', { name: 'View' }).click();
  });

  await test.step('flat, the same is done: both see the window that is set there', async () => {
    await place.selectOption('flat');
    await expect(li.getByText('Plain view, without 3D').first()).toBeVisible();
    await expect(li.locator('.stage-canvas')).toBeHidden();
    // Who is where around the images is seen from above.
    await expect(li.locator('.table-fold .table-above > li')).toHaveCount(2);
    await expect(li.locator('.table-fold [data-own=true]')).toContainText('(you)');
    await li.getByRole('radio', { name: 'Lung' }).check({ force: true });
    await expect.poll(async () => (await told(chen)).window).toEqual(LUNG);
    await li.getByRole('radio', { name: 'Bone' }).check({ force: true });
    await expect.poll(async () => (await told(chen)).window).toEqual(BONE);
    await expect(li.locator('.slices canvas').first()).toBeVisible();
    const drawn = (plane: string) => li.locator(`.slices canvas[data-plane=${plane}]`).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const whole = await drawn('coronal');
    await li.locator('.slices canvas[data-plane=axial]').press('6');
    await li.locator('.slices canvas[data-plane=axial]').press('Enter');
    await expect.poll(async () => (await told(chen)).clip?.normal_lps).toEqual([0, 0, 1]);
    await expect.poll(() => drawn('coronal')).not.toBe(whole);
    await li.locator('.slices canvas[data-plane=axial]').press('Escape');
    await expect.poll(async () => (await told(chen)).clip).toBeNull();
    // The laser on a slice is a ray for who has 3D.
    const seesRay = () => chen.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('person')?.children[1]?.visible);
    await li.locator('.slices canvas[data-plane=axial]').press('2');
    await li.locator('.slices canvas[data-plane=axial]').press('ArrowRight');
    await expect.poll(seesRay).toBe(true);
    await li.locator('.slices canvas[data-plane=axial]').press('Escape');
    await expect.poll(seesRay).toBe(false);
    await li.getByRole('button', { name: 'Take a picture' }).click();
    const picture = li.getByRole('dialog', { name: 'Picture of the slices' });
    await expect(picture.getByRole('textbox', { name: 'Title' })).toHaveValue(/^Axial \d+\/\d+ · Coronal \d+\/\d+ · Sagittal \d+\/\d+ · /);
    await picture.getByRole('button', { name: 'Cancel' }).click();
    await look(li, 'room-flat', ['desktop', 'narrow', 'phone']);
    await li.setViewportSize(SCREEN.viewport);
  });

  await test.step('who wants no 3D finds it so again, until they choose a place', async () => {
    await li.reload();
    await expect(li.locator('.stage-canvas')).toBeHidden();
    await li.getByRole('tab', { name: 'View' }).click();
    await place.selectOption('consulting');
    await expect(li.locator('.stage-canvas')).toBeVisible();
    await expect.poll(() => seenPlace(li)).toBe('consulting');
  });
  await Promise.all([li.context().close(), chen.context().close()]);
});
