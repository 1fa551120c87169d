import type { Browser, Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { sendRequest } from './consultation.ts';
import { PASSWORD, expect, person, test, withoutStage } from './people.ts';
import { FAKE_DEVICES, join } from './voices.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

/** Tabs on until the focus is on what is wanted; a page must not take more steps than a person bears. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let step = 0; step < 60; step++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} is not reached by Tab`);
}

/** Whether the focus can be seen. */
async function focusIsShown(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused) return false;
    const beside = focused.matches('.segmented input') ? focused.nextElementSibling : focused;
    return beside !== null && getComputedStyle(beside).outlineStyle !== 'none';
  });
}

test('from the front door to the question for an expert by keyboard alone', async ({ page }) => {
  await page.goto('/');
  await page.locator('input[name=username]').waitFor();
  await tabTo(page, 'input[name=username]');
  expect(await focusIsShown(page)).toBe(true);
  await page.keyboard.type('li.terminal');
  await tabTo(page, 'input[name=password]');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.patient-line').first().waitFor();

  await tabTo(page, '.skip');
  await page.keyboard.press('Enter');
  await tabTo(page, 'input[type=search]');
  await tabTo(page, '.segmented input[value=all]');
  await page.keyboard.press('ArrowRight');
  await tabTo(page, '.patient-line');
  expect(await focusIsShown(page)).toBe(true);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/patients\//);

  await page.locator('.patient-head .button.primary').waitFor();
  await tabTo(page, '.patient-head .button.primary');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await tabTo(page, 'dialog input[type=radio]');
  await page.keyboard.press('Space');
  await tabTo(page, 'dialog textarea');
  await page.keyboard.type('Typed without a mouse');
  // The page behind cannot be reached while the dialog is open.
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press('Tab');
    const behind = await page.evaluate(() => document.activeElement?.closest('.top-bar, .page') !== null && !document.activeElement?.closest('dialog'));
    expect(behind).toBe(false);
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

/** Whose own account the demo has. */
const ZHAO = '37e97ea5-e2dc-4770-bb7d-93d02cfebb0c';

/** A browser of somebody who listens to the page: what the page says is written down, and nothing is drawn in 3D. */
async function listener(browser: Browser, user: string): Promise<Page> {
  const page = await person(browser, user);
  await page.addInitScript(() => {
    const spoken: string[] = [];
    Reflect.set(window, 'spoken', spoken);
    new MutationObserver(() => {
      const words = document.querySelector('.toasts [aria-live]')?.textContent?.trim() ?? '';
      if (words !== '' && spoken.at(-1) !== words) spoken.push(words);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await withoutStage(page);
  // How the rules are agreed to for the first time is a journey of its own; here they are asked for once more.
  let agreed = false;
  await page.route('**/api/conduct', async (route) => {
    if (route.request().method() === 'POST') agreed = true;
    if (agreed) return route.continue();
    const answer = await route.fetch();
    return route.fulfill({ response: answer, json: { ...((await answer.json()) as object), agreed: false } });
  });
  return page;
}

const spoken = (page: Page): Promise<string> => page.evaluate(() => (Reflect.get(window, 'spoken') as string[]).join('\n'));
const hears = (page: Page, words: RegExp): Promise<void> => expect.poll(() => spoken(page)).toMatch(words);
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');

/** Goes to a tab of the room's side by arrow keys. */
async function sideTab(page: Page, name: RegExp): Promise<void> {
  await tabTo(page, '.room-side [role=tab]');
  for (let step = 0; step < 4 && !name.test(await focused(page)); step++) await page.keyboard.press('ArrowRight');
  expect(await focused(page)).toMatch(name);
}

test('by ear and keyboard alone from the rules to the door and into a room, and all that happens there is said', async ({ li, browser }) => {
  await li.goto(`/patients/${ZHAO}`);
  await li.getByRole('button', { name: 'Ask for consultation' }).click();
  await sendRequest(li, 'Come by ear');
  const path = new URL(li.url()).pathname;
  const wang = await listener(browser, 'wang.nurse');
  await wang.goto(path);

  await test.step('the rules', async () => {
    await expect(wang.getByRole('heading', { level: 1, name: 'Rules of conduct' })).toBeFocused();
    expect(await wang.getByRole('listitem').count()).toBeGreaterThan(2);
    await tabTo(wang, '.door button.primary');
    expect(await focused(wang)).toBe('I have read the rules and agree');
    expect(await focusIsShown(wang)).toBe(true);
    await wang.keyboard.press('Enter');
  });

  await test.step('the door', async () => {
    await expect(wang.getByRole('heading', { name: 'You are waiting to be let in' })).toBeVisible();
    await expect(wang.getByRole('heading', { level: 1 })).toBeFocused();
    await hears(wang, /You are waiting to be let in\. .*is the host and sees that you wait\./);
    // Each thing is said once.
    expect((await spoken(wang)).match(/waiting to be let in/g)).toHaveLength(1);
  });

  await test.step('the host lets in by keyboard, and keeps the focus while things change', async () => {
    await sideTab(li, /^People/);
    await tabTo(li, '[data-waiting-person="wang.nurse"] button.primary');
    expect(await focused(li)).toMatch(/^Let in .*Wang/);
    await li.keyboard.press('Enter');
    await hears(wang, /You are in the room\. Here: .*Li/);
    await expect(wang.getByRole('heading', { level: 1 })).toBeFocused();
    await tabTo(li, '[aria-label^="Keep order: "]');
    expect(await focused(li)).toMatch(/Keep order: .*Wang/);
  });

  await test.step('what is there has a role and a name', async () => {
    for (const [role, name] of [['region', 'Stage'], ['group', 'Voice and picture'], ['toolbar', 'Tools'], ['complementary', 'Case, view and people']] as const) {
      await expect(wang.getByRole(role, { name, exact: true })).toBeVisible();
    }
    await expect(wang.getByRole('tablist', { name: 'Case, view and people' }).getByRole('tab')).toHaveCount(3);
    await expect(wang.getByRole('list', { name: 'Here' }).first().getByRole('listitem')).toHaveCount(2);
    await expect(wang.locator('.room-bar').getByRole('status')).toHaveText('Live');
  });

  await test.step('a hand', async () => {
    await sideTab(wang, /^People 2/);
    await tabTo(wang, '.tab-panel .stack > button[data-on]');
    expect(await focused(wang)).toBe('Raise hand');
    await wang.keyboard.press('Enter');
    await expect(wang.getByRole('button', { name: 'Lower hand' })).toBeFocused();
    await expect(li.locator('.people > li').filter({ hasText: 'hand up' })).toHaveCount(1);
    // The host was in that very row.
    expect(await focused(li)).toMatch(/Keep order: .*Wang/);
  });

  await test.step('who comes', async () => {
    const chen = await person(browser, 'chen.expert', { viewport: { width: 400, height: 420 } });
    await chen.goto(path);
    await hears(wang, /Chen.* has come in\./);
    await expect(wang.getByRole('button', { name: 'Lower hand' })).toBeFocused();
    await chen.context().close();
  });

  await test.step('who speaks', async () => {
    await tabTo(wang, '.voice-bar button');
    expect(await focused(wang)).toBe('Join voice');
    await wang.keyboard.press('Enter');
    await hears(wang, /You hear the others\. Your microphone is closed\./);
    await join(li);
    await li.locator('.voice-bar [data-source=microphone]').click();
    await hears(wang, /Li.* is speaking\./);
  });

  await test.step('what is measured, by others and by oneself', async () => {
    const axial = (page: Page) => page.locator('canvas[data-plane=axial]');
    for (const page of [li, wang]) await expect(page.locator('[data-volume=fine]')).toBeAttached({ timeout: 240_000 });
    for (const page of [li, wang]) {
      // One stop for Tab, and arrows within it.
      await tabTo(page, '[role=toolbar] [data-tool]');
      for (let step = 0; step < 12 && !(await page.evaluate(() => document.activeElement?.matches('[data-tool=measure]'))); step++) await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await expect(page.locator('[data-tool=measure]')).toHaveAttribute('aria-pressed', 'true');
      await tabTo(page, 'canvas[data-plane=axial]');
      await expect(axial(page)).toHaveAccessibleName(/^Axial slice \d/);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Enter');
    }
    await hears(wang, /First point set\. Choose the second point\./);
    await hears(wang, /Li.* measured \d+\.\d mm\./);
    await hears(wang, /Wang.* measured \d+\.\d mm\./);
  });
  await wang.context().close();
});
