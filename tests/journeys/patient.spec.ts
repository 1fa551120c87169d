import { choose, expect, look, test, visitor } from './people.ts';

test('a patient page shows images, what is known with its source, and what is not known', async ({ li }) => {
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').first().click();
  await expect(li.getByRole('heading', { level: 1 })).not.toBeEmpty();
  await expect(li.locator('.series-line').first()).toContainText('image');
  await expect(li.locator('.known dt').first()).not.toBeEmpty();
  await expect(li.getByText(/questions? that the record cannot answer/)).toBeVisible();

  // Two ages, today's and that of the scan, say which is which.
  await expect(li.locator('.patient-head dt').filter({ hasText: 'Age today' })).toBeVisible();
  await expect(li.locator('.known dt').filter({ hasText: /^Age at the CT of \d/ })).toBeVisible();

  const source = li.locator('.known a.chip').first();
  const address = await source.getAttribute('href');
  expect(address).toMatch(/^\/fhir\//);
  const resource = await li.request.get(address ?? '');
  expect(resource.status()).toBe(200);
  expect((await resource.json()).resourceType).toBe(address?.split('/')[2]);
  await look(li, 'patient');
});

test('the patient over time: a day changes what is shown, and the table says the same as the lanes', async ({ li }) => {
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').filter({ hasText: 'YY100001' }).first().click();
  const over = li.getByRole('region', { name: 'Over time', exact: true });
  await expect(over.locator('[data-shown]')).toContainText(/As of .*: [1-9]/);
  // The nodule of the demo: in the table, in the plot for who sees it, and in its words for who does not.
  await expect(over.getByRole('region', { name: 'Sizes of the lesions' }).locator('tbody tr').first()).toContainText('Not linked');
  await expect(over.getByRole('img', { name: /Mean diameter of the lesions over time.*mm/ })).toBeVisible();
  await expect(over.getByRole('img', { name: /Lanes over time.*Imaging: \d/ })).toBeVisible();
  await look(li, 'over-time');
  await over.scrollIntoViewIfNeeded();
  await over.screenshot({ path: 'tests/journeys/out/over-time-part.png' });

  // By keyboard: the slider's first day knows almost nothing, and no lesion.
  const slider = over.getByRole('slider');
  await slider.focus();
  await li.keyboard.press('Home');
  await expect(over.locator('[data-shown]')).toContainText('0 lesions');
  const day = await over.locator('[data-shown]').getAttribute('data-shown');
  const id = li.url().split('/').at(-1);
  const same = await (await li.request.get(`/api/patients/${id}/timeline?at=${day}`)).json();
  await expect(over.locator('[data-shown]')).toContainText(`: ${same.events.length} entr`);
  await over.getByRole('button', { name: 'Today' }).click();
  await expect(over.locator('[data-shown]')).not.toContainText('0 lesions');

  // A lane of its own; each value opens the version that it comes from, and is proved in this browser.
  await over.getByRole('combobox', { name: 'Show' }).selectOption('vitals');
  const row = over.getByRole('region', { name: 'The same as a table' }).locator('tbody tr').first();
  const source = await row.locator('a.chip').getAttribute('href');
  expect(source).toMatch(/^\/fhir\/Observation\/.*\/_history\/\d+$/);
  expect((await li.request.get(source ?? '')).status()).toBe(200);
  await row.getByRole('button', { name: 'Check proof' }).click();
  await expect(row.locator('[data-proof=proved]')).toBeVisible();

  // Nothing was known before the hospital opened.
  await over.getByText('as known today').click();
  await over.getByRole('textbox', { name: 'As known on' }).fill('2001-01-01');
  await over.getByRole('textbox', { name: 'As known on' }).press('Tab');
  await expect(over.getByText('The record knows nothing until this day')).toBeVisible();

  await li.getByRole('button', { name: 'Take away' }).click();
  const dialog = li.getByRole('dialog');
  const record = await dialog.getByRole('link', { name: /FHIR/ }).getAttribute('href');
  const bundle = await (await li.request.get(record ?? '')).json();
  expect([bundle.resourceType, bundle.type]).toEqual(['Bundle', 'collection']);
  // Other journeys add studies of their own.
  await expect(async () => {
    for (const study of await dialog.locator('details:not([open]) > summary').filter({ hasText: 'Surfaces as GLB' }).all()) await study.click();
    await expect(dialog.getByRole('link', { name: /Nodule|lesion/i }).first()).toBeVisible({ timeout: 5_000 });
  }).toPass();
  const surface = await dialog.getByRole('link', { name: /Nodule|lesion/i }).first().getAttribute('href');
  const model = await li.request.get(surface ?? '');
  expect(Buffer.from(await model.body()).subarray(0, 4).toString()).toBe('glTF');
  await look(li, 'take-away', ['desktop', 'narrow'], 'en');
});

test('the request form names what is missing', async ({ li }) => {
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').first().click();
  for (const [language, open, send, missing] of [
    ['zh', '申请会诊', '发送申请', '请写明您的问题。'],
    ['en', 'Ask for consultation', 'Send the request', 'Say what you want to know.'],
  ] as const) {
    await choose(li, language);
    await li.getByRole('button', { name: open, exact: true }).click();
    await li.getByRole('button', { name: send }).click();
    await expect(li.getByText(missing)).toBeVisible();
    await look(li, 'ask', ['desktop', 'phone'], language);
    await li.keyboard.press('Escape');
  }
  await expect(li.getByRole('dialog')).toHaveCount(0);
  await expect(li.getByRole('button', { name: 'Ask for consultation' })).toBeFocused();
});

test('a patient sees the own record and nobody else’s', async ({ browser, li }) => {
  const zhao = await visitor(browser, 'zhao.patient');
  await expect(zhao.locator('.patient-line')).toHaveCount(1);
  const own = await zhao.locator('.patient-line').getAttribute('href');
  const addresses = await li.locator('.patient-line').evaluateAll((lines) => lines.map((line) => line.getAttribute('href')));
  const foreign = addresses.find((address) => address !== own);
  expect(foreign).toBeTruthy();

  await zhao.goto(foreign ?? '');
  await expect(zhao.getByRole('alert')).toContainText(/may not open this patient|no such patient/);
  await look(zhao, 'patient-refused', ['desktop', 'phone']);
  const id = foreign?.split('/').at(-1);
  expect([403, 404]).toContain((await zhao.request.get(`/fhir/Patient/${id}`)).status());
  expect([403, 404]).toContain((await zhao.request.get(`/api/patients/${id}/twin`)).status());
  await zhao.context().close();
});
