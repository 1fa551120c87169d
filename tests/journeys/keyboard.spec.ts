import type { Page } from '@playwright/test';
import { PASSWORD, expect, test } from './people.ts';

/** Tabs on until the focus is on what is wanted; a page must not take more steps than a person bears. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let step = 0; step < 60; step++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} is not reached by Tab`);
}

/** Whether the focus can be seen. */
async function focusIsShown(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused) return false;
    const beside = focused.matches('.segmented input') ? focused.nextElementSibling : focused;
    return beside !== null && getComputedStyle(beside).outlineStyle !== 'none';
  });
}

test('from the front door to the question for an expert by keyboard alone', async ({ page }) => {
  await page.goto('/');
  await page.locator('input[name=username]').waitFor();
  await tabTo(page, 'input[name=username]');
  expect(await focusIsShown(page)).toBe(true);
  await page.keyboard.type('li.terminal');
  await tabTo(page, 'input[name=password]');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.patient-line').first().waitFor();

  await tabTo(page, '.skip');
  await page.keyboard.press('Enter');
  await tabTo(page, 'input[type=search]');
  await tabTo(page, '.segmented input[value=all]');
  await page.keyboard.press('ArrowRight');
  await tabTo(page, '.patient-line');
  expect(await focusIsShown(page)).toBe(true);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/patients\//);

  await page.locator('.patient-head .button.primary').waitFor();
  await tabTo(page, '.patient-head .button.primary');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await tabTo(page, 'dialog input[type=radio]');
  await page.keyboard.press('Space');
  await tabTo(page, 'dialog textarea');
  await page.keyboard.type('Typed without a mouse');
  // The page behind cannot be reached while the dialog is open.
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press('Tab');
    const behind = await page.evaluate(() => document.activeElement?.closest('.top-bar, .page') !== null && !document.activeElement?.closest('dialog'));
    expect(behind).toBe(false);
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
