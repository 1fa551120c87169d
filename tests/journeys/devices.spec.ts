/** Devices of the demo's ward send over MQTT: whoever works there sees what each sends, and who administers sees more. */
import { choose, expect, look, person, test } from './people.ts';
import { send } from './sensor.ts';

test('what devices send is seen on their page', async ({ browser }) => {
  const admin = await person(browser, 'admin', { locale: 'en-GB' });
  await admin.goto('/devices');
  const row = admin.locator('tr', { hasText: 'Bedside monitor 3' });
  await expect(row).toContainText('Connected');
  const taken = async (): Promise<number> => Number(await row.getByRole('cell').nth(5).innerText());
  const before = await taken();
  await expect.poll(taken).toBeGreaterThan(before);
  await expect(admin.getByRole('heading', { name: 'Connections turned away' })).toBeVisible();
  await expect(admin.getByRole('heading', { name: 'Files', exact: true })).toBeVisible();
  await admin.locator('details', { hasText: 'Bedside monitor 3' }).locator('summary').click();
  await expect(admin.locator('details[open]')).toContainText('monitor-3');
  // From its top: what lies half below the bar of the page is no target to measure.
  await admin.evaluate(() => scrollTo(0, 0));
  await look(admin, 'devices');

  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto('/devices');
  await expect(nurse.locator('tr', { hasText: 'CPAP machine 4' })).toContainText('Connected');
  await expect(nurse.getByRole('heading', { name: 'Connections turned away' })).toHaveCount(0);
  // The air of a room is nobody's: its history stands here, and that of who lies somewhere on their own page.
  await nurse.locator('#device-room-sensor-1 > summary').click();
  const history = nurse.locator('[data-history=room-sensor-1]');
  await expect(history.locator('[data-series] svg')).toBeVisible();
  await history.getByRole('combobox').selectOption({ index: 1 });
  await expect(history.locator('[data-series] svg')).toBeVisible();

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
  await expect(admin.locator('[data-kept] tr', { hasText: 'image_retention_days' })).toContainText('10980');
  await look(admin, 'security', ['desktop', 'narrow']);
});

test('a technician registers a device, and its token is shown once', async ({ browser }) => {
  const he = await person(browser, 'he.technician', { locale: 'en-GB' });
  await he.goto('/devices');
  const id = `oximeter-${Date.now()}`;
  await he.getByRole('button', { name: 'Register a device' }).click();
  const dialog = he.getByRole('dialog');
  await dialog.getByLabel('Kind', { exact: true }).selectOption('pulse-oximeter');
  await dialog.getByLabel('Id', { exact: true }).fill('monitor-3');
  await expect(dialog).toContainText('There is a device with this id');
  await dialog.getByLabel('Id', { exact: true }).fill(id);
  await dialog.getByRole('button', { name: 'Register and make its token' }).click();
  await expect(dialog.getByLabel('Token', { exact: true })).toHaveValue(/\S+/);
  await dialog.getByRole('button', { name: 'It is in the device' }).click();
  await expect(dialog).toHaveCount(0);
  const one = he.locator(`#device-${id}`);
  await one.locator('summary').click();
  await expect(one).toContainText('It is at no bed.');
  await expect(one.getByRole('button', { name: 'Revoke access' })).toBeVisible();
  // What was chosen stays so while all is read anew.
  const bed = one.locator('select[name=bed]');
  await bed.selectOption({ index: 1 });
  const chosen = await bed.inputValue();
  for (let times = 0; times < 2; times += 1) await he.waitForResponse((answer) => answer.url().endsWith(`/${id}/beds`));
  await expect(bed).toHaveValue(chosen);
});

