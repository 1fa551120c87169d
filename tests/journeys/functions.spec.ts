/** From the page of the ten functions each link leads to where that function is done, or to what one may see of it. */
import type { Page } from '@playwright/test';
import { expect, look, person, test } from './people.ts';

/** Where each link leads, and what stands there. */
const FUNCTIONS: Readonly<Record<string, readonly [string, (page: Page) => Promise<void>]>> = {
  monitoring: ['/devices', async (page) => expect(page.locator('tbody tr', { hasText: 'Bedside monitor 3' }).first()).toBeVisible()],
  tracing: ['/scenarios/ward-twin#floor', async (page) => expect(page.locator('#floor .floor-plan')).toBeVisible()],
  alarms: ['/scenarios/ward-twin#weeks', async (page) => expect(page.locator('#weeks')).toContainText('Alarms per bed-day, by week')],
  dispatch: ['/scenarios/ward-twin#dispatch', async (page) => expect(page.locator('#dispatch [data-missions]')).toBeVisible()],
  plans: ['/scenarios/ward-twin#plans', async (page) => expect(page.locator('#plans')).toContainText('Runs and exercises of the last year')],
  // A manager sees counts there, and no account.
  security: [
    '/security',
    async (page) => {
      await expect(page.locator('[data-actions] tbody tr').first()).toContainText(/\d/);
      await expect(page.locator('main')).not.toContainText('sun.manager');
    },
  ],
  maintenance: ['/devices#maintenance', async (page) => expect(page.locator('#maintenance h2')).toBeInViewport()],
  upgrades: ['/devices#upgrades', async (page) => expect(page.locator('#upgrades h2')).toBeInViewport()],
  desktop: ['/scenarios/ward-twin#figures', async (page) => expect(page.locator('#figures .desk-ward').first()).toBeInViewport()],
  decision: [
    '/quality',
    async (page) => {
      // Weeks of the wards and figures from home stand there too, as a file as well.
      await page.getByRole('tab', { name: 'Wards and home' }).click();
      await expect(page.locator('[data-weeks] tbody tr').first()).toContainText(/\d/);
      await expect(page.locator('[data-at-home] tbody tr').first()).toContainText(/\d/);
      const file = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Take it all as CSV' }).click();
      expect((await file).suggestedFilename()).toBe('figures.csv');
    },
  ],
};

test('each of the ten functions has figures, and a way to where it is done', async ({ browser }) => {
  const manager = await person(browser, 'sun.manager', { locale: 'en-GB' });
  await manager.goto('/functions');
  await expect(manager.locator('.function')).toHaveCount(Object.keys(FUNCTIONS).length);
  await look(manager, 'functions', ['desktop', 'narrow']);
  for (const [name, [path, shown]] of Object.entries(FUNCTIONS)) {
    await test.step(name, async () => {
      await manager.goto('/functions');
      const one = manager.locator(`[data-function=${name}]`);
      await expect(one.locator('tbody tr').first()).toContainText(/\d/);
      await one.getByRole('link').click();
      await expect(manager).toHaveURL((url) => url.pathname + url.hash === path);
      await shown(manager);
    });
  }
});

test('a small screen and large letters need no way sideways', async ({ browser }) => {
  const manager = await person(browser, 'sun.manager', { locale: 'en-GB' });
  await manager.setViewportSize({ width: 320, height: 640 });
  await manager.goto('/quality');
  await expect(manager.locator('#gateway')).toBeVisible();
  expect(await manager.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await manager.addStyleTag({ content: 'html { font-size: 200% }' });
  for (const width of [320, 768, 1024, 1366]) {
    await manager.setViewportSize({ width, height: 768 });
    const wide = await manager.locator('.top-bar').evaluate((bar) => bar.scrollWidth - bar.clientWidth);
    expect(wide, `the bar of a window ${width} px wide`).toBeLessThanOrEqual(0);
  }
});
