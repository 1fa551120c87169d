/** People who go through the hospital, each in a browser of their own, and how their screens are looked at. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect } from '@playwright/test';
import type { Browser, BrowserContextOptions, Locator, Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';
import { PASSWORD } from './hospital.ts';

export { expect, PASSWORD };

const OUT = fileURLToPath(new URL('./out', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The screens on which everything must work. */
export const SCREENS = {
  desktop: { width: 1366, height: 768 },
  wall: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844 },
  narrow: { width: 360, height: 740 },
} as const;

export type Screen = keyof typeof SCREENS;
export type Language = 'zh' | 'en';

/** Signs in by the front door. */
export async function signIn(page: Page, user: string, password = PASSWORD): Promise<void> {
  await page.goto('/');
  await page.locator('input[name=username]').fill(user);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await expect(page.locator('.top-bar')).toBeVisible();
}

/** Agrees to the rules of conduct in rooms; how a person does that is a journey of its own. */
async function agree(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { version } = (await (await fetch('/api/conduct')).json()) as { version: string };
    const headers = { 'X-Yuanyi-Client': '1', 'Content-Type': 'application/json' };
    const answer = await fetch('/api/conduct', { method: 'POST', headers, body: JSON.stringify({ version }) });
    if (!answer.ok) throw new Error(`not agreed: ${answer.status}`);
  });
}

/** The first of what calls whoever is signed in, over whatever page is open. */
export const callOn = (page: Page): Locator => page.locator('.calls li').first();

/**
 * Closes what calls before the next deed: journeys share one hospital, in which something calls most of the time. A
 * journey about calls begins with `page.removeLocatorHandler(callOn(page))`.
 */
async function closeCalls(page: Page): Promise<void> {
  const close = async (): Promise<void> => {
    const closed = page.evaluate(() => {
      // By the page itself: behind a dialog nothing can be clicked.
      for (let n = 0; n < 100; n += 1) {
        const button = document.querySelector<HTMLElement>('.calls li button');
        if (!button) return;
        button.click();
      }
    });
    // A page that is being left shows nothing any more.
    await closed.catch(() => undefined);
  };
  await page.addLocatorHandler(callOn(page), close, { noWaitAfter: true });
}

/** A browser of one's own, signed in. */
export async function visitor(browser: Browser, user: string, options: BrowserContextOptions = {}): Promise<Page> {
  const baseURL = process.env['YUANYI_URL'];
  const context = await browser.newContext({
    viewport: SCREENS.desktop,
    locale: 'en-GB',
    // What is kept on a device is a journey of its own; the others ask the server, whatever was kept.
    serviceWorkers: 'block',
    ...(baseURL === undefined ? {} : { baseURL }),
    ...options,
  });
  const page = await context.newPage();
  await closeCalls(page);
  await signIn(page, user);
  return page;
}

/** Like a visitor, and has agreed to the rules of conduct in rooms. */
export async function person(browser: Browser, user: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await visitor(browser, user, options);
  await agree(page);
  return page;
}

/** Makes the device one that draws nothing in 3D, from the next load on: rooms are there in slices and words. */
export async function withoutStage(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...more: unknown[]): null {
      return kind.startsWith('webgl') ? null : (Reflect.apply(getContext, this, [kind, ...more]) as null);
    } as typeof getContext;
  });
}

interface People {
  /** The terminal doctor, who brings the case. */
  readonly li: Page;
  /** The expert, who is asked. */
  readonly chen: Page;
  /** When a journey ends everybody goes home: pages that stay open draw and poll beside the next one's. */
  readonly home: undefined;
}

export const test = base.extend<People>({
  home: [
    async ({ browser }, use) => {
      await use(undefined);
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],
  page: async ({ page }, use) => {
    await closeCalls(page);
    await withoutErrors(page, () => use(page));
  },
  li: async ({ browser }, use) => {
    const page = await person(browser, 'li.terminal');
    await withoutErrors(page, () => use(page));
    await page.context().close();
  },
  chen: async ({ browser }, use) => {
    const page = await person(browser, 'chen.expert');
    await withoutErrors(page, () => use(page));
    await page.context().close();
  },
});

/** Fails a journey on the way of which the page itself failed. */
async function withoutErrors(page: Page, go: () => Promise<void>): Promise<void> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  await go();
  expect(errors, 'errors in the page').toEqual([]);
}

/** What axe finds wrong by WCAG 2.2 AA and its best practices. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // A page that is looked at more than once has it already.
  if (!(await page.evaluate(() => Reflect.has(window, 'axe')))) await page.evaluate(AXE);
  const results = await page.evaluate(
    () =>
      (Reflect.get(window, 'axe') as { run(options: unknown): Promise<unknown> }).run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        // What passes is not written down, element by element.
        resultTypes: ['violations'],
      }) as Promise<AxeResults>,
  );
  return results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

/** Parts that scroll up and down, and whose inside sticks out on the side, with what sticks out: nobody finds it. */
function wideParts(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.tab-panel, .panel-body, dialog, .stacks tr')]
      .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.checkVisibility())
      .map((part) => {
        const edge = part.getBoundingClientRect().left + part.clientLeft + part.clientWidth;
        const out = [...part.querySelectorAll('*')].filter((inner) => inner.getBoundingClientRect().right > edge + 1);
        const named = out.slice(0, 4).map((inner) => `${inner.tagName.toLowerCase()}.${inner.className}`);
        return `${part.className}: ${part.scrollWidth} in ${part.clientWidth}, by ${named.join(' ')}`;
      }),
  );
}

/** Chooses a language where the page offers it. */
export async function choose(page: Page, language: Language): Promise<void> {
  await page.locator(`.segmented input[value=${language}]`).first().check({ force: true });
}

/**
 * Looks at a screen in both languages and all sizes: a picture, no overflow, no fault by axe.
 * Behind an open dialog no language can be chosen: name the one that is shown.
 */
export async function look(
  page: Page,
  name: string,
  screens: readonly Screen[] = ['desktop', 'wall', 'phone', 'narrow'],
  shown?: Language,
): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  // What was just opened may be on its way.
  await page.locator('h1').first().waitFor({ state: 'attached' });
  for (const language of shown ? [shown] : (['zh', 'en'] as const)) {
    if (!shown) await choose(page, language);
    for (const screen of screens) {
      await page.setViewportSize(SCREENS[screen]);
      await page.evaluate(() => document.fonts.ready);
      const where = `${name} on ${screen} in ${language}`;
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(over, `${where} is wider than the screen`).toBeLessThanOrEqual(0);
      expect(await wideParts(page), `parts of ${where} that are wider than their place`).toEqual([]);
      await page.screenshot({ path: join(OUT, `${name}-${screen}-${language}.png`), animations: 'disabled' });
      expect(await accessibilityFaults(page), where).toEqual([]);
    }
  }
  await page.setViewportSize(SCREENS.desktop);
}
