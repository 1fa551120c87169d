import type { Locator } from '@playwright/test';
import { expect, look, person, test } from './people.ts';

test('a doctor makes a teaching case; a trainee measures, answers once, and sees why', async ({ browser, li }) => {
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').filter({ hasText: 'YY100001' }).first().click();
  const name = (await li.getByRole('heading', { level: 1 }).textContent()) ?? '';
  await li.getByRole('button', { name: 'Teaching case' }).click();
  const dialog = li.getByRole('dialog');
  await dialog.getByLabel('Images', { exact: true }).selectOption({ label: await chest(dialog) });
  for (const [question, answer] of [
    ['Nodule type', 'solid'],
    ['Spiculation', 'no'],
    ['In an upper lobe', 'yes'],
    ['Extrathoracic cancer more than 5 years ago', 'no'],
  ] as const) {
    await dialog.getByLabel(question, { exact: true }).selectOption(answer);
  }
  await dialog.getByLabel('Number of nodules').fill('1');
  await look(li, 'teaching-make', ['desktop', 'narrow'], 'en');
  await dialog.getByLabel(/I have looked at the images/).check();
  await dialog.getByRole('button', { name: 'Make the case' }).click();
  await expect(li).toHaveURL(/\/teaching\/teaching-/);
  await expect(li.getByRole('heading', { name: 'Questions and answers' })).toBeVisible();
  await look(li, 'teaching-own', ['desktop', 'narrow']);

  const zhou = await person(browser, 'zhou.trainee');
  await zhou.getByRole('link', { name: 'Teaching', exact: true }).click();
  await look(zhou, 'teaching-list', ['desktop', 'narrow']);
  await zhou.getByRole('link', { name: /^Open/ }).first().click();
  const picture = zhou.getByRole('application');
  await expect(picture.locator('img')).toHaveJSProperty('complete', true);
  await expect.poll(() => picture.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  expect(await zhou.locator('main').textContent()).not.toContain(name);
  await expect(zhou.getByText('Right answer')).toHaveCount(0);

  // Measured by keyboard: ten pixels to the right.
  await picture.focus();
  await zhou.keyboard.press('ArrowRight');
  await zhou.keyboard.press('Enter');
  await zhou.keyboard.press('Shift+ArrowRight');
  await zhou.keyboard.press('Enter');
  await expect(zhou.locator('p[role=status] strong')).toHaveText(/^\d+\.\d mm$/);

  await zhou.getByLabel('What type of nodule is it?').selectOption('solid');
  await zhou.getByLabel(/mean diameter by the rule/).fill('12');
  await expect(zhou.getByText(/still open/)).toBeVisible();
  await look(zhou, 'teaching-case', ['desktop', 'narrow']);
  await zhou.getByRole('button', { name: 'Answer and see what is right' }).click();
  await expect(zhou.getByRole('heading', { name: /Result: [12] of \d right/ })).toBeVisible();
  await expect(zhou.getByText('13 mm', { exact: true })).toBeVisible();
  await expect(zhou.getByText(/MacMahon/).first()).toBeVisible();
  await look(zhou, 'teaching-result', ['desktop', 'narrow']);
  await zhou.reload();
  await expect(zhou.getByRole('heading', { name: /Result/ })).toBeVisible();
  await zhou.context().close();
});

/** The words of the series with the nodule. */
async function chest(dialog: Locator): Promise<string> {
  const words = await dialog.locator('option').allTextContents();
  return words.find((one) => one.startsWith('Chest')) ?? '';
}