test('what a device gets wrong stands on the page with its reason, in words', async ({ browser }) => {
  const mqtt = process.env['YUANYI_MQTT'] ?? '';
  test.skip(mqtt === '', 'YUANYI_MQTT does not say where devices send');
  const he = await person(browser, 'he.technician', { locale: 'en-GB' });
  const id = `oximeter-wrong-${Date.now()}`;
  const write = { headers: { 'X-Yuanyi-Client': '1' } };
  const put = await he.request.put(`/api/devices/${id}`, { ...write, data: { profile: 'pulse-oximeter', name: id } });
  expect(put.ok(), await put.text()).toBe(true);
  const made = await he.request.post(`/api/devices/${id}/token`, write);
  const { token } = (await made.json()) as { token: string };
  const good = { t: Date.now(), code: '150456', value: 97, unit: '%' };
  await send(mqtt, { id, token }, [
    { stream: 'spo2', says: good },
    { stream: 'spo2', says: good },
    { stream: 'spo2', says: { ...good, value: 140 } },
    { stream: 'spo2', says: { ...good, unit: 'Cel' } },
    // A battery was changed: the clock counts from 1970.
    { stream: 'spo2', says: { ...good, t: 5_000, value: 96 } },
  ]);

  await he.goto('/devices');
  const row = he.locator('tr', { has: he.locator(`a[href="#device-${id}"]`) }).first();
  await expect(row.getByRole('cell').nth(5)).toHaveText('2');
  await expect(row.locator('[data-mark=clock-corrected]')).toContainText('Clock was wrong, corrected');
  await expect(row.locator('[data-mark=twice]')).toHaveText(/Came more than once\s*1/);
  await expect(row.getByRole('cell').last()).toHaveText('2');

  const one = he.locator(`#device-${id}`);
  await one.locator('summary').click();
  const counted = one.getByRole('table', { name: 'Refused' });
  await expect(counted.locator('tr', { hasText: 'Outside what can be true' })).toContainText('1');
  await expect(counted.locator('tr', { hasText: 'Unit of something else' })).toContainText('1');
  await expect(one.getByRole('table', { name: 'Marked' })).toContainText('Clock was wrong, corrected');
  await expect(one.locator('dt', { hasText: 'Came more than once' }).locator('xpath=following-sibling::dd[1]')).toHaveText('1');
  const latest = one.getByRole('table', { name: 'Latest refusals' });
  await expect(latest).toContainText('Could not believe a value outside 0 to 100 %');
  await expect(latest).toContainText('Could not make `%` of `Cel`: they measure different things');
  await choose(he, 'zh');
  await expect(row).toContainText('时钟有误，已校正');
  const inChinese = one.getByRole('table', { name: '最近的拒绝' });
  await expect(inChinese).toContainText('数值不在可信范围 0–100 % 内');
  await expect(inChinese).toContainText('单位“Cel”不能换算为“%”');
});

test('a technician upgrades a device and rolls it back', async ({ browser }) => {
  const he = await person(browser, 'he.technician', { locale: 'en-GB' });
  await he.goto('/devices');
  const monitor = he.locator('details.device-one', { hasText: 'Bedside monitor 3' });
  await monitor.locator('summary').click();
  const software = monitor.locator('dt', { hasText: 'Software' }).locator('xpath=following-sibling::dd[1]');
  await expect(software).toHaveText('1.0.0');

  // The device is asked how it is, before anything is done to it.
  await monitor.getByRole('button', { name: 'Self-check' }).click();
  await expect(monitor.locator('tr', { hasText: 'Self-check' }).first()).toContainText('Done', { timeout: 30_000 });

  const upgrades = he.locator('.device-upgrades');
  await expect(upgrades).toContainText('Nothing is being rolled out.');
  await look(he, 'upgrades-empty', ['desktop', 'narrow']);
  await choose(he, 'en');

  // What nobody trusted signed is refused, and stays to be seen.
  const file = { name: 'forged.pkg', mimeType: 'application/octet-stream', buffer: Buffer.from('no package') };
  await upgrades.locator('input[type=file]').setInputFiles(file);
  await expect(upgrades.getByRole('alert')).toBeVisible();
  await expect(upgrades.getByRole('heading', { name: 'Packages that were refused' })).toBeVisible();

  await upgrades.getByRole('button', { name: /^Roll out: .* 1\.1\.0$/ }).click();
  const dialog = he.getByRole('dialog');
  await dialog.getByLabel('Watch each device for (s)').fill('2');
  await dialog.getByLabel('So many may fail').fill('none');
  await expect(dialog.getByRole('button', { name: 'Roll out' })).toBeDisabled();
  await dialog.getByLabel('So many may fail').fill('0');
  // The monitor measures a patient: it is not among those that are taken unless that is said.
  await dialog.getByRole('button', { name: 'Roll out' }).click();
  await expect(dialog.getByRole('alert')).toContainText('no device is left');
  await dialog.getByLabel(/Also devices that measure a patient/).check();
  await look(he, 'upgrades-begin', ['desktop', 'narrow'], 'en');
  await dialog.getByRole('button', { name: 'Roll out' }).click();
  await expect(dialog).toHaveCount(0);

  const rollout = upgrades.locator('.rollout').first();
  await expect(rollout.getByRole('status')).toHaveText('Done', { timeout: 60_000 });
  await expect(software).toHaveText('1.1.0', { timeout: 30_000 });
  await rollout.locator('summary').click();
  await expect(rollout.locator('tr', { hasText: 'Bedside monitor 3' })).toContainText('Healthy');
  await look(he, 'upgrades', ['desktop', 'narrow']);
  await choose(he, 'en');

  await rollout.getByRole('button', { name: 'Roll back' }).click();
  await expect(rollout.getByRole('status')).toHaveText('Taken back', { timeout: 60_000 });
  await expect(software).toHaveText('1.0.0', { timeout: 30_000 });

  // A nurse sees that it was done, and can do nothing about it.
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto('/devices');
  await expect(nurse.locator('.rollout').first()).toContainText('Taken back');
  await expect(nurse.locator('.device-upgrades button')).toHaveCount(0);
});
