/** Five browsers in one room: who sees and hears whom, a hologram that goes from hand to hand, a line that breaks, a recording, and who is put out. */
import type { Browser, BrowserContextOptions, Locator, Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { accept, sendRequest } from './consultation.ts';
import { Cable } from './line.ts';
import { distance, told, withHeadset } from './inside.ts';
import type { Three } from './inside.ts';
import { keepOrder, licence } from './order.ts';
import { expect, person, test, withoutStage } from './people.ts';
import { FAKE_DEVICES, countLines, join, received } from './voices.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

/** Whose own account the demo has. */
const ZHAO = '37e97ea5-e2dc-4770-bb7d-93d02cfebb0c';
/** Five pages share two cores. */
const SMALL = { width: 400, height: 420 };
/** A stage on which the hologram can be taken hold of beside what is said on it. */
const STAGE = { width: 400, height: 720 };
const CUT_ms = 10_000;
/** Where nobody is. */
const NOWHERE: Three = [NaN, NaN, NaN];

/** A browser with a stage, whose room can be looked into. */
async function withStage(browser: Browser, user: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await withHeadset(browser, user, { viewport: STAGE, ...options });
  await countLines(page);
  await page.reload();
  return page;
}

/** A browser on a device that draws nothing in 3D: the same room in slices and words. */
async function flat(browser: Browser, user: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await person(browser, user, { viewport: SMALL, ...options });
  await countLines(page);
  await withoutStage(page);
  await page.reload();
  return page;
}

const row = (page: Page, name: string): Locator => page.locator('.people > li').filter({ hasText: name });
const tab = (page: Page, name: RegExp): Promise<void> => page.getByRole('tab', { name }).click();

async function live(page: Page): Promise<void> {
  await expect(page.locator('.room-bar .line-state')).toContainText('Live');
}

/** Where this browser draws the hologram now, in somebody's hand too. */
function drawn(page: Page): Promise<Three> {
  return page.evaluate(() => {
    const now = window.__xrInside?.stage.shared?.now(performance.now());
    if (!now) throw new Error('no hologram');
    return now.transform.position_m;
  });
}

/** Where the hologram is on the page, at a place over which no tool lies. */
async function onPage(page: Page): Promise<readonly [number, number]> {
  await page.locator('canvas.stage-canvas').scrollIntoViewIfNeeded();
  return page.evaluate(() => {
    const { shared, rig } = window.__xrInside?.stage ?? {};
    const canvas = document.querySelector('canvas.stage-canvas');
    const now = shared?.now(performance.now());
    if (!now || !rig?.camera || !canvas) throw new Error('no hologram');
    const at = rig.rig.position.clone().set(...now.transform.position_m).project(rig.camera);
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y] = [left + ((at.x + 1) / 2) * width, top + ((1 - at.y) / 2) * height];
    const around = [0, -20, 20, -40, 40].flatMap((down) => [0, -20, 20].map((aside) => [x + aside, y + down] as const));
    const free = around.find((place) => document.elementFromPoint(...place) === canvas);
    if (!free) throw new Error(`the hologram is covered at ${x}, ${y}`);
    return free;
  });
}

/** Takes the hologram with the mouse and carries it by some pixels; it stays in the hand. */
async function take(page: Page, by: readonly [number, number]): Promise<void> {
  const [x, y] = await onPage(page);
  await page.mouse.move(x, y);
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.move(x + by[0], y + by[1], { steps: 4 });
}

/** Keeps what is in somebody's hand a little in motion while something else is done: what nobody moves is let go of. */
async function whileMoving(page: Page, then: () => Promise<void>): Promise<void> {
  const [x, y] = await onPage(page);
  const stop = new AbortController();
  const moves = (async () => {
    for (let step = 0; !stop.signal.aborted; step++) {
      await page.mouse.move(x + (step % 2) * 6, y + 4);
      await page.waitForTimeout(300);
    }
  })();
  await then().finally(() => stop.abort());
  await moves;
}

/** What the page has said aloud since it was asked last. */
async function heard(page: Page): Promise<string> {
  return page.evaluate(() => {
    const all = Reflect.get(window, 'spoken') as string[];
    return all.splice(0).join('\n');
  });
}

