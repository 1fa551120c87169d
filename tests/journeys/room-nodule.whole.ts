/** In the room: somebody asks for the nodule at a place, all see what is there, it is taken back, and kept. */
import type { Locator, Page } from '@playwright/test';
import { CHEST_CT, accept, sendRequest, tab } from './consultation.ts';
import { SCREENS, expect, look, person, test } from './people.ts';
import { PATIENT } from './programme.ts';

type Three = readonly [number, number, number];
interface Manifest {
  readonly series: string;
  readonly size: Three;
  readonly spacing_mm: Three;
  readonly origin_lps_mm: Three;
  readonly lesions: readonly { readonly centre_lps_mm: Three; readonly mean_diameter_mm: number }[];
}

/** Where the middle of the marked lesion lies on an axial slice; the scan's axes are the patient's. */
async function placeOnAxial(slice: Locator, { size, spacing_mm, origin_lps_mm, lesions }: Manifest): Promise<{ x: number; y: number }> {
  const box = await slice.boundingBox();
  const centre = lesions[0]?.centre_lps_mm;
  if (!box || !centre) throw new Error('there is no slice, or no lesion');
  const [wide, high] = [size[0] * spacing_mm[0], size[1] * spacing_mm[1]];
  const scale = Math.min(box.width / wide, box.height / high);
  const along = (axis: 0 | 1): number => ((centre[axis] - origin_lps_mm[axis]) / spacing_mm[axis] + 0.5) * spacing_mm[axis] * scale;
  return { x: (box.width - wide * scale) / 2 + along(0), y: (box.height - high * scale) / 2 + along(1) };
}

/** How many pixels of a slice have the colour of what is proposed and not kept. */
const proposed = (slice: Locator): Promise<number> =>
  slice.evaluate((canvas: HTMLCanvasElement) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray(4);
    let found = 0;
    for (let at = 0; at < data.length; at += 4)
      if (Math.abs((data[at] ?? 0) - 127) < 12 && Math.abs((data[at + 1] ?? 0) - 227) < 12 && Math.abs((data[at + 2] ?? 0) - 220) < 12) found += 1;
    return found;
  });

const axial = (page: Page): Locator => page.locator('.slice-canvas[data-plane=axial]');
const asked = (page: Page): Locator => page.locator('[data-seed]');

test('a nodule is asked for in the room by mouse, keys and touch; all see it, and it is kept', async ({ browser }) => {
  test.setTimeout(600_000);
  const li = await person(browser, 'li.terminal');
  const chen = await person(browser, 'chen.expert');
  await li.goto(`/patients/${PATIENT}?ask`);
  const room = await sendRequest(li, 'Is this one nodule?', CHEST_CT);
  await accept(chen, room);
  const { series } = (await (await li.request.get(`/api/rooms/${room}`)).json()) as { series: string };
  for (const page of [li, chen]) await expect(page.locator('[data-volume=fine]')).toBeAttached();
  const manifest = (await (await li.request.get(`/api/series/${series}/volume`)).json()) as Manifest;

  // By mouse: the tool, then a click on the slice. The other sees the outline, and the same words.
  const before = await proposed(axial(chen));
  await li.getByRole('button', { name: 'Nodule', exact: true }).click();
  await axial(li).click({ position: await placeOnAxial(axial(li), manifest) });
  await expect(asked(li)).toHaveAttribute('data-state', 'found');
  await expect(asked(li)).toContainText(/1\d\.\d mm · [\d,]+ mm³ · Solid/);
  await tab(chen, 'View 1');
  await expect(asked(chen)).toHaveAttribute('data-state', 'found');
  const words = (await asked(li).locator('strong').textContent()) ?? '';
  await expect(asked(chen)).toContainText(words);
  await expect.poll(() => proposed(axial(chen))).toBeGreaterThan(before + 30);
  await look(li, 'room-nodule', ['desktop', 'narrow']);
  // Who may not add to the study can look and take it away, but keeps nothing.
  await expect(asked(chen).getByRole('button', { name: 'Keep with the study' })).toHaveCount(0);

  // It is taken back by who asked, for all.
  await li.getByRole('button', { name: 'Undo', exact: true }).click();
  for (const page of [li, chen]) await expect(asked(page)).toHaveCount(0);
  await expect.poll(() => proposed(axial(chen))).toBeLessThan(before + 30);

  // By keys: the tool's number, then Enter at the cross, on a slice and on the stage. Nothing is there beside the lung.
  await axial(chen).focus();
  await chen.getByRole('button', { name: 'Nodule', exact: true }).click();
  await axial(chen).focus();
  for (let step = 0; step < 40; step += 1) await chen.keyboard.press('Shift+ArrowUp');
  await chen.keyboard.press('Enter');
  await expect(asked(li)).toHaveAttribute('data-state', 'failed');
  await expect(asked(li)).toContainText('no nodule found');
  await asked(li).getByRole('button', { name: 'Take away' }).click();
  await expect(asked(chen)).toHaveCount(0);

  // By touch, on a phone.
  const phone = await person(browser, 'li.terminal', { viewport: SCREENS.phone, hasTouch: true, isMobile: true });
  await phone.goto(`/rooms/${room}`);
  await expect(phone.locator('[data-volume=fine]')).toBeAttached();
  await phone.getByRole('tab', { name: 'Slices' }).tap();
  await phone.getByRole('button', { name: 'Nodule', exact: true }).tap();
  // The cross is brought to the lesion's slice first.
  await li.evaluate(() => document.body.focus());
  await axial(phone).focus();
  await li.getByRole('button', { name: 'Nodule', exact: true }).click();
  await axial(li).click({ position: await placeOnAxial(axial(li), manifest) });
  await expect(asked(li)).toHaveAttribute('data-state', 'found');
  await axial(phone).tap({ position: await placeOnAxial(axial(phone), manifest) });
  await expect(asked(li)).toHaveCount(2);
  await expect(asked(li).nth(1)).toHaveAttribute('data-state', 'found');
  await phone.getByRole('tab', { name: /^View/ }).tap();
  await asked(phone).nth(1).getByRole('button', { name: 'Take away' }).tap();
  await expect(asked(li)).toHaveCount(1);
  await phone.context().close();

  // Kept as the viewer keeps it: with the study, as a lesion with an identity. The question is gone then.
  await asked(li).getByRole('button', { name: 'Keep with the study' }).click();
  await asked(li).getByLabel('Name', { exact: true }).fill('Nodule of the room');
  await look(li, 'room-nodule-keep', ['desktop', 'narrow'], 'en');
  await asked(li).getByRole('button', { name: 'Keep with the study' }).click();
  for (const page of [li, chen]) await expect(asked(page)).toHaveCount(0);
  const nodules = await (await li.request.get(`/api/series/${series}/nodules`)).json();
  const kept = nodules.kept.find(({ label }: { label: string }) => label === 'Nodule of the room');
  expect(kept.measures.mean_diameter_mm.toFixed(1)).toBe(words.split(' ')[0]);

  // The case in one minute knows it by that identity.
  await tab(chen, 'Case');
  await tab(chen, 'Summary');
  const tracked = chen.locator(`[data-tracked="${kept.tracking_uid}"]`);
  await expect(tracked).toContainText('Nodule of the room');
  await expect(tracked).toContainText('measured in one study so far');
  await look(chen, 'room-nodule-summary', ['desktop', 'narrow']);
  for (const page of [li, chen]) await page.context().close();
});
