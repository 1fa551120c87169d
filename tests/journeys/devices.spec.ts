/** Devices of the demo's ward send over MQTT: whoever works there sees what each sends, and who administers sees more. */
import { expect, look, person, test } from './people.ts';

test('what devices send is seen on their page', async ({ browser }) => {
  const admin = await person(browser, 'admin', { locale: 'en-GB' });
  await admin.goto('/devices');
  const row = admin.locator('tr', { hasText: 'Bedside monitor 3' });
  await expect(row).toContainText('Connected');
  const taken = async (): Promise<number> => Number(await row.getByRole('cell').nth(4).innerText());
  const before = await taken();
  await expect.poll(taken).toBeGreaterThan(before);
  await expect(admin.getByRole('heading', { name: 'Connections turned away' })).toBeVisible();
  await admin.locator('details', { hasText: 'Bedside monitor 3' }).locator('summary').click();
  await expect(admin.locator('details[open]')).toContainText('monitor-3');
  await look(admin, 'devices');

  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto('/devices');
  await expect(nurse.locator('tr', { hasText: 'CPAP machine 4' })).toContainText('Connected');
  await expect(nurse.getByRole('heading', { name: 'Connections turned away' })).toHaveCount(0);

  // The ward shows what the monitor measures now.
  await nurse.goto('/scenarios/ward-twin/ward-respiratory');
  await expect(nurse.locator('tr[data-bed=bed-3] .fresh').first()).toHaveText(/\d/);
});

test('who administers sees accesses and refusals without a patient, and nobody else does', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto('/security');
  await expect(nurse.getByText('This page is for those who administer')).toBeVisible();

  const admin = await person(browser, 'admin', { locale: 'en-GB' });
  await admin.goto('/devices');
  await admin.getByRole('link', { name: 'Security and privacy' }).click();
  // What the nurse was refused just now stands there by account and action.
  await expect(admin.locator('[data-refusals] tr', { hasText: 'wang.nurse' }).first()).toContainText('administer');
  await expect(admin.locator('[data-ledger]')).toContainText(/\d+ entries/);
  await look(admin, 'security', ['desktop', 'narrow']);
});