/** Writes down what the page says to those who listen to it. */
function listen(page: Page): Promise<void> {
  return page.evaluate(() => {
    const spoken: string[] = [];
    Reflect.set(window, 'spoken', spoken);
    const live = document.querySelector('.toasts [aria-live]');
    if (!live) throw new Error('nothing is said aloud');
    new MutationObserver(() => spoken.push(live.textContent ?? '')).observe(live, { subtree: true, childList: true, characterData: true });
  });
}

async function letGo(page: Page): Promise<void> {
  await page.mouse.up();
  await page.keyboard.up('Shift');
}

/** Writes down where this browser shows the others' heads, many times a second, until it is asked. */
function watch(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen: Record<string, (readonly [number, number, number] | null)[]> = {};
    Reflect.set(window, 'seen', seen);
    setInterval(() => {
      for (const part of window.__xrInside?.stage.scene.getObjectsByProperty('name', 'person') ?? []) {
        const head = part.getObjectByName('head');
        const id = String(part.userData['participant']);
        (seen[id] ??= []).push(head && part.visible ? [head.position.x, head.position.y, head.position.z] : null);
      }
    }, 100);
  });
}

interface Walked {
  readonly id: string;
  readonly looks: number;
  /** Looks at which somebody was not to be seen, once they had been. */
  readonly gone: number;
  /** The longest way between two looks, in metres. */
  readonly step_m: number;
}

/** Where this browser shows the heads of those who are to be seen, by their seats. */
function heads(page: Page): Promise<Record<string, Three>> {
  return page.evaluate(() => {
    const found: Record<string, Three> = {};
    for (const part of window.__xrInside?.stage.scene.getObjectsByProperty('name', 'person') ?? []) {
      const head = part.getObjectByName('head');
      if (head && part.visible) found[String(part.userData['participant'])] = [head.position.x, head.position.y, head.position.z];
    }
    return found;
  });
}

async function walked(page: Page): Promise<Walked[]> {
  const seen = await page.evaluate(() => Reflect.get(window, 'seen') as Record<string, (Three | null)[]>);
  return Object.entries(seen).map(([id, looks]) => {
    const first = looks.findIndex((look) => look !== null);
    const after = first < 0 ? [] : looks.slice(first);
    const there = after.filter((look) => look !== null);
    const steps = there.slice(1).map((look, i) => distance(look, there[i] ?? look));
    return { id, looks: there.length, gone: after.length - there.length, step_m: Math.max(0, ...steps) };
  });
}

