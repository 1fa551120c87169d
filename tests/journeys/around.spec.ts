import { CHROMIUM } from './chromium.ts';
import { accept, askForConsultation, tab } from './consultation.ts';
import { expect, look, person, test } from './people.ts';
import { FAKE_DEVICES, countLines, join, received } from './voices.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

test('one shows all that is around a place, another looks round in it, and the host ends it', async ({ browser }) => {
  const [li, chen] = await Promise.all([person(browser, 'li.terminal'), person(browser, 'chen.expert')]);
  for (const page of [li, chen]) await countLines(page);
  await li.goto('/');
  await askForConsultation(li);
  const id = new URL(li.url()).pathname.split('/').at(-1) ?? '';
  await chen.goto('/');
  await accept(chen, id);
  for (const page of [li, chen]) await join(page);

  await tab(chen, 'People 2');
  await chen.getByRole('button', { name: 'Show this camera as 360°' }).click();
  const told = li.locator('[data-around=other]');
  await expect(told).toContainText('shows a 360° picture');
  await expect(chen.locator('[data-around=own]')).toContainText('You show a 360° picture');
  await expect.poll(async () => (await received(li)).pictures).toBeGreaterThan(5);

  // Li looks round by the keys, sees it flat, and comes back to the room.
  // Where drawing holds a machine up, its line is taken for a narrow one, and carries the picture a moment later.
  await told.getByRole('button', { name: 'Look round in it' }).click({ timeout: 180_000 });
  const view = li.getByRole('application', { name: 'The 360° picture, all around you' });
  await expect(view).toBeFocused();
  for (let step = 0; step < 6; step++) await li.keyboard.press('ArrowRight');
  await expect(li.locator('.around-bar')).toContainText('You look 45° to the right of ahead.');
  const { width, height } = (await view.boundingBox()) ?? { width: 0, height: 0 };
  await view.hover({ position: { x: width / 2, y: height / 2 } });
  await li.mouse.down();
  await li.mouse.move(width / 2 + 200, height / 2);
  await li.mouse.up();
  await expect(li.locator('.around-bar')).not.toContainText('You look 45° to the right of ahead.');
  await look(li, 'room-around', ['desktop', 'narrow']);
  await li.getByText('Flat', { exact: true }).click();
  await expect(view).toHaveCount(0);
  await expect(li.locator('.around video')).toBeVisible();
  await li.keyboard.press('Escape');
  await expect(li.locator('.around')).toHaveCount(0);

  // Li is the host, and ends it: Chen's camera is given back.
  await told.getByRole('button', { name: 'End the 360° picture' }).click();
  await expect(told).toHaveCount(0);
  await expect(chen.locator('[data-around]')).toHaveCount(0);
  await expect(chen.getByRole('button', { name: 'Show this camera as 360°' })).toBeVisible();
  for (const page of [li, chen]) await page.context().close();
});
