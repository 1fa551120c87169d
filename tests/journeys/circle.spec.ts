/** People who meet without images: a laser, boards that are carried, showing the way and keeping order, with a headset and without. */
import type { Page } from '@playwright/test';
import { close, distance, feelTicks, frames, leave, panelWords, press, reach, stand, ticks, withHeadset } from './inside.ts';
import type { Three } from './inside.ts';
import { SCREENS, expect, look, test } from './people.ts';

const PATH = '/rooms/patients-circle';
const AHEAD = [0, 0, 0, 1] as const;
const MINUTE_ms = 60_000;

/** Where the other's ray ends as this browser draws it; nowhere while they do not point. */
async function pointedAt(page: Page): Promise<Three | undefined> {
  return page.evaluate(() => {
    const [, ray, dot] = window.__xrInside?.stage.scene.getObjectByName('person')?.children ?? [];
    return ray?.visible && dot ? ([dot.position.x, dot.position.y, dot.position.z] as const) : undefined;
  });
}

/** Where this browser draws the board. */
async function boardAt(page: Page): Promise<Three> {
  return page.evaluate(() => {
    const at = window.__xrInside?.stage.scene.getObjectByName('board')?.position;
    return [at?.x ?? NaN, at?.y ?? NaN, at?.z ?? NaN] as const;
  });
}

/** How many lines in the air this browser draws. */
const linesIn = (page: Page): Promise<number> =>
  page.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('air-lines')?.getObjectsByProperty('name', 'air-line').length ?? NaN);

/** The room is the same for all who go through it: no board stays there. */
async function takeAway(page: Page): Promise<void> {
  const away = page.getByRole('button', { name: /^Take the board away/ });
  for (let left = await away.count(); left > 0; left--) {
    await away.first().press('Enter');
    await expect(away).toHaveCount(left - 1);
  }
}