test('five people see and hear each other, hand a hologram on, and a line that breaks changes nothing of it', async ({ browser }) => {
  const [cable, other] = [await Cable.lay(), await Cable.lay()];
  const [li, chen] = [await withStage(browser, 'li.terminal'), await withStage(browser, 'chen.expert', { baseURL: cable.url })];
  const wang = await flat(browser, 'wang.nurse');
  // Two have a second device at hand: another seat of the same account.
  const [lisOther, chensOther] = [await flat(browser, 'li.terminal'), await flat(browser, 'chen.expert', { baseURL: other.url })];
  const all = [li, chen, wang, lisOther, chensOther];
  let path = '';

  await test.step('come in, by invitation and by the door', async () => {
    await li.goto(`/patients/${ZHAO}`);
    await li.getByRole('button', { name: 'Ask for consultation' }).click();
    const id = await sendRequest(li, 'Five of us');
    await accept(chen, id);
    path = new URL(li.url()).pathname;
    for (const page of [wang, lisOther, chensOther]) await page.goto(path);
    await tab(li, /^People/);
    await li.locator('[data-waiting-person="wang.nurse"]').getByRole('button', { name: /^Let in/ }).click();
    for (const page of all) {
      await live(page);
      await tab(page, /^People 5/);
      await expect(page.locator('.people > li')).toHaveCount(5);
    }
  });

  await test.step('see each other, those without a stage too', async () => {
    for (const page of [li, chen]) {
      await page.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 240_000 });
      await expect
        .poll(() => page.evaluate(() => window.__xrInside?.stage.scene.getObjectsByProperty('name', 'person').filter(({ visible }) => visible).length))
        .toBe(4);
    }
  });

  await test.step('hear each other', async () => {
    for (const page of all) await join(page);
    for (const page of all.slice(1)) expect((await received(page)).loudest).toBe(0);
    await li.locator('.voice-bar [data-source=microphone]').click();
    for (const page of all.slice(1)) {
      await expect(row(page, 'Li').filter({ hasText: /speaking|microphone open/ })).toHaveCount(1);
      await expect.poll(async () => (await received(page)).loudest).toBeGreaterThan(0.05);
    }
    // The nurse answers, and Li hears it.
    expect((await received(li)).loudest).toBe(0);
    await wang.locator('.voice-bar [data-source=microphone]').click();
    await expect.poll(async () => (await received(li)).loudest).toBeGreaterThan(0.05);
    // Waves beside a head are drawn anew with each word; two cores have enough to do.
    await wang.locator('.voice-bar [data-source=microphone]').click();
  });

  await test.step('hand the hologram on', async () => {
    const first = await drawn(chen);
    await take(li, [36, -10]);
    await expect.poll(async () => distance(await drawn(chen), first)).toBeGreaterThan(0.02);
    await expect.poll(async () => distance(await drawn(chen), await drawn(li))).toBeLessThan(0.005);
    // One hand at a time: Chen is told who has it.
    await take(chen, [-20, 0]);
    await expect(chen.locator('.toast').filter({ hasText: 'is holding the images' }).first()).toBeVisible();
    await letGo(chen);
    await letGo(li);
    const left = await drawn(li);
    await expect.poll(async () => distance((await told(chen)).transform.position_m, left)).toBeLessThan(0.001);
    // What Li left, Chen takes up from there.
    await take(chen, [-40, 12]);
    await expect.poll(async () => distance(await drawn(li), left)).toBeGreaterThan(0.02);
    await letGo(chen);
    const end = await drawn(chen);
    for (const page of [li, chen]) await expect.poll(async () => distance((await told(page)).transform.position_m, end)).toBeLessThan(0.001);
    // Those without a stage read the same size.
    const { scale } = (await told(chen)).transform;
    await chen.locator('canvas.stage-canvas').focus();
    await chen.keyboard.press('+');
    const size = `${Math.round(scale * 108)} %`;
    for (const page of all) {
      await tab(page, /^View/);
      await expect(page.getByRole('slider', { name: 'Size' })).toHaveAttribute('aria-valuetext', size);
      await tab(page, /^People/);
    }
  });

  await test.step('ask for it, keep it, give it, take it, and lock it', async () => {
    for (const page of [li, chen]) await listen(page);
    const [ofLi, ofChen] = [li.locator('[data-hands]'), chen.locator('[data-hands]')];
    await take(li, [20, 6]);
    await whileMoving(li, async () => {
      // Whose pointer is in use answers by key.
      await ofChen.getByRole('button', { name: /^Ask for them/ }).press('Enter');
      await expect(ofLi).toContainText('asks for the images');
      await expect(ofChen.getByRole('button', { name: /^You asked for them/ })).toBeFocused();
      await expect.poll(() => heard(li)).toContain('asks for the images');
      await li.keyboard.press('k');
      await expect(ofLi).toHaveCount(0);
      await expect.poll(() => heard(chen)).toContain('keeps the images for now');
      await ofChen.getByRole('button', { name: /^Ask for them/ }).click();
      await expect(ofLi).toHaveAttribute('data-hands', 'asked');
      await li.keyboard.press('g');
      await expect.poll(() => heard(chen)).toContain('gave you the images');
    });
    // Given, it stands where it was seen last, until who was given it moves it.
    const given = await drawn(li);
    expect(distance(await drawn(chen), given)).toBeLessThan(0.02);
    await letGo(li);
    await take(chen, [-30, 8]);
    await expect.poll(async () => distance(await drawn(li), given)).toBeGreaterThan(0.01);
    // Who keeps order takes it: it stays where it was seen, and it is said who did it.
    await whileMoving(chen, async () => {
      await ofLi.getByRole('button', { name: /^Take them/ }).click();
      await expect(chen.locator('.people-log')).toContainText('took what');
    });
    await letGo(chen);
    await expect.poll(async () => distance(await drawn(chen), await drawn(li))).toBeLessThan(0.005);

    // Locked, nobody moves it; unlocked, everybody may again.
    await tab(li, /^View/);
    await li.getByRole('button', { name: /^Lock in place/ }).click();
    await expect(li.locator('[data-lock]')).toHaveAttribute('data-lock', 'locked');
    await expect.poll(() => heard(chen)).toContain('locked something in place');
    const locked = (await told(chen)).transform;
    // Whose hand had it until the lock came may still be seen to hold it for a moment.
    await expect(async () => {
      await take(chen, [30, 0]);
      await letGo(chen);
      await chen.waitForTimeout(300);
      expect(await heard(chen)).toContain('Locked by');
    }).toPass();
    expect((await told(li)).transform).toEqual(locked);
    await li.getByRole('button', { name: /^Unlock/ }).click();
    await expect(li.locator('[data-lock]')).toHaveAttribute('data-lock', 'free');
    await expect.poll(() => heard(chen)).toContain('unlocked something');
    await expect(async () => {
      await take(chen, [30, 0]);
      await letGo(chen);
      await chen.waitForTimeout(300);
      expect(distance((await told(li)).transform.position_m, locked.position_m)).toBeGreaterThan(0.01);
    }).toPass();
    await tab(li, /^People/);
  });

  await test.step('one loses the line for ten seconds, and is back in the same seat', async () => {
    await watch(li);
    const log = await li.locator('.people-log').innerText();
    const comings = (text: string): number => text.split(/has come in|has left/).length;
    const before = await told(chen);
    cable.cut();
    await expect(chen.locator('.room-bar .line-state')).toContainText('Connection lost');
    await expect(li.locator('.people > li').filter({ hasText: 'line broken' })).toHaveCount(1);
    await li.waitForTimeout(CUT_ms);
    // Meanwhile the room goes on without them.
    await wang.getByRole('button', { name: 'Raise hand' }).click();
    cable.mend();
    await live(chen);
    await expect(li.locator('.people > li').filter({ hasText: 'line broken' })).toHaveCount(0);
    for (const page of all) await expect(page.locator('.people > li')).toHaveCount(5);
    await expect(row(chen, 'Wang')).toContainText('hand up');
    for (const page of [li, chen]) expect(await told(page)).toEqual(before);
    // Nobody came, nobody left, and nobody was anywhere else than before.
    expect(comings(await li.locator('.people-log').innerText())).toBe(comings(log));
    await expect(chen.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
    await expect.poll(async () => (await received(chen)).loudest).toBeGreaterThan(0.05);
    const ways = await walked(li);
    expect(ways).toHaveLength(4);
    for (const way of ways) {
      expect(way.looks, way.id).toBeGreaterThan(10);
      expect(way.gone, way.id).toBe(0);
      expect(way.step_m, way.id).toBeLessThan(0.05);
    }
  });

  await test.step('one leaves without a line, and is gone as soon as there is one', async () => {
    other.cut();
    await expect(chensOther.locator('.room-bar .line-state')).toContainText('Connection lost');
    await expect(li.locator('.people > li').filter({ hasText: 'line broken' })).toHaveCount(1);
    await chensOther.getByRole('link', { name: 'Leave', exact: true }).click();
    await expect(chensOther.locator('.toast').filter({ hasText: 'The room was left' })).toBeVisible();
    other.mend();
    // Long before the minute is over for which a seat is kept.
    await expect(li.locator('.people > li')).toHaveCount(4, { timeout: 20_000 });
    await chensOther.goto(path);
    await live(chensOther);
    await tab(chensOther, /^People/);
    for (const page of all) await expect(page.locator('.people > li')).toHaveCount(5);
  });

  const recorded = await test.step('all agree to be recorded, and one takes it back', async () => {
    const before = await told(li);
    await li.getByRole('button', { name: 'Record this room' }).press('Enter');
    for (const page of [chen, wang]) await page.getByRole('button', { name: 'I agree', exact: true }).press('Enter');
    for (const page of all) await expect(page.locator('[data-recording=running]')).toContainText('This room is recorded');
    await take(li, [24, -8]);
    await letGo(li);
    await expect.poll(async () => distance((await told(chen)).transform.position_m, before.transform.position_m)).toBeGreaterThan(0.01);
    // All four sit still meanwhile; only the screen of who came back last may not have shown them yet.
    await expect.poll(async () => Object.keys(await heads(li))).toHaveLength(4);
    const people = await heads(li);
    await wang.getByRole('button', { name: 'I no longer agree' }).click();
    for (const page of all) await expect(page.locator('[data-recording]')).toHaveCount(0);
    const { transform } = await told(li);
    expect((await told(chen)).transform).toEqual(transform);
    return { transform, people };
  });

  await test.step('one is put out, is told why, and the others go on', async () => {
    const label = await row(li, 'Wang').getByRole('button', { name: /^Keep order/ }).getAttribute('aria-label');
    await keepOrder(li, label?.replace('Keep order: ', '') ?? '', 'Put out They', 'please rest first');
    await expect(wang.locator('[data-farewell=put-out]')).toContainText('please rest first');
    await expect(wang.locator('.room')).toHaveCount(0);
    for (const page of [li, chen, lisOther, chensOther]) {
      await expect(page.locator('.people > li')).toHaveCount(4);
      await expect(row(page, 'Wang')).toHaveCount(0);
    }
  });

  await test.step('a licence that ends takes its holder out of the room on both screens', async () => {
    const admin = await person(browser, 'admin', { viewport: SMALL });
    await licence(admin, 'chen.expert', { start: '2025-01-01', end: '2025-06-30' });
    try {
      for (const page of [chen, chensOther]) await expect(page.locator('[data-farewell=licence-ended]')).toContainText('licence to practise in virtual rooms');
      for (const page of [li, lisOther]) await expect(page.locator('.people > li')).toHaveCount(2);
    } finally {
      await licence(admin, 'chen.expert', { start: '2025-01-01' });
    }
    await chensOther.getByRole('button', { name: 'Knock again' }).click();
    await live(chensOther);
    await expect(li.locator('.people > li')).toHaveCount(3);
    await admin.context().close();
  });

  await test.step('the replay ends as the room was', async () => {
    await li.goto(`${path}/recordings`);
    await li.getByRole('link', { name: /^Replay of/ }).click();
    await li.getByRole('tab', { name: 'What is there' }).click();
    await expect(li.locator('.room-side .people li')).toHaveCount(5);
    const time = li.getByRole('slider', { name: 'Time in the recording' });
    const shown = async (): Promise<unknown> => JSON.parse((await li.locator('[data-hologram]').getAttribute('data-hologram')) ?? 'null') as unknown;
    expect(await shown()).not.toEqual(recorded.transform);
    await time.focus();
    await time.press('End');
    await expect.poll(shown).toEqual(recorded.transform);
    // Those whom Li saw then are where they were.
    for (const [seat, at] of Object.entries(recorded.people)) await expect.poll(async () => distance((await heads(li))[seat] ?? NOWHERE, at), seat).toBeLessThan(0.05);
    await expect.poll(async () => Object.keys(await heads(li))).toHaveLength(5);
    // Li alone had the microphone open, and is heard.
    const recording = (await li.locator('[data-replay]').getAttribute('data-replay')) ?? '';
    const speakers = await li.evaluate(async (address) => {
      const { parts } = (await (await fetch(address)).json()) as { parts: { speakers: number[] }[] };
      return parts.flatMap((part) => part.speakers);
    }, `/api${path}/recordings/${recording}`);
    expect(new Set(speakers).size).toBe(1);
    expect(Object.keys(recorded.people)).not.toContain(String(speakers[0]));
  });
  for (const page of all) await page.context().close();
  for (const line of [cable, other]) line.close();
});
