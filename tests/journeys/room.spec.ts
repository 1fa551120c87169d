import type { Page } from '@playwright/test';
import { askForConsultation } from './consultation.ts';
import { SCREENS, choose, expect, look, test } from './people.ts';

/** How many different greys a slice shows: an empty one shows but a few. */
async function greys(li: Page, plane: string): Promise<number> {
  return li.locator(`canvas[data-plane=${plane}]`).evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement)) return 0;
    const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    const seen = new Set<number>();
    for (let at = 0; at < pixels.length; at += 4) seen.add(pixels[at] ?? 0);
    return seen.size;
  });
}

test('a room shows the scan in three linked slices, and takes a measurement by keyboard', async ({ li }) => {
  await askForConsultation(li);
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  await li.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
  for (const plane of ['axial', 'coronal', 'sagittal']) {
    await expect.poll(() => greys(li, plane), { timeout: 60_000 }).toBeGreaterThan(30);
  }

  // Two points on the axial slice, ten pixels apart, without a mouse.
  const axial = li.locator('canvas[data-plane=axial]');
  await li.locator('[data-tool=measure]').click();
  await expect(li.locator('[data-tool=measure]')).toHaveAttribute('aria-pressed', 'true');
  await axial.focus();
  await li.keyboard.press('Enter');
  await li.keyboard.press('Shift+ArrowRight');
  await li.keyboard.press('Enter');
  await li.getByRole('tab', { name: 'View' }).click();
  await expect(li.locator('.marks li').first()).toContainText(/\d+\.\d mm/);

  // What was measured goes beside the images, where every other program finds it.
  await li.getByRole('button', { name: 'Keep with the images' }).click();
  await expect(li.getByText(/Objects kept beside the images: [1-9]/)).toBeVisible({ timeout: 60_000 });

  // The window is the room's: it is still there after a reload, and so is the mark.
  await li.getByRole('radio', { name: 'Lung' }).check({ force: true });
  await expect(li.getByText('-600 HU')).toBeVisible();
  // The act must have reached the journal before the page goes away.
  await li.waitForTimeout(1_000);
  await li.reload();
  await li.getByRole('tab', { name: 'View' }).click();
  await expect(li.getByRole('radio', { name: 'Lung' })).toBeChecked();
  await expect(li.locator('.marks li').first()).toContainText(/\d+\.\d mm/);
  await li.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 120_000 });
  await look(li, 'room-view');

  await li.locator('canvas.stage-canvas').focus();
  await li.keyboard.press('?');
  await expect(li.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  await li.keyboard.press('Escape');
});

test('on a phone the slices are a tab, and people are named', async ({ li }) => {
  await askForConsultation(li);
  await li.setViewportSize(SCREENS.phone);
  await li.getByRole('tab', { name: 'Slices' }).click();
  await expect.poll(() => greys(li, 'axial'), { timeout: 120_000 }).toBeGreaterThan(30);
  await look(li, 'room-slices', ['phone']);
  await li.setViewportSize(SCREENS.phone);
  await choose(li, 'en');
  await li.getByRole('tab', { name: /People/ }).click();
  await expect(li.locator('.people li')).toContainText(['(you)']);
});

test('a room that one is not invited to stays shut', async ({ li }) => {
  await li.goto('/rooms/no-such-room');
  await expect(li.getByRole('alert')).toContainText('not invited');
});
