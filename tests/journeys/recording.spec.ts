import type { Page } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';
import { accept, askForConsultation } from './consultation.ts';
import { emulateHeadset, frames, leave, panelWords, press, stand } from './inside.ts';
import { SCREENS, choose, expect, look, person, test } from './people.ts';

// A microphone that Chromium plays itself: it beeps each second.
const FAKE_DEVICES = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection'];
test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

interface Transform {
  readonly position_m: readonly number[];
  readonly rotation: readonly number[];
  readonly scale: number;
}

/** The last transform of a hologram that the record has of a recorded time. */
async function kept(page: Page, path: string): Promise<Transform | undefined> {
  return page.evaluate(async (address) => {
    const whole = (await (await fetch(address)).json()) as { acts: { changes: { placed: { entity: { type: string; transform?: Transform } } | null }[] }[] };
    const placed = whole.acts.flatMap((act) => act.changes.map((change) => change.placed?.entity));
    return placed.findLast((entity) => entity?.type === 'hologram')?.transform;
  }, path);
}

async function people(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /^People/ }).click();
}

test('two agree to be recorded, one takes it back, and the replay is what was there and said', async ({ browser }) => {
  const li = await person(browser, 'li.terminal');
  const chen = await person(browser, 'chen.expert');
  // What is decoded of voices is looked at: sound cannot be heard here.
  await li.addInitScript(() => {
    const decode = AudioContext.prototype.decodeAudioData;
    Reflect.set(window, 'decoded', []);
    AudioContext.prototype.decodeAudioData = async function (...given) {
      const buffer = await decode.apply(this, given);
      const samples = buffer.getChannelData(0);
      Reflect.set(window, 'hears', this);
      (Reflect.get(window, 'decoded') as [number, number][]).push([buffer.duration, samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0)]);
      return buffer;
    };
    // How long what is laid to be heard is.
    Reflect.set(window, 'laid_s', []);
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...given) {
      (Reflect.get(window, 'laid_s') as number[]).push(this.buffer?.duration ?? 0);
      start.apply(this, given);
    };
  });
  await li.goto('/');
  await askForConsultation(li);
  const path = new URL(li.url()).pathname;
  await chen.goto('/');
  await accept(chen, path.split('/').at(-1) ?? '');
  await li.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 180_000 });
  for (const page of [li, chen]) {
    await page.getByRole('button', { name: 'Join voice' }).click();
    await expect(page.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
  }

  // Everybody is asked, and nothing is recorded before all agree.
  await people(li);
  await li.getByRole('button', { name: 'Record this room' }).press('Enter');
  await expect(li.locator('[data-recording=asked]')).toContainText('begins when these have agreed');
  await expect(chen.locator('[data-recording=asked]')).toContainText('asks to record this room');
  await look(chen, 'recording-asked', ['desktop', 'narrow']);
  await chen.getByRole('button', { name: 'I agree', exact: true }).press('Enter');
  for (const page of [li, chen]) await expect(page.locator('[data-recording=running]')).toContainText('This room is recorded');
  await expect(li.locator('[aria-live]').first()).toContainText('recorded from now on');
  await look(li, 'recording-running', ['desktop', 'narrow']);

  // Something is said, measured and turned.
  await li.locator('canvas.stage-canvas').focus();
  await li.keyboard.press('m');
  await expect(li.locator('.voice-own')).toHaveText('Microphone open');
  await li.keyboard.press('ArrowLeft');
  await li.keyboard.press('ArrowLeft');
  await li.locator('[data-tool=measure]').click();
  await li.locator('canvas[data-plane=axial]').focus();
  await li.keyboard.press('Enter');
  await li.keyboard.press('Shift+ArrowRight');
  await li.keyboard.press('Enter');
  await li.getByRole('tab', { name: /^View/ }).click();
  const mark = li.locator('.marks li strong').first();
  await expect(mark).toContainText(/\d+\.\d mm/);
  const measured = (await mark.textContent()) ?? '';
  // The microphone beeps each second.
  await li.waitForTimeout(3_000);

  await people(chen);
  await chen.getByRole('button', { name: 'I no longer agree' }).click();
  for (const page of [li, chen]) await expect(page.locator('[data-recording]')).toHaveCount(0);
  await people(li);
  await expect(li.locator('.people-log')).toContainText('no longer agrees. The recording has ended.');
  await chen.context().close();

  // The recording is found from the room.
  await li.getByRole('link', { name: 'Recordings of this room' }).click();
  await look(li, 'recordings', ['desktop', 'narrow']);
  const replay = li.getByRole('link', { name: /^Replay of/ });
  await expect(replay).toHaveCount(1);
  await expect(li.getByText('ended: somebody no longer agreed')).toBeVisible();
  await replay.click();
  await expect(li.locator('[data-replay]')).toBeVisible();
  const recording = (await li.locator('[data-replay]').getAttribute('data-replay')) ?? '';
  const clock = li.locator('.replay-clock');
  const time = li.getByRole('slider', { name: 'Time in the recording' });

  // It stands in the place of its room.
  await expect(li.locator('[data-replay]')).toHaveAttribute('data-place', 'consulting');

  // At its beginning nothing is measured; at its end all is as it was.
  await li.getByRole('tab', { name: 'What is there' }).click();
  await expect(li.locator('.room-side .people li')).toHaveCount(2);
  await expect(li.locator('[data-recording-proof] [data-proof=proved]')).toHaveCount(2);
  await expect(li.locator('[data-mark]')).toHaveCount(0);
  await time.focus();
  await time.press('End');
  await expect(li.locator('[data-mark] strong')).toHaveText([measured]);
  const shown = JSON.parse((await li.locator('[data-hologram]').getAttribute('data-hologram')) ?? 'null') as Transform;
  expect(shown).toEqual(await kept(li, `/api${path}/recordings/${recording}`));
  expect(shown.rotation).not.toEqual([0, 0, 0, 1]);

  // An act is found by its words, and leads to its moment.
  await li.getByRole('tab', { name: 'What was done' }).click();
  await li.getByRole('searchbox').fill('mm');
  await expect(li.locator('[data-act]')).toHaveCount(1);
  await expect(li.locator('[data-act]')).toContainText(measured);
  await li.locator('[data-act]').press('Enter');
  await expect(clock).toHaveAttribute('data-playing', 'false');
  await li.getByRole('tab', { name: 'What is there' }).click();
  await expect(li.locator('[data-mark] strong')).toHaveText([measured]);
  await time.press('Home');
  await expect(li.locator('[data-mark]')).toHaveCount(0);

  // It plays with its voices, by the keys too, and slower or faster without them.
  await li.getByRole('button', { name: 'Play' }).click();
  await expect.poll(async () => Number(await clock.getAttribute('data-at-ms'))).toBeGreaterThan(1_500);
  const decoded = (): Promise<[number, number][]> => li.evaluate(() => Reflect.get(window, 'decoded') as [number, number][]);
  await expect.poll(async () => Math.max(0, ...(await decoded()).map(([, loudest]) => loudest))).toBeGreaterThan(0.05);
  // One hears from where one looks, also more slowly: then what is laid is twice as long.
  await li.getByLabel('Speed').selectOption('0.5');
  const longest = Math.max(...(await decoded()).map(([length_s]) => length_s));
  const laid = (): Promise<number> => li.evaluate(() => Math.max(...(Reflect.get(window, 'laid_s') as number[])));
  await expect.poll(laid).toBeCloseTo(2 * longest, 1);
  const ear = (): Promise<number> => li.evaluate(() => (Reflect.get(window, 'hears') as AudioContext | undefined)?.listener.positionX.value ?? NaN);
  const heardFrom = await ear();
  await li.locator('canvas.stage-canvas').focus();
  await li.keyboard.press('ArrowLeft');
  await expect.poll(async () => Math.abs((await ear()) - heardFrom)).toBeGreaterThan(0.01);
  await li.getByRole('button', { name: 'Pause' }).click();
  const stood = await clock.getAttribute('data-at-ms');
  await li.waitForTimeout(500);
  expect(await clock.getAttribute('data-at-ms')).toBe(stood);
  await li.getByLabel('Speed').selectOption('8');
  await expect(clock).toContainText('No voices at this speed');
  await li.getByRole('button', { name: 'Play' }).click();
  await expect(clock).toHaveAttribute('data-playing', 'false', { timeout: 30_000 });
  await expect(li.locator('[data-mark] strong')).toHaveText([measured]);
  await look(li, 'replay');
  await choose(li, 'en');

  // The act is found over all recordings of the patient, and leads to the same moment.
  const patient = await li.evaluate(async (address) => ((await (await fetch(address)).json()) as { patient: string }).patient, `/api${path}`);
  await li.goto(`/patients/${patient}`);
  await li.getByRole('link', { name: 'Recorded rooms' }).click();
  await li.getByRole('searchbox').fill(measured);
  await expect(li.locator('[data-recorded-acts] [role=status]')).toContainText(/acts?/);
  await look(li, 'recorded-acts', ['desktop', 'narrow']);
  // The latest recording comes first.
  await li.locator('[data-act]').first().press('Enter');
  await expect(li.locator('[data-replay]')).toHaveAttribute('data-replay', recording);
  await expect.poll(async () => Number(await clock.getAttribute('data-at-ms'))).toBeGreaterThan(0);
  await li.getByRole('tab', { name: 'What is there' }).click();
  await expect(li.locator('[data-mark] strong')).toHaveText([measured]);

  // With a headset one stands in it, and has the clock on the panel.
  await emulateHeadset(li);
  await li.reload();
  await li.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 180_000 });
  await li.getByRole('button', { name: 'Enter VR' }).click();
  await frames(li);
  expect(await panelWords(li)).toMatch(/Play[\s\S]*Slower[\s\S]*Leave the headset/);
  await press(li, 'controllers', 'begin');
  await press(li, 'controllers', 'slower');
  await expect(li.getByLabel('Speed')).toHaveValue('0.5');
  await press(li, 'controllers', 'toggle');
  await expect.poll(() => panelWords(li)).toContain('Pause');
  await expect.poll(async () => Number(await clock.getAttribute('data-at-ms'))).toBeGreaterThan(500);
  await expect.poll(ear).toBeCloseTo(0, 1);
  await stand(li, 1.1, 0.4);
  await expect.poll(ear).toBeCloseTo(1.1, 1);
  await press(li, 'controllers', 'toggle');
  await expect(clock).toHaveAttribute('data-playing', 'false');
  await leave(li);
  await expect(li.getByRole('button', { name: 'Enter VR' })).toBeVisible();
  await li.setViewportSize(SCREENS.desktop);

  // Who runs the archive sees that it is there and nothing in it, and erases it with a reason.
  const admin = await person(browser, 'admin');
  await admin.goto(`${path}/recordings`);
  await expect(admin.getByRole('link', { name: /^Replay of/ })).toHaveCount(0);
  await admin.getByRole('button', { name: 'Erase' }).press('Enter');
  await admin.getByRole('button', { name: 'Erase for good' }).click();
  await expect(admin.getByText('Say why, in a few words.')).toBeVisible();
  // What stands behind a dialog, the languages too, is out of reach.
  await look(admin, 'recording-erase', ['desktop', 'narrow'], 'en');
  await admin.getByLabel('Reason').fill('asked to');
  await admin.getByRole('button', { name: 'Erase for good' }).click();
  await expect(admin.locator('[data-state=erased]')).toContainText(/whom and why: ledger entry \d+/);
  await expect(admin.getByRole('button', { name: 'Erase' })).toHaveCount(0);
  await admin.context().close();
  // Who may see the patient proves that it is gone, and cannot erase.
  await li.goto(`${path}/recordings`);
  await expect(li.locator('[data-state=erased] [data-proof=proved]')).toHaveCount(2);
  await expect(li.getByRole('button', { name: 'Erase' })).toHaveCount(0);
  await look(li, 'recording-erased', ['desktop', 'narrow']);
  await li.context().close();
});
