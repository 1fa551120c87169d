import type { Browser, Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { accept, askForConsultation, tab } from './consultation.ts';
import { expect, look, person, test } from './people.ts';

// Devices that Chromium plays itself: a camera with a clock and a microphone that beeps each second.
const FAKE_DEVICES = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
];
test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

/** What a browser has received. */
interface Received {
  /** Packets of voices, by the browser's own count. */
  readonly voice: number;
  /** The largest sample of any voice within somewhat more than a second: the fake microphone beeps once in it. */
  readonly loudest: number;
  readonly pictures: number;
  readonly open: number;
}

/** Lets the page's lines be counted from outside. */
async function counted(browser: Browser, user: string): Promise<Page> {
  const page = await person(browser, user);
  await page.addInitScript(() => {
    const lines: RTCPeerConnection[] = [];
    Reflect.set(window, 'lines', lines);
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        lines.push(this);
      }
    };
  });
  return page;
}

function received(page: Page): Promise<Received> {
  return page.evaluate(async () => {
    const lines = (Reflect.get(window, 'lines') as RTCPeerConnection[]).filter((line) => line.connectionState !== 'closed');
    const sum = { voice: 0, loudest: 0, pictures: 0, open: lines.length };
    const ear = new AudioContext();
    await ear.resume();
    const tracks = lines.flatMap((line) => line.getReceivers().map(({ track }) => track));
    const voices = tracks.filter(({ kind }) => kind === 'audio').map((track) => {
      const analyser = ear.createAnalyser();
      ear.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      return analyser;
    });
    const wave = new Float32Array(2048);
    const end = performance.now() + 1_500;
    while (performance.now() < end) {
      await new Promise((go) => setTimeout(go, 30));
      for (const voice of voices) {
        voice.getFloatTimeDomainData(wave);
        for (const sample of wave) sum.loudest = Math.max(sum.loudest, Math.abs(sample));
      }
    }
    await ear.close();
    for (const line of lines) {
      for (const report of (await line.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        if (report.kind === 'audio') sum.voice += report.packetsReceived;
        else sum.pictures += report.framesDecoded ?? 0;
      }
    }
    return sum;
  });
}

async function join(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Join voice' }).click();
  await expect(page.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
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
  const liSeen = chen.locator('.people > li').filter({ hasText: 'Li' });
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
  await li.locator('.voice-bar [data-source=camera]').click();
  await expect(chen.locator('.picture')).toHaveCount(0);

  // Captions by anybody.
  await tab(li, 'People 2');
  await li.getByLabel('Write a caption for everybody').fill('右上叶 9 mm');
  await li.getByRole('button', { name: 'Say', exact: true }).click();
  await expect(chen.locator('.captions-list')).toContainText('右上叶 9 mm');

  // Nothing of all this came to the other room.
  expect(await received(elsewhere)).toMatchObject({ voice: 0, loudest: 0, pictures: 0, open: 1 });
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
  await expect(li.getByText('The browser does not give this page the device.')).toBeVisible();
  await expect(li.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  await li.context().close();
});