test('people meet without images with a headset and without: they point, carry a board, show the way and keep order', async ({ browser }) => {
  const [li, chen] = await Promise.all([withHeadset(browser, 'li.terminal'), withHeadset(browser, 'chen.expert')]);
  await li.goto(PATH);
  await expect(li.locator('[data-gathering=place]')).toBeVisible();
  await chen.setViewportSize(SCREENS.desktop);
  await chen.goto(PATH);
  const [door, place] = [chen.getByRole('heading', { name: 'You are waiting to be let in' }), chen.locator('[data-gathering=place]')];
  await expect(door.or(place)).toBeVisible();
  // Who was let in comes and goes for some hours.
  if (await door.isVisible()) await li.locator('[data-waiting-person="chen.expert"]').getByRole('button', { name: /^Let in/ }).press('Enter');
  await expect(place).toBeVisible();
  await expect(chen.locator('.room-bar .line-state')).toContainText('Live');

  await test.step('a board is put up, moved by buttons and carried by mouse', async () => {
    await chen.getByRole('tab', { name: 'View' }).click();
    await takeAway(chen);
    await chen.getByRole('textbox', { name: 'What it is about' }).fill('Rules');
    await chen.keyboard.press('Enter');
    await expect.poll(() => boardAt(li)).toEqual([1.35, 1.45, -0.75]);
    await chen.getByText('Move and turn').click();
    const steps = chen.getByRole('group', { name: 'Move and turn Board Rules' });
    for (let step = 0; step < 2; step++) await steps.getByRole('button', { name: 'Nearer' }).press('Enter');
    // Two steps to the front of it, faster than the room answers.
    await expect.poll(async () => distance(await boardAt(li), [1.35 - 0.3 * Math.sin(Math.PI / 6), 1.45, -0.75 + 0.3 * Math.cos(Math.PI / 6)])).toBeLessThan(0.01);
    await expect(chen.getByRole('combobox', { name: 'Stands Board Rules' })).toHaveValue('');
    await look(chen, 'circle-board', ['desktop', 'phone']);
    await chen.setViewportSize(SCREENS.desktop);
    await chen.getByRole('combobox', { name: 'Stands Board Rules' }).selectOption('left');
    await expect.poll(() => boardAt(li)).toEqual([-1.35, 1.45, -0.75]);
    // It is seen to the left of the table; whoever drags it carries it.
    const box = await chen.locator('canvas.stage-canvas').boundingBox();
    if (!box) throw new Error('nothing is drawn');
    const [x, y] = [box.x + box.width / 2 - 0.54 * box.height, box.y + box.height * 0.39];
    await chen.mouse.move(x, y);
    await chen.mouse.down();
    await chen.mouse.move(x + 60, y, { steps: 4 });
    await chen.mouse.up();
    await expect.poll(async () => (await boardAt(li))[0]).toBeGreaterThan(-1.3);
    // It is brought back by what is there for whoever has no mouse.
    await chen.getByRole('combobox', { name: 'Stands Board Rules' }).selectOption('left');
    await expect.poll(() => boardAt(li)).toEqual([-1.35, 1.45, -0.75]);
  });

  await test.step('the laser of a screen is seen by the other', async () => {
    await chen.locator('[data-tool=point]').click();
    const box = await chen.locator('canvas.stage-canvas').boundingBox();
    if (!box) throw new Error('nothing is drawn');
    await chen.mouse.move(box.x + box.width / 2, box.y + box.height * 0.62);
    await expect.poll(async () => (await pointedAt(li))?.[1]).toBeLessThan(1);
    await look(chen, 'circle-laser', ['desktop', 'phone']);
    await chen.setViewportSize(SCREENS.desktop);
    // Keys lead it from the middle of what is seen: down onto the table, and to the right.
    await chen.mouse.move(0, 0);
    await chen.locator('canvas.stage-canvas').focus();
    for (const way of ['Down', 'Down', 'Right', 'Right']) await chen.keyboard.press(`Shift+Arrow${way}`);
    await expect.poll(async () => (await pointedAt(li))?.[0]).toBeGreaterThan(0.1);
    expect((await pointedAt(li))?.[1]).toBeLessThan(1);
  });

  await test.step('a line in the air is drawn by mouse, and by keyboard, and taken back', async () => {
    await chen.locator('[data-tool=pen]').click();
    const box = await chen.locator('canvas.stage-canvas').boundingBox();
    if (!box) throw new Error('nothing is drawn');
    const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.3];
    await chen.mouse.move(x - 60, y);
    await chen.mouse.down();
    for (const step of [-40, -20, 0, 20, 40]) await chen.mouse.move(x + step, y - step / 3);
    await chen.mouse.up();
    await expect.poll(() => linesIn(li)).toBe(1);
    await expect(li.locator('[aria-live]').filter({ hasText: 'drew a line in the air' })).not.toHaveCount(0);
    await expect(chen.locator('[data-lines] li')).toHaveCount(1);
    await look(chen, 'circle-line', ['desktop', 'phone']);
    await chen.setViewportSize(SCREENS.desktop);
    await chen.locator('canvas.stage-canvas').focus();
    for (const key of ['Enter', 'Shift+ArrowRight', 'Enter', 'Enter']) await chen.keyboard.press(key);
    await expect.poll(() => linesIn(li)).toBe(2);
    for (let left = 2; left > 0; left--) {
      await chen.keyboard.press('Control+z');
      await expect.poll(() => linesIn(li)).toBe(left - 1);
    }
    await chen.locator('[data-tool=turn]').click();
  });

  await test.step('a headset has the panel without what is about images, and a laser', async () => {
    await li.getByRole('button', { name: 'Enter VR' }).click();
    await frames(li);
    const words = await panelWords(li);
    expect(words).toMatch(/Tools\nRoom\nMe\n/);
    expect(words).not.toMatch(/Lung|Parts/);
    await press(li, 'controllers', 'tool:point');
    // Straight down onto the table.
    await reach(li, 'controllers', { at: [0.1, 1.3, 0.1], facing: [-Math.SQRT1_2, 0, 0, Math.SQRT1_2] });
    await expect.poll(async () => distance((await pointedAt(chen)) ?? [9, 9, 9], [0.1, 0.86, 0.1])).toBeLessThan(0.05);
  });

  await test.step('a hand draws in the air where it is', async () => {
    await press(li, 'controllers', 'tool:pen');
    await reach(li, 'controllers', { at: [0.2, 1.3, 0.5], facing: AHEAD });
    await close(li, 'controllers', 1);
    for (const step of [0.05, 0.1, 0.15]) await reach(li, 'controllers', { at: [0.2 + step, 1.3 + step, 0.5], facing: AHEAD });
    await close(li, 'controllers', 0);
    await expect.poll(() => linesIn(chen)).toBe(1);
    await press(li, 'controllers', 'undo');
    await expect.poll(() => linesIn(chen)).toBe(0);
  });

  await test.step('a hand takes the board and carries it: the other sees it move, and whose hand it is in', async () => {
    await press(li, 'controllers', 'tool:turn');
    await reach(li, 'controllers', { at: [-1.3, 1.45, -0.7], facing: AHEAD });
    await close(li, 'controllers', 1);
    await reach(li, 'controllers', { at: [-1.0, 1.6, -0.4], facing: AHEAD });
    await expect.poll(async () => distance(await boardAt(chen), [-1.05, 1.6, -0.45])).toBeLessThan(0.05);
    const words = chen.locator('[data-hands=held]');
    await expect(words).toContainText(/has the board “Rules” in hand/);
    await words.getByRole('button', { name: /^Ask for it/ }).press('Enter');
    await expect.poll(() => panelWords(li)).toMatch(/Chen.* asks for the board “Rules”/);
    await press(li, 'controllers', 'hand:keep', 'left');
    await close(li, 'controllers', 0);
    await expect(words).toHaveCount(0);
    await expect.poll(async () => distance(await boardAt(chen), [-1.05, 1.6, -0.45])).toBeLessThan(0.05);
  });

  await test.step('everybody is brought to where one stands', async () => {
    await stand(li, 1.1, 0.5);
    await press(li, 'controllers', 'gather');
    await expect.poll(() => chen.evaluate(() => window.__xrInside?.stage.ownView?.yaw ?? NaN)).toBeCloseTo(Math.atan2(1.1, 0.5), 1);
    await expect(chen.locator('[aria-live]').filter({ hasText: 'has brought everybody to their view' })).not.toHaveCount(0);
  });

  await test.step('order is kept from inside, with a reason', async () => {
    await press(li, 'controllers', 'page:room');
    await press(li, 'controllers', 'keep:all');
    expect(await panelWords(li)).toMatch(/Chen/);
    await press(li, 'controllers', 'keep:warn');
    expect(await panelWords(li)).toMatch(/^Warn: .*Choose why/m);
    await press(li, 'controllers', 'keep:because:unkind');
    await expect(chen.locator('[aria-live]').filter({ hasText: 'Insults or harasses somebody' })).not.toHaveCount(0);
    await press(li, 'controllers', 'page:room');
  });

  await test.step('everybody is moved to another place from inside, and back', async () => {
    for (const place of ['ward', 'teaching']) {
      await press(li, 'controllers', 'page:place');
      await press(li, 'controllers', `place:${place}`);
      await expect.poll(() => chen.evaluate(() => window.__xrInside?.stage.surroundings)).toBe(place);
      await press(li, 'controllers', 'back:room');
    }
  });

  await test.step('that a rest is due is said and felt inside', async () => {
    await feelTicks(li);
    await li.clock.setSystemTime(new Date(Date.now() + 46 * MINUTE_ms));
    await expect.poll(() => panelWords(li), { timeout: 30_000 }).toMatch(/You have been in rooms for \d+ minutes/);
    expect(await ticks(li)).toContainEqual([0.6, 120]);
    await press(li, 'controllers', 'stay');
    expect(await panelWords(li)).not.toMatch(/You have been in rooms/);
  });

  await test.step('in augmented reality people and board stand in the real room, without the place', async () => {
    await leave(li);
    await li.getByRole('button', { name: 'Enter AR' }).click();
    await frames(li);
    const seen = await li.evaluate(() => ['backdrop', 'person', 'board'].map((name) => window.__xrInside?.stage.scene.getObjectByName(name)?.visible));
    expect(seen).toEqual([false, true, true]);
    await leave(li);
  });

  await test.step('a recording is replayed in the place, with those who were there and what stood there', async () => {
    await li.setViewportSize(SCREENS.desktop);
    await li.getByRole('tab', { name: /^People/ }).press('Enter');
    await li.getByRole('button', { name: 'Record this room' }).press('Enter');
    await chen.getByRole('button', { name: 'I agree', exact: true }).press('Enter');
    await expect(li.locator('[data-recording=running]')).toBeVisible();
    await li.waitForTimeout(2_000);
    await chen.getByRole('button', { name: 'I no longer agree' }).press('Enter');
    await expect(li.locator('[data-recording]')).toHaveCount(0);
    await li.getByRole('link', { name: 'Recordings of this room' }).press('Enter');
    await li.getByRole('link', { name: /^Replay of/ }).first().press('Enter');
    await expect(li.locator('[data-replay]')).toBeVisible();
    // What is looked at is the replay's own from its beginning.
    await li.reload();
    await expect(li.locator('[data-replay] [data-gathering=place]')).toBeVisible();
    await expect(li.getByRole('button', { name: 'Enter VR' })).toBeVisible();
    await expect.poll(() => li.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('person') !== undefined)).toBe(true);
    await li.getByRole('tab', { name: 'What is there' }).click();
    await expect(li.locator('[data-standing]')).toContainText('Board Rules');
  });
  await takeAway(chen);
  for (const page of [li, chen]) await page.context().close();
});
