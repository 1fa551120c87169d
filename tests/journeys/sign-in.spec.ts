import { PASSWORD, expect, look, signIn, test } from './people.ts';

test('a person signs in, is known after a reload, and signs out', async ({ page }) => {
  await signIn(page, 'li.terminal');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Good');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a wrong password is refused without saying which part was wrong', async ({ page }) => {
  await page.goto('/');
  await page.getByLabel('User name').fill('li.terminal');
  await page.getByLabel('Password', { exact: true }).fill(`${PASSWORD}-not`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('User name or password is wrong.');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await look(page, 'sign-in-wrong');
});

test('what is missing is named before anything is sent', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Enter your user name.')).toBeVisible();
  await expect(page.getByLabel('User name')).toBeFocused();
  await look(page, 'sign-in', ['desktop', 'phone']);
});

test('too many tries have to wait, and are told how long', async ({ page }) => {
  await page.goto('/');
  // An account of its own: nobody else's journey is held up by the limit.
  await page.getByLabel('User name').fill('nobody.at-all');
  const alert = page.getByRole('alert');
  // Each further try waits twice as long; go on until the wait is long enough to be read.
  for (let attempt = 0; attempt < 12; attempt++) {
    await page.getByLabel('Password', { exact: true }).fill('guess');
    const answer = page.waitForResponse('**/api/session');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await answer;
    if (/in ([3-9]|\d\d+) seconds/.test((await alert.textContent()) ?? '')) break;
  }
  await expect(alert).toHaveText(/Too many tries\. You can try again in \d+ seconds?\./, { timeout: 500 });
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeDisabled({ timeout: 500 });
  // After the wait the door is open again.
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeEnabled();
});

test('a server that does not answer is said so, and what was typed stays', async ({ page, context }) => {
  await page.goto('/');
  await page.getByLabel('User name').fill('li.terminal');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('does not answer');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.locator('.top-bar')).toBeVisible();
});

test('nothing is read by one who has not signed in', async ({ request }) => {
  for (const path of ['/api/home', '/api/events', '/fhir/Patient', '/dicom-web/studies']) {
    expect((await request.get(path)).status(), path).toBe(401);
  }
});
