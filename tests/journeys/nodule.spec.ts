/** A nodule from a click to its growth: found, mended, taken back, kept, seen again, compared with the prior study. */
import type { Locator, Page } from '@playwright/test';
import { PHANTOM, storePhantom } from './phantom.ts';
import { expect, look, person, test } from './people.ts';

/** Identifiers of this run alone. */
const RUN = `1.2.826.0.1.3680043.8.498.${Date.now()}`;
const PRIOR = { study: `${RUN}.1`, series: `${RUN}.1.1`, day: '20250310', radius_mm: 4 } as const;
const CURRENT = { study: `${RUN}.2`, series: `${RUN}.2.1`, day: '20260309', radius_mm: 5.5 } as const;

/** Opens a phantom at the slice through the ball. */
async function open(page: Page, { study, series }: { study: string; series: string }): Promise<Locator> {
  await page.goto(`/imaging/${study}?series=${series}`);
  const pane = page.locator('.viewer-pane').first();
  await expect(pane.locator('.label-place')).toContainText('/ 64');
  await pane.locator('.viewer-slider').fill(String(PHANTOM.slice + 1));
  await expect(pane).toHaveAttribute('data-loading', 'false');
  return pane;
}

/** Where a pixel of the picture lies on the canvas. */
async function placeOf(pane: Locator, x: number, y: number): Promise<{ x: number; y: number }> {
  const box = await pane.locator('canvas').boundingBox();
  if (!box) throw new Error('the pane is not shown');
  const scale = Math.min(box.width / PHANTOM.columns, box.height / PHANTOM.rows);
  return { x: box.width / 2 + (x - (PHANTOM.columns - 1) / 2) * scale, y: box.height / 2 + (y - (PHANTOM.rows - 1) / 2) * scale };
}

/** How many pixels of a pane have nearly this colour. */
function count(pane: Locator, [red, green, blue]: readonly [number, number, number]): Promise<number> {
  return pane.locator('canvas').evaluate(
    async (canvas: HTMLCanvasElement, [r, g, b]) => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray(4);
      let found = 0;
      const near = (at: number, value: number): boolean => Math.abs((data[at] ?? 0) - value) < 30;
      for (let at = 0; at < data.length; at += 4) if (near(at, r) && near(at + 1, g) && near(at + 2, b)) found += 1;
      return found;
    },
    [red, green, blue] as const,
  );
}
const IN_HAND = [127, 227, 220] as const;
const KEPT = [245, 197, 24] as const;
const MODEL = [255, 138, 209] as const;

/** The volume in the table of measurements, mm³. */
async function volume(page: Page): Promise<number> {
  const cell = page.locator('.nodule-measures tr').filter({ has: page.getByText('Volume', { exact: true }) }).locator('td').last();
  return Number.parseFloat((await cell.textContent()) ?? '');
}

async function shown(page: Page): Promise<void> {
  await expect(page.locator('.nodule-in-hand')).toHaveAttribute('data-nodule', 'shown');
}

