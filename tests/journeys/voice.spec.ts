import type { Browser, Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { accept, askForConsultation, tab } from './consultation.ts';
import { expect, look, person, test } from './people.ts';
import { HEARD } from './speech-service.ts';
import { FAKE_DEVICES, countLines, join, pictureSeen, received, sizesSent } from './voices.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

async function counted(browser: Browser, user: string): Promise<Page> {
  const page = await person(browser, user);
  await countLines(page);
  return page;
}

test('two talk, a third in another room hears nothing, and who leaves the room leaves its voices', async ({ browser }) => {
  const li = await counted(browser, 'li.terminal');
  const chen = await counted(browser, 'chen.expert');
  await li.goto('/');
  await askForConsultation(li);
  const id = new URL(li.url()).pathname.split('/').at(-1) ?? '';
  await chen.goto('/');
  await accept(chen, id);
  // A third is in another room.
  const elsewhere = await counted(browser, 'li.terminal');
  await elsewhere.goto('/');
  await askForConsultation(elsewhere);

  await join(li);
  await join(chen);
  await join(elsewhere);
  await tab(chen, 'People 2');
  const liSeen = chen.locator('.people > li').filter({ hasText: 'Li Jian' });
  await expect(liSeen).toContainText('muted');
  expect((await received(chen)).loudest).toBe(0);

  // Li opens the microphone by its key; Chen hears and is told.
  await li.locator('canvas.stage-canvas').focus();
  await li.keyboard.press('m');
  await expect(li.locator('.voice-own')).toHaveText('Microphone open');
  await expect.poll(async () => (await received(chen)).loudest).toBeGreaterThan(0.05);
  await expect(liSeen.locator('[data-sound=speaking]')).toBeVisible();
  await expect(liSeen).toContainText('speaking');

  // Muted again, nothing more comes.
  await li.keyboard.press('m');
  await expect(liSeen).toContainText('muted');
  const muted = (await received(chen)).voice;
  await chen.waitForTimeout(2_000);
  expect((await received(chen)).voice - muted).toBeLessThanOrEqual(5);

  // A camera is a tile with a name.
  await li.locator('.voice-bar [data-source=camera]').click();
  await expect.poll(async () => (await received(chen)).pictures).toBeGreaterThan(5);
  await expect(chen.getByRole('button', { name: /Larger: Camera of .*Li/ })).toBeVisible();
  // It is sent in two sizes, of which each viewer gets what their line carries.
  await expect.poll(() => sizesSent(li)).toEqual(['h', 'l']);
  await li.locator('.voice-bar [data-source=camera]').click();
  await expect(chen.locator('.picture')).toHaveCount(0);

  // A shared screen comes as it is, to be read: larger than a camera, with something on it.
  await li.locator('.voice-bar [data-source=screen]').click();
  await expect(chen.getByRole('button', { name: /Larger: Screen of .*Li/ })).toBeVisible();
  await expect.poll(() => pictureSeen(chen, 'screen')).toMatchObject({ isLarge: true, isPlain: false });
  await li.locator('.voice-bar [data-source=screen]').click();
  await expect(chen.locator('.picture')).toHaveCount(0);

  // Captions by anybody.
  await tab(li, 'People 2');
  await li.getByLabel('Write a caption for everybody').fill('右上叶 9 mm');
  await li.getByRole('button', { name: 'Say', exact: true }).click();
  await expect(chen.locator('.captions-list')).toContainText('右上叶 9 mm');

  // An order that is said: the hospital's speech service writes it down for Li alone, and it is done when confirmed.
  await li.getByRole('button', { name: 'Say an order' }).click();
  await expect(li.locator('[data-order=hand]')).toContainText(HEARD.en);
  await li.getByRole('button', { name: 'Do it' }).click();
  await expect(chen.locator('.people > li').filter({ hasText: 'hand up' })).toHaveCount(1);
  await expect(chen.locator('.captions-list')).not.toContainText(HEARD.en);
  // What is said is written down by it for everybody, once Li asks for it.
  await li.getByLabel('Write down what I say').check();
  await li.locator('.voice-bar [data-source=microphone]').click();
  await expect(chen.locator('.captions-list').getByText(`${HEARD.en} (written by a speech service, which may mishear)`).first()).toBeVisible();
  await look(chen, 'room-captions', ['desktop', 'narrow']);
  await li.getByLabel('Write down what I say').uncheck();
  await li.locator('.voice-bar [data-source=microphone]').click();

  // Nothing of all this came to the other room.
  const there = await received(elsewhere);
  expect(there).toMatchObject({ voice: 0, loudest: 0, pictures: 0 });
  expect(there.open).toBeGreaterThan(0);
  await look(chen, 'room-voice');

  // Chen leaves the room: the line goes with it, and Li sees so.
  await chen.locator('.room-bar a.button').first().click();
  await expect(chen.locator('.room')).toHaveCount(0);
  await expect.poll(async () => (await received(chen)).open).toBe(0);
  await expect(li.locator('.people [data-sound]')).toHaveCount(1);
  for (const page of [li, chen, elsewhere]) await page.context().close();
});

test('an echo comes back, and a refused microphone leaves the room and hearing as they are', async ({ browser }) => {
  const li = await counted(browser, 'li.terminal');
  await li.goto('/');
  await askForConsultation(li);
  await join(li);
  await tab(li, 'People 1');
  await li.getByRole('button', { name: 'Check the sound' }).click();
  await expect.poll(async () => (await received(li)).loudest).toBeGreaterThan(0.05);
  await li.getByRole('button', { name: 'End the check' }).click();
  await expect(li.locator('.voice-own')).toHaveText('Muted');

  await li.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await li.getByRole('button', { name: 'Open the microphone' }).click();
  await expect(li.locator('.voice-panel .notice')).toContainText('The browser does not give this page the device.');
  // Whoever looks at another panel, or listens, learns it too.
  await expect(li.locator('.toast')).toContainText(['The browser does not give this page the device.']);
  await expect(li.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  await li.context().close();
});

test('another microphone is chosen and heard, and whoever listens makes one person quiet for themselves', async ({ browser }) => {
  const [li, chen] = [await counted(browser, 'li.terminal'), await counted(browser, 'chen.expert')];
  await li.goto('/');
  await askForConsultation(li);
  const id = new URL(li.url()).pathname.split('/').at(-1) ?? '';
  await chen.goto('/');
  await accept(chen, id);
  for (const page of [li, chen]) await join(page);
  await li.locator('.voice-bar [data-source=microphone]').click();
  await expect.poll(async () => (await received(chen)).loudest).toBeGreaterThan(0.05);

  // Chromium plays more than one microphone; the track of the other takes the place of the first on the same line.
  await tab(li, 'People 2');
  const choice = li.getByLabel('Microphone', { exact: true });
  const devices = await choice.locator('option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value).filter((value) => value !== ''));
  expect(devices.length).toBeGreaterThan(1);
  await choice.selectOption(devices[1] ?? '');
  await expect(li.locator('.voice-own')).toHaveText('Microphone open');
  const sent = (): Promise<string | undefined> =>
    li.evaluate(() => (Reflect.get(window, 'lines') as RTCPeerConnection[]).at(-1)?.getSenders().find(({ track }) => track?.kind === 'audio')?.track?.getSettings().deviceId);
  await expect.poll(sent).toBe(devices[1]);
  const before = (await received(chen)).voice;
  await expect.poll(async () => (await received(chen)).voice).toBeGreaterThan(before + 20);

  // Another voice goes by the same way, made here before anything is sent.
  await li.getByLabel('Change my voice').check();
  await expect(li.locator('.voice-own')).toHaveText('Microphone open');
  await expect.poll(sent).not.toBe(devices[1]);
  await expect.poll(async () => (await received(chen)).loudest).toBeGreaterThan(0.05);
  await li.getByLabel('Change my voice').uncheck();
  await expect.poll(sent).toBe(devices[1]);

  // Pulled out it is said to be away, and chosen still once it is plugged in again.
  const plug = (isIn: boolean): Promise<void> =>
    li.evaluate(
      ([device, stays]) => {
        const { mediaDevices } = navigator;
        mediaDevices.enumerateDevices = async () => (await MediaDevices.prototype.enumerateDevices.call(mediaDevices)).filter(({ deviceId }) => stays || deviceId !== device);
        mediaDevices.dispatchEvent(new Event('devicechange'));
      },
      [devices[1], isIn] as const,
    );
  await plug(false);
  await expect(choice.locator('option:checked')).toHaveText('The chosen one, not plugged in');
  await plug(true);
  await expect(choice.locator('option:checked')).not.toHaveText('The chosen one, not plugged in');
  await expect(choice).toHaveValue(devices[1] ?? '');

  // What Chen does not want to hear, others go on hearing: the packets come all the same.
  await tab(chen, 'People 2');
  const liSeen = chen.locator('.people > li').filter({ hasText: 'Li Jian' });
  await liSeen.getByRole('button', { name: /^Not for me/ }).click();
  await expect(liSeen.getByRole('slider', { name: /^How loud you hear/ })).toHaveAttribute('aria-valuetext', '0 %');
  await look(chen, 'room-quiet', ['desktop', 'narrow']);
  await liSeen.getByRole('button', { name: /^Not for me/ }).click();
  await expect(liSeen.getByRole('slider', { name: /^How loud you hear/ })).toHaveAttribute('aria-valuetext', '100 %');
  for (const page of [li, chen]) await page.context().close();
});

test('who watches is heard and seen when given the word, and who keeps order ends a camera', async ({ browser }) => {
  const [li, chen] = [await counted(browser, 'li.terminal'), await counted(browser, 'chen.expert')];
  await li.goto('/');
  await askForConsultation(li);
  const id = new URL(li.url()).pathname.split('/').at(-1) ?? '';
  await chen.goto('/');
  await accept(chen, id);
  for (const page of [li, chen]) await join(page);
  const microphone = chen.locator('.voice-bar [data-source=microphone]');
  const camera = chen.locator('.voice-bar [data-source=camera]');
  await microphone.click();
  await expect.poll(async () => (await received(li)).loudest).toBeGreaterThan(0.05);

  // Made an observer, Chen falls silent, and the microphone is given back.
  await tab(li, 'People 2');
  const chenSeen = li.locator('.people > li').filter({ hasText: 'Chen' });
  await chenSeen.getByRole('button', { name: /^Keep order/ }).click();
  const dialog = li.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Is here' }).selectOption('observer');
  await dialog.getByRole('button', { name: 'Make it so' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(microphone).toHaveAttribute('aria-disabled', 'true');
  await expect(microphone).toHaveAttribute('data-on', 'false');
  // It can be pressed all the same, and says why it does nothing.
  await microphone.click({ force: true });
  await expect(chen.getByText('You watch here. Raise your hand: whoever keeps order gives you the word.').first()).toBeVisible();
  await expect(microphone).toHaveAttribute('data-on', 'false');
  await look(chen, 'room-watching', ['desktop', 'phone']);

  // A raised hand is given the word: heard, and seen by camera.
  await tab(chen, 'People 2');
  await chen.getByRole('button', { name: 'Raise hand' }).click();
  await expect(chenSeen).toContainText('hand up');
  await chenSeen.getByRole('button', { name: /^Give the word/ }).click();
  await expect(chenSeen).toContainText('has the word');
  await expect(chenSeen).not.toContainText('hand up');
  await microphone.click();
  await expect(microphone).toHaveAttribute('data-on', 'true');
  await expect.poll(async () => (await received(li)).loudest).toBeGreaterThan(0.05);
  await camera.click();
  await expect(li.locator('.picture')).toHaveCount(1);
  await expect(chen.locator('.voice-bar [data-source=screen]')).toHaveAttribute('aria-disabled', 'true');

  // The camera is ended with its reason, and shown again when it is let.
  await chenSeen.getByRole('button', { name: /^Keep order/ }).click();
  await dialog.getByText('End the camera').click();
  await dialog.getByRole('textbox', { name: /^Reason/ }).fill('a name is to be read');
  await dialog.getByRole('button', { name: 'Do it' }).click();
  await expect(li.locator('.picture')).toHaveCount(0);
  await expect(camera).toHaveAttribute('data-on', 'false');
  await expect(chen.locator('.people-log')).toContainText('a name is to be read');
  await expect(chenSeen).toContainText('camera ended');
  await look(li, 'room-ended', ['desktop', 'phone']);
  await chenSeen.getByRole('button', { name: /^Let them show the camera/ }).click();
  await camera.click();
  await expect(li.locator('.picture')).toHaveCount(1);
  await chen.getByRole('button', { name: 'Give the word back' }).click();
  await expect(li.locator('.picture')).toHaveCount(0);
  await expect(microphone).toHaveAttribute('data-on', 'false');
  for (const page of [li, chen]) await page.context().close();
});

test('where the hospital carries no media people read along, and all else goes on', async ({ browser }) => {
  const [li, chen] = [await counted(browser, 'li.terminal'), await counted(browser, 'chen.expert')];
  for (const page of [li, chen]) {
    await page.route('**/api/rooms/*/media', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), open: false } });
    });
  }
  await li.goto('/');
  await askForConsultation(li);
  const id = new URL(li.url()).pathname.split('/').at(-1) ?? '';
  await chen.goto('/');
  await accept(chen, id);
  await tab(li, 'People 2');
  await li.getByRole('button', { name: 'Join voice' }).click();
  await expect(li.locator('.voice-panel .notice')).toContainText('This hospital carries no voice or picture.');
  await expect(li.locator('.voice-bar')).toHaveAttribute('data-voice', 'out');
  await tab(chen, 'People 2');
  await li.getByLabel('Write a caption for everybody').fill('Read me');
  await li.getByRole('button', { name: 'Say', exact: true }).click();
  await expect(chen.locator('.captions-list')).toContainText('Read me');
  await chen.getByRole('button', { name: 'Raise hand' }).click();
  await expect(li.locator('.people > li').filter({ hasText: 'hand up' })).toHaveCount(1);
  for (const page of [li, chen]) await page.context().close();
});
