import type { Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { askForConsultation, sendRequest } from './consultation.ts';
import { distance, told, withHeadset } from './inside.ts';
import { SCREENS, expect, look, test, withoutStage } from './people.ts';
import { swipe } from './touch.ts';
import { FAKE_DEVICES } from './voices.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

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

/** Whose own account the demo has. */
const ZHAO = '37e97ea5-e2dc-4770-bb7d-93d02cfebb0c';

test('on a phone one enters by the door, turns, carries and scales the hologram, measures and speaks by touch', async ({ li, browser }) => {
  // Two cores draw the phone's stage; the other follows in numbers.
  await withoutStage(li);
  await li.goto(`/patients/${ZHAO}`);
  await li.getByRole('button', { name: 'Ask for consultation' }).click();
  await sendRequest(li, 'Seen from a phone');
  const wang = await withHeadset(browser, 'wang.nurse', { viewport: SCREENS.phone, hasTouch: true, isMobile: true });
  await wang.goto(new URL(li.url()).pathname);
  await expect(wang.locator('[data-at-door=waiting]')).toBeVisible();
  await li.getByRole('tab', { name: /^People/ }).click();
  await li.locator('[data-waiting-person="wang.nurse"]').getByRole('button', { name: /^Let in/ }).click();
  await expect(wang.locator('.room-bar .line-state')).toContainText('Live');
  await wang.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 240_000 });

  await test.step('two fingers scale, twist and carry, one turns; the other sees it', async () => {
    const box = await wang.locator('canvas.stage-canvas').boundingBox();
    if (!box) throw new Error('there is no stage');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await li.getByRole('tab', { name: /^View/ }).click();
    const size = li.getByRole('slider', { name: 'Size' });
    const before = (await told(wang)).transform;
    await swipe(wang, [[x - 30, y], [x - 60, y]], [[x + 30, y], [x + 60, y]]);
    await expect(size).toHaveAttribute('aria-valuetext', `${Math.round(before.scale * 200)} %`);
    const large = (await told(wang)).transform;
    expect(distance(large.position_m, before.position_m)).toBeLessThan(0.02);
    // A quarter of a turn, and back to the first size.
    await swipe(wang, [[x - 60, y], [x, y - 30]], [[x + 60, y], [x, y + 30]]);
    await expect.poll(async () => (await told(wang)).transform.scale / before.scale).toBeCloseTo(1, 1);
    expect(turnedBy(before.rotation, (await told(wang)).transform.rotation)).toBeCloseTo(Math.PI / 2, 1);
    await swipe(wang, [[x - 30, y], [x - 10, y - 30]], [[x + 30, y], [x + 50, y - 30]]);
    await expect.poll(async () => distance((await told(wang)).transform.position_m, before.position_m)).toBeGreaterThan(0.05);
    const carried = (await told(wang)).transform;
    await swipe(wang, [[x, y], [x + 60, y]]);
    await expect.poll(async () => turnedBy(carried.rotation, (await told(wang)).transform.rotation)).toBeGreaterThan(0.3);
    // The stage took the fingers: the page stays where it is.
    expect(await wang.evaluate(() => [window.scrollX, window.scrollY, window.visualViewport?.scale])).toEqual([0, 0, 1]);
  });

  await test.step('a length by two taps', async () => {
    const box = await wang.locator('canvas.stage-canvas').boundingBox();
    if (!box) throw new Error('there is no stage');
    const [x, y] = [box.x + box.width / 2 + 20, box.y + box.height / 2 - 30];
    await wang.locator('[data-tool=measure]').tap();
    await wang.touchscreen.tap(x - 8, y);
    await wang.touchscreen.tap(x + 8, y);
    await expect(li.locator('.marks li').first()).toContainText(/\d+\.\d mm/);
  });

  await test.step('a hand, a voice that is closed again, and words to read', async () => {
    await wang.getByRole('tab', { name: /^People/ }).tap();
    await expect(wang.locator('.people li')).toContainText(['(you)']);
    await li.getByRole('tab', { name: /^People/ }).click();
    await wang.getByRole('button', { name: 'Raise hand' }).tap();
    const row = li.locator('.people > li').filter({ hasText: 'Wang' });
    await expect(row).toContainText('hand up');
    await wang.getByRole('button', { name: 'Join voice' }).tap();
    const microphone = wang.locator('.voice-bar [data-source=microphone]');
    await expect(row).toContainText('muted');
    await microphone.tap();
    await expect(row).toContainText(/speaking|microphone open/);
    await microphone.tap();
    await expect(row).toContainText('muted');
    await li.getByLabel('Write a caption for everybody').fill('看右上叶 9 mm');
    await li.getByRole('button', { name: 'Say', exact: true }).click();
    await expect(wang.locator('.captions-list')).toContainText('看右上叶 9 mm');
  });

  await look(wang, 'room-phone-people', ['phone']);
  await wang.setViewportSize(SCREENS.phone);
  for (const [part, name] of [['case', 'case'], ['tools', 'view']] as const) {
    await wang.locator(`[data-tab=${part}]`).tap();
    await look(wang, `room-phone-${name}`, ['phone']);
    await wang.setViewportSize(SCREENS.phone);
  }
  await wang.locator('[data-tab=slices]').tap();
  await expect.poll(() => greys(wang, 'axial'), { timeout: 120_000 }).toBeGreaterThan(30);
  await look(wang, 'room-slices', ['phone']);
  await wang.context().close();
});

/** By how much two rotations differ, in radians. */
function turnedBy(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);
  return 2 * Math.acos(Math.min(1, Math.abs(dot)));
}

test('a room that one is not invited to stays shut', async ({ li }) => {
  await li.goto('/rooms/no-such-room');
  await expect(li.getByRole('alert')).toContainText('not invited');
});