test('a nodule is found by a click, mended, taken back, kept and seen again; in the next study it has grown', async ({ browser, li }) => {
  await storePhantom(li, PRIOR);
  await storePhantom(li, CURRENT);
  const pane = await open(li, PRIOR);
  const canvas = pane.locator('canvas');
  await canvas.focus();
  await li.keyboard.press('1');
  await li.keyboard.press('j');
  await expect(li.getByRole('tab', { name: 'Nodules' })).toHaveAttribute('aria-selected', 'true');

  // The program suggests the ball. It is put aside with a reason, and stands again.
  const candidates = li.locator('.nodule-candidates');
  await expect(candidates.locator('[data-candidate]')).toHaveCount(1);
  await candidates.getByRole('button', { name: /^Put aside/ }).click();
  await candidates.getByLabel('What is it?').selectOption('Vessel');
  await candidates.getByText('Put aside: 1').click();
  await expect(candidates.locator('[data-candidate]')).toContainText('Vessel');
  await candidates.getByRole('button', { name: /^Let stand again/ }).click();
  await candidates.getByRole('button', { name: /^Show/ }).click();
  await look(li, 'nodule-candidates', ['desktop', 'narrow']);

  // Beside the lung there is none, and it is said why.
  await canvas.click({ position: await placeOf(pane, 4, 4) });
  await expect(li.locator('.nodule-in-hand')).toHaveAttribute('data-nodule', 'failed');
  await expect(li.locator('.nodule-in-hand').getByRole('alert')).toContainText('That did not work');

  await canvas.click({ position: await placeOf(pane, PHANTOM.x, PHANTOM.y) });
  await shown(li);
  await expect.poll(() => count(pane, IN_HAND)).toBeGreaterThan(30);
  const found = await volume(li);
  expect(found).toBeGreaterThan(200);
  expect(found).toBeLessThan(340);
  await look(li, 'nodule-found', ['desktop', 'phone', 'narrow']);

  // Its features by the standard's names, with the settings that they were computed by.
  await li.getByText('Features as IBSI names them').click();
  await expect(li.getByRole('table', { name: 'Morphology' })).toContainText('sphericity');
  await expect(li.locator('.nodule-features')).toContainText('Bins of 25 HU');
  await look(li, 'nodule-features', ['desktop', 'narrow']);
  await li.getByText('Features as IBSI names them').click();

  // A model that somebody else trained is asked, and says what its card allows it to say.
  await li.getByRole('button', { name: 'Ask the installed models (2)' }).click();
  const model = li.locator('[data-model=mean-of-crop]');
  await expect(model).toHaveAttribute('data-outcome', 'probability');
  await expect(model).toContainText(/mean density, scaled: 5[01]\.\d %/);
  // Another draws an outline: it is seen beside the one in hand, in its own colour, and can be hidden.
  const drawn = li.locator('[data-model=dense-of-crop]');
  await expect(drawn).toHaveAttribute('data-outcome', 'mask');
  await expect(drawn).toContainText(/overlap \(Dice\) 0\.[89]/);
  await expect.poll(() => count(pane, MODEL)).toBeGreaterThan(10);
  await look(li, 'nodule-model', ['desktop', 'narrow']);
  await drawn.getByRole('checkbox', { name: 'the model’s outline' }).uncheck();
  await expect.poll(() => count(pane, MODEL)).toBe(0);
  expect(await count(pane, IN_HAND)).toBeGreaterThan(30);
  await drawn.getByRole('checkbox', { name: 'the model’s outline' }).check();

  // A stroke through slices makes it larger; it is taken back as one and done again.
  await canvas.focus();
  await li.keyboard.press('u');
  await li.keyboard.press(']');
  await expect(li.locator('.nodule-in-hand output')).toHaveText('3.5 mm');
  await li.getByText('3D ball').click();
  const [from, to] = [await placeOf(pane, PHANTOM.x + 3, PHANTOM.y), await placeOf(pane, PHANTOM.x + 6, PHANTOM.y)];
  const box = await canvas.boundingBox();
  await li.mouse.move((box?.x ?? 0) + from.x, (box?.y ?? 0) + from.y);
  await li.mouse.down();
  await li.mouse.move((box?.x ?? 0) + to.x, (box?.y ?? 0) + to.y, { steps: 4 });
  await li.mouse.up();
  await shown(li);
  await expect(li.getByText('edited by hand')).toBeVisible();
  const larger = await volume(li);
  expect(larger).toBeGreaterThan(found * 1.3);
  // What the model said was of another outline.
  await expect(model).toHaveCount(0);
  await expect.poll(() => count(pane, MODEL)).toBe(0);
  await look(li, 'nodule-brushed', ['desktop'], 'en');
  await canvas.focus();
  await li.keyboard.press('Control+z');
  await shown(li);
  expect(await volume(li)).toBe(found);
  await li.keyboard.press('Control+y');
  await shown(li);
  expect(await volume(li)).toBe(larger);
  await li.keyboard.press('Control+z');
  await shown(li);
  // By keys alone: the pen is led, and Enter rubs out.
  await li.keyboard.press('y');
  await canvas.focus();
  const aside = Math.round(PHANTOM.x - (PHANTOM.columns - 1) / 2);
  for (let step = 0; step < aside; step++) await li.keyboard.press('ArrowRight');
  await li.keyboard.press('Enter');
  await expect(li.getByText('edited by hand')).toBeVisible();
  await shown(li);
  await canvas.focus();
  await li.keyboard.press('Control+z');
  await shown(li);
  expect(await volume(li)).toBe(found);

  await li.getByLabel('Name', { exact: true }).fill('Left 1');
  await li.getByRole('button', { name: 'Keep with the study' }).click();
  const kept = li.locator('[data-kept]');
  await expect(kept).toContainText('Left 1');
  await expect.poll(() => count(pane, KEPT)).toBeGreaterThan(30);

  // It is a lesion of the patient's twin, and there after a reload; its outline can be hidden.
  const about = await (await li.request.get(`/api/imaging/studies/${PRIOR.study}`)).json();
  const twin = await (await li.request.get(`/api/patients/${about.patient}/twin`)).json();
  expect(twin.lesions.filter((lesion: { series: string }) => lesion.series === PRIOR.series)).toHaveLength(1);
  await open(li, PRIOR);
  await expect.poll(() => count(pane, KEPT)).toBeGreaterThan(30);
  await li.getByRole('tab', { name: 'Nodules' }).click();
  await expect(kept).toContainText('Left 1');
  await li.getByRole('checkbox', { name: 'Left 1' }).uncheck();
  await expect.poll(() => count(pane, KEPT)).toBe(0);
  await li.getByRole('checkbox', { name: 'Left 1' }).check();

  // It can be taken in hand again, to be corrected.
  await li.getByRole('button', { name: 'Correct: Left 1' }).click();
  await shown(li);
  expect(await volume(li)).toBe(found);
  await li.getByRole('button', { name: 'Cancel' }).click();

  // What else the scan shows of the chest.
  await li.getByText('The chest: lung density and airways').click();
  await expect(li.getByRole('table', { name: 'Density of the lungs' })).toContainText('Both');
  await look(li, 'nodule-chest', ['desktop', 'narrow']);

  // It is cut by the planes across too.
  await li.getByLabel('Layout').selectOption('mpr');
  await li.getByRole('button', { name: 'Show: Left 1' }).click();
  for (const at of [0, 1, 2]) await expect(li.locator('.viewer-pane').nth(at)).toHaveAttribute('data-loading', 'false');
  for (const at of [0, 1, 2]) await expect.poll(() => count(li.locator('.viewer-pane').nth(at), KEPT)).toBeGreaterThan(10);
  await look(li, 'nodule-planes', ['desktop'], 'en');

  // The next study: the same nodule, and what became of it.
  await open(li, CURRENT);
  await canvas.focus();
  await li.keyboard.press('1');
  await li.keyboard.press('j');
  // The program finds it where the lung around it lies now.
  await li.getByRole('button', { name: 'Find in this scan: Left 1' }).click();
  await shown(li);
  await expect(li.getByLabel('The same nodule as').locator('option:checked')).toContainText('Left 1');
  await expect(li.getByLabel('Name', { exact: true })).toHaveValue('Left 1');
  await li.getByRole('button', { name: 'Keep with the study' }).click();
  const growth = li.locator('.nodule-growth').last();
  await expect(growth).toHaveAttribute('data-verdict', 'grew');
  await expect(growth).toContainText('Volume doubling time');
  await look(li, 'nodule-grown', ['desktop', 'phone', 'narrow']);
  // A consultation's case in one minute says the same of it, by its identity.
  const request = { patient: about.patient, expert: 'chen.expert', reason: 'Has it grown?' };
  const write = { headers: { 'x-yuanyi-client': '1' } };
  const asked = await (await li.request.post('/api/scenarios/remote-consult/requests', { ...write, data: request })).json();
  const summary = await (await li.request.get(`/api/scenarios/remote-consult/cases/${asked.id}/summary`)).json();
  const followed = summary.tracked.find((one: { label: string; prior: unknown }) => one.label === 'Left 1' && one.prior);
  expect([followed.verdict.is, followed.prior.source, followed.current.source]).toEqual([
    'grew',
    `study/${PRIOR.study}`,
    `study/${CURRENT.study}`,
  ]);
  await li.request.post(`/api/scenarios/remote-consult/cases/${asked.id}/withdraw`, { ...write, data: { reason: 'Answered.' } });
  // A date of the table opens the prior study beside it.
  await li.locator('.nodule-time').last().getByRole('button').first().click();
  await expect(li.locator('.viewer-pane')).toHaveCount(2);
  await expect(li.locator('.viewer-pane').nth(1).locator('.label-place')).toContainText('/ 64');

  // On a phone it is done with a finger, and cancelled without a trace.
  const phone = await person(browser, 'li.terminal', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const small = await open(phone, CURRENT);
  await phone.getByRole('button', { name: /^Nodule/ }).first().click();
  const at = await placeOf(small, PHANTOM.x, PHANTOM.y);
  await small.locator('canvas').tap({ position: at });
  await shown(phone);
  await phone.getByRole('button', { name: 'Cancel' }).click();
  await expect(phone.locator('.nodule-in-hand')).toHaveAttribute('data-nodule', 'none');
  await phone.context().close();
});
