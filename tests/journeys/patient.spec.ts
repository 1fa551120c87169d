import { choose, expect, look, person, test } from './people.ts';

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

test('the request form names what is missing', async ({ li }) => {
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').first().click();
  for (const [language, open, send, missing] of [
    ['zh', '请求会诊', '发送请求', '请写明您的问题。'],
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
  const zhao = await person(browser, 'zhao.patient');
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
