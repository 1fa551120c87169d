import { expect, look, test } from './people.ts';

test('home shows the six rooms with all their scenarios, and says which are open', async ({ li }) => {
  const rooms = li.locator('.room-card');
  await expect(rooms).toHaveCount(6);
  await expect(li.locator('.scenario.planned, .scenario[href^="/scenarios/"]')).toHaveCount(23);
  for (const name of ['Patients’ circle', 'Operating briefing', 'Research round', 'Teaching round', 'Management meeting']) {
    await expect(li.getByRole('link', { name })).toHaveAttribute('href', /^\/rooms\//);
  }
  await expect(li.locator('a.scenario')).toContainText(['Remote consultation']);
  // What is counted is what stands above it, where people meet included.
  for (const room of await rooms.all()) {
    await expect(room.locator('.room-count')).toHaveText(`${await room.locator('a.scenario').count()} of ${await room.locator('.scenario').count()} open`);
  }
  await expect(li.locator('.scenario.planned').first()).toContainText('Planned');
  await li.locator('.patient-line').first().waitFor();
  await look(li, 'home');
});

test('a patient is found by name, and the search says how many', async ({ li }) => {
  const lines = li.locator('.patient-line');
  await lines.first().waitFor();
  const all = await lines.count();
  const name = (await lines.first().locator('strong').textContent()) ?? '';
  const search = li.getByRole('searchbox');
  await search.fill(name);
  await expect(lines.first()).toContainText(name);
  expect(await lines.count()).toBeLessThanOrEqual(all);
  await search.fill('no such person');
  await expect(li.getByText('No patient matches')).toBeVisible();
  await li.getByRole('button', { name: 'Clear search' }).click();
  await expect(lines).toHaveCount(all);
});

test('what is asked of a person appears by itself', async ({ li, chen }) => {
  await expect(chen.locator('.room-card')).toHaveCount(6);
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').first().click();
  await li.getByRole('button', { name: 'Ask for consultation' }).click();
  const dialog = li.getByRole('dialog');
  await dialog.getByRole('radio').first().check();
  await dialog.getByLabel('Whom to ask').selectOption('chen.expert');
  const reason = `Follow up or resect? ${Date.now()}`;
  await dialog.getByLabel('Your question').fill(reason);
  await dialog.getByRole('button', { name: 'Send the request' }).click();
  await expect(li).toHaveURL(/\/rooms\//);

  // No reload on the other side.
  const request = chen.locator('.waiting li', { hasText: reason });
  await expect(request).toBeVisible();
  await look(chen, 'home-waiting', ['desktop', 'phone']);
  await request.getByRole('link').click();
  await expect(chen).toHaveURL(li.url());
});
