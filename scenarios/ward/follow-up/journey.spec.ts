/**
 * A patient answers on a phone, a day long without a line; the family doctor's work list shows who got worse; the alert
 * is taken, the patient met, referred up and back, and the alert ended.
 */
import type { Browser, Locator, Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { SCREENS, choose, expect, look, person, test } from '../../../tests/journeys/people.ts';
import { PATIENT, readyWithoutALine } from '../../../tests/journeys/programme.ts';
import { CHROMIUM } from '../../../tests/journeys/chromium.ts';
import { emulateHeadset } from '../../../tests/journeys/inside.ts';
import { FAKE_DEVICES, countLines, received } from '../../../tests/journeys/voices.ts';
import { ILL, WELL } from './answers.ts';
import { session } from './curves.ts';
import { nightOfFalls } from './recording.ts';

test.use({ launchOptions: { ...CHROMIUM.launchOptions, args: [...CHROMIUM.launchOptions.args, ...FAKE_DEVICES] } });

const PAGE = '/scenarios/follow-up';
const DAY_ms = 86_400_000;

const course = (page: Page, plan: string) => page.locator(`[data-course][data-plan=${plan}]`);

async function answer(page: Page, plan: string, answers: Readonly<Record<string, string>>): Promise<void> {
  await course(page, plan).locator('.follow-start').click();
  await give(course(page, plan), answers);
}

async function give(within: Locator, answers: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(answers)) {
    const card = within.locator(`[data-question=${name}]`);
    if (/^\d+$/.test(value)) {
      await card.locator('input').fill(value);
      await card.locator('button[type=submit]').click();
    } else {
      await card.locator(`[data-value=${value}]`).click();
    }
  }
  await expect(within.locator('[data-review]')).toBeVisible();
  await within.locator('[data-review] .follow-start').click();
}

/** The patient on a tablet, who was called and goes in by one click. */
async function visited(browser: Browser): Promise<Page> {
  const tablet = await person(browser, 'zhao.patient');
  await countLines(tablet);
  await emulateHeadset(tablet, SCREENS.desktop);
  await tablet.goto(PAGE);
  await tablet.getByRole('button', { name: 'Go in with camera and microphone' }).click();
  await expect(tablet.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
  return tablet;
}

test('follow-up: from the phone of a patient to a person who acts', async ({ browser }) => {
  test.setTimeout(900_000);
  // The family doctor begins a follow-up, with somebody who is told as well.
  const li = await person(browser, 'li.terminal');
  await li.goto(PAGE);
  const form = li.locator('[data-form=enrol]');
  await form.locator('[name=patient]').selectOption(PATIENT);
  await form.locator('[name=plan]').selectOption('copd');
  await form.locator('[name=second]').selectOption('chen.expert');
  await form.locator('[name=usual-spo2_percent]').fill('195');
  await form.getByRole('button', { name: 'Begin' }).click();
  await expect(form.locator('.notice.bad')).toContainText('between 50 and 100');
  await form.locator('[name=usual-spo2_percent]').fill('95');
  await look(li, 'follow-enrol', ['desktop', 'narrow']);
  await form.getByRole('button', { name: 'Begin' }).click();
  await expect(li).toHaveURL(/\/scenarios\/follow-up\/[\w-]+$/);
  const address = new URL(li.url()).pathname;

  // The patient's phone. Its day is yesterday: the line will be away until tomorrow.
  const zhao = await person(browser, 'zhao.patient', { viewport: SCREENS.narrow, serviceWorkers: 'allow' });
  const now = Date.now();
  await zhao.clock.install({ time: now - DAY_ms });
  await zhao.goto(PAGE);
  await expect(course(zhao, 'copd')).toBeVisible();
  await zhao.getByLabel('Large type').check();
  await look(zhao, 'follow-own', ['narrow', 'desktop']);
  await zhao.setViewportSize(SCREENS.narrow);
  await readyWithoutALine(zhao);
  await zhao.context().setOffline(true);
  await course(zhao, 'copd').locator('.follow-start').click();
  await look(zhao, 'follow-question', ['narrow']);
  await zhao.setViewportSize(SCREENS.narrow);
  // What is typed stays where the page was left for a moment and reads all anew.
  const typed = course(zhao, 'copd').locator('[data-question=dyspnoea_vas] input');
  await typed.fill('3');
  await zhao.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(zhao.locator('.follow[data-offline]')).toBeVisible();
  await expect(typed).toHaveValue('3');
  await zhao.reload();
  await expect(zhao.locator('.follow[data-offline]')).toBeVisible();
  await answer(zhao, 'copd', WELL);
  await expect(zhao.locator('[data-unsent-count]')).toHaveAttribute('data-unsent-count', '1');
  await expect(course(zhao, 'copd').locator('[data-due]')).toHaveAttribute('data-due', 'planned');

  // The calendar is a file of the page itself: it needs no line.
  const download = zhao.waitForEvent('download');
  await course(zhao, 'copd').getByRole('link', { name: /calendar/ }).click();
  expect((await download).suggestedFilename()).toBe('yuanyi.ics');

  // The next day, still without a line. The time to read is over: a phone is often shared. Answering goes on.
  await zhao.clock.setSystemTime(now);
  await zhao.reload();
  const alone = zhao.locator('[data-answers-only]');
  await expect(alone).toBeVisible();
  await expect(zhao.locator('[data-course]')).toHaveCount(0);
  await expect(zhao.locator('.account-name')).toHaveText('');
  await alone.locator(`[data-form-of="${address.split('/').at(-1)}"] .follow-start`).click();
  await give(alone, ILL);
  await expect(alone.locator('.notice.good')).toContainText('said that it was you');
  await look(zhao, 'follow-offline', ['narrow']);
  await zhao.setViewportSize(SCREENS.narrow);
  const kept = await zhao.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('yuanyi-offline');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const sealed = await new Promise<{ bytes: ArrayBuffer }[]>((resolve) => {
      const request = database.transaction('kept').objectStore('kept').getAll();
      request.onsuccess = () => resolve(request.result as { bytes: ArrayBuffer }[]);
    });
    return sealed.map(({ bytes }) => new TextDecoder().decode(bytes)).join('\n');
  });
  expect(kept.length).toBeGreaterThan(100);
  expect(kept).not.toContain('spo2_percent');

  // The line is back: the first day goes by itself, the second when the patient says that it was them. Somebody is told.
  await zhao.context().setOffline(false);
  await expect(course(zhao, 'copd')).toBeVisible();
  await expect(zhao.locator('[data-unsent-count]')).toHaveCount(0);
  const claim = zhao.locator('.notice', { has: zhao.locator('[data-unclaimed]') });
  await expect(claim).toContainText('Oxygen saturation (SpO2): 89');
  await claim.getByRole('button', { name: 'Yes, send it' }).click();
  await expect(claim).toHaveCount(0);
  await expect(course(zhao, 'copd').locator('[data-told]')).toHaveAttribute('data-told', 'open');
  await look(zhao, 'follow-told', ['narrow']);
  await zhao.setViewportSize(SCREENS.narrow);

  // The alert stands on the doctor's first page and on the work list.
  await li.goto('/');
  await expect(li.locator(`[data-waiting="${address.split('/').at(-1)}"]`, { hasText: 'Alert from home' })).toBeVisible();
  await li.goto(PAGE);
  const row = li.locator(`[data-row="${address.split('/').at(-1)}"]`);
  await expect(row).toHaveAttribute('data-state', 'alert');
  await expect(row).toContainText('The patient feels worse');
  await look(li, 'follow-list', ['desktop', 'narrow']);
  await row.getByRole('link', { name: /^Open/ }).click();
  await li.getByRole('button', { name: 'I take it' }).click();
  await expect(li.locator('[data-alert=taken]')).toBeVisible();
  await expect(course(zhao, 'copd').locator('[data-told]')).toHaveAttribute('data-told', 'taken');
  await look(li, 'follow-course', ['desktop', 'narrow']);

  // One click opens the room with camera and microphone, and calls the patient.
  await countLines(li);
  await emulateHeadset(li, SCREENS.desktop);
  await li.reload();
  await li.getByRole('button', { name: 'Meet by video' }).click();
  await expect(li).toHaveURL(/\/rooms\//);
  await expect(li.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
  await expect(zhao.getByText('waits for you in the room')).toBeVisible();
  await look(zhao, 'follow-called', ['narrow']);
  await zhao.setViewportSize(SCREENS.narrow);
  await choose(zhao, 'en');
  // One click of the patient, and each hears and sees the other. On a device of its own: the phone's clock is a day old.
  const seen = await visited(browser);
  await expect.poll(async () => (await received(seen)).pictures, { timeout: 60_000 }).toBeGreaterThan(5);
  expect((await received(seen)).loudest).toBeGreaterThan(0.05);
  await expect.poll(async () => (await received(li)).pictures, { timeout: 60_000 }).toBeGreaterThan(5);
  expect((await received(li)).loudest).toBeGreaterThan(0.05);
  // No images stand there: they meet in the ward all the same, where each sees the other.
  for (const page of [seen, li]) {
    await expect.poll(() => page.evaluate(() => window.__xrInside?.stage.surroundings), { timeout: 60_000 }).toBe('ward');
    await expect.poll(() => page.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('person') !== undefined)).toBe(true);
    await expect(page.locator('[data-gathering=place]')).toContainText('No images stand here.');
    await expect(page.getByRole('button', { name: 'Enter VR' })).toBeVisible();
  }
  await seen.context().close();
  await li.goto(address);
  await li.getByRole('button', { name: 'End the visit' }).click();
  await expect(zhao.getByText('waits for you in the room')).toHaveCount(0);

  // Up to the centre with a criterion and a reason, and back with advice.
  await li.locator('summary', { hasText: 'Refer' }).click();
  const up = li.locator('[data-form=refer]');
  await up.locator('[name=from_level]').selectOption('community');
  await up.locator('[name=to_level]').selectOption('centre');
  await up.locator('[name=criterion]').selectOption('not-controlled');
  await up.locator('[name=to]').selectOption('chen.expert');
  await up.locator('[name=reason]').fill('worse at home although the inhalers are used');
  await up.getByRole('button', { name: 'Refer up' }).click();
  await expect(li.locator('[data-referral=up]')).toContainText('waits for an answer');
  await expect(li.locator('[data-referral=up] [data-levels]')).toContainText('Level 1 (community) → Level 3 (centre)');
  const chen = await person(browser, 'chen.expert');
  await chen.locator('[data-waiting]', { hasText: 'Referred to you' }).getByRole('link').click();
  await expect(chen).toHaveURL(new RegExp(`${address}$`));
  const down = chen.locator('[data-form=refer]');
  await down.locator('[name=criterion]').selectOption('plan-stable');
  await down.locator('[name=reason]').fill('add a second bronchodilator; daily reports go on');
  // Looked at from its top: the bar above covers what is scrolled under it.
  await chen.evaluate(() => scrollTo(0, 0));
  await look(chen, 'follow-referred', ['desktop', 'narrow']);
  await down.getByRole('button', { name: 'Refer back' }).click();
  // Who is the second person as well goes on seeing the patient.
  await expect(chen.locator('[data-referral=down]')).toContainText('add a second bronchodilator');
  await expect(li.locator('[data-referral=down]')).toContainText('add a second bronchodilator');

  // The alert ends with what was done; the work list is quiet again.
  const close = li.locator('[data-form=close]');
  await close.locator('[name=outcome]').fill('seen in the room; second bronchodilator');
  await close.getByRole('button', { name: 'End the alert' }).click();
  await expect(li.locator('[data-past-alert]')).toContainText('second bronchodilator');
  await li.goto(PAGE);
  await expect(li.locator(`[data-row="${address.split('/').at(-1)}"]`)).toHaveCount(0);
  await zhao.context().close();
});

test('follow-up: lung function, groups and an action plan that is read aloud in large type', async ({ browser }) => {
  test.setTimeout(600_000);
  const li = await person(browser, 'li.terminal');
  await li.goto(PAGE);
  const form = li.locator('[data-form=enrol]');
  await form.locator('[name=patient]').selectOption(PATIENT);
  await form.locator('[name=plan]').selectOption('asthma');
  await form.getByRole('button', { name: 'Begin' }).click();
  await expect(li).toHaveURL(/\/scenarios\/follow-up\/[\w-]+$/);

  // A file of curves: graded, compared by each set of equations, each by its name.
  const panel = li.locator('[data-spirometry]');
  await panel.locator('summary', { hasText: 'Add a session' }).click();
  const add = panel.locator('[data-form=spirometry]');
  await add.locator('[name=height]').fill('170');
  await add.locator('[name=group]').selectOption('north-east-asian');
  await add.locator('[name=curves]').setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{') });
  await add.getByRole('button', { name: 'Keep' }).click();
  await expect(add.locator('.notice.bad')).toContainText('holds no curves');
  await add.locator('[name=curves]').setInputFiles({ name: 'curves.json', mimeType: 'application/json', buffer: Buffer.from(session()) });
  await add.getByRole('button', { name: 'Keep' }).click();
  await expect(panel.locator('[data-grades=AA]')).toHaveCount(2);
  for (const name of ['GLI-2012', 'GLI-2022', 'Jian 2017']) await expect(panel.getByText(name).first()).toBeVisible();
  await expect(panel.locator('.follow-curves polyline')).toHaveCount(6);
  await li.evaluate(() => scrollTo(0, 0));
  await look(li, 'follow-spirometry', ['desktop', 'narrow']);

  // Asked on the telephone: not controlled, and what comes next stands at the top.
  const assess = li.locator('[data-assess]');
  await assess.locator('summary').click();
  const asked = assess.locator('[data-form=assess]');
  for (const name of ['gina_day_symptoms', 'gina_night_waking', 'gina_reliever']) await asked.locator(`[name=${name}]`).selectOption('yes');
  await asked.locator('[name=gina_activity_limit]').selectOption('no');
  await asked.getByRole('button', { name: 'Keep' }).click();
  await expect(li.locator('[data-result=gina-control]')).toHaveAttribute('data-found', 'uncontrolled');
  const step = li.locator('[data-step=asthma-uncontrolled]');
  await step.getByRole('button', { name: 'Refer by this criterion' }).click();
  await expect(li.locator('[data-form=refer] [name=criterion]')).toHaveValue('not-controlled');

  // The doctor's own words stand on the patient's phone, under what everyone is told.
  await li.locator('[data-action] summary').click();
  const words = li.locator('[data-form=action]');
  await words.locator('[name=worse]').fill('Two puffs more, and call the practice');
  await words.getByRole('button', { name: 'Keep' }).click();
  await expect(li.locator('[data-action] [data-level=worse]')).toContainText('call the practice');

  // The doctor goes on leave: somebody else is told from now on, and the page keeps why.
  await li.locator('summary', { hasText: 'Hand over' }).click();
  const hand = li.locator('[data-form=handover]');
  await hand.locator('[name=first]').selectOption('wang.nurse');
  await hand.locator('[name=reason]').fill('on leave until March');
  await hand.getByRole('button', { name: 'Hand over' }).click();
  await expect(li.locator('[data-handover]')).toContainText('on leave until March');
  await expect(li.locator('[data-told-first]')).toHaveAttribute('data-told-first', 'wang.nurse');

  // In large type nothing that is read stays small, and what is said to the ear is what stands there.
  const zhao = await person(browser, 'zhao.patient', { viewport: SCREENS.narrow });
  await zhao.addInitScript(() => {
    const spoken: string[] = [];
    Object.assign(globalThis, { spoken });
    speechSynthesis.speak = (words) => void spoken.push(`${words.lang}: ${words.text}`);
  });
  await zhao.goto(PAGE);
  const plan = course(zhao, 'asthma');
  await expect(plan.locator('[data-own-words]')).toContainText('call the practice');
  // The lung function that was kept stands there in plain words, with whether each blow was looked at.
  const blown = plan.locator('[data-own-spirometry] [data-session]').first();
  await expect(blown).toHaveAttribute('data-checked', 'yes');
  await expect(blown.locator('[data-measure=fev1]')).toContainText('in the first second');
  await expect(blown.locator('[data-measure=ratio]')).toContainText('z-score');
  await expect(blown).toContainText('GLI-2022');
  await zhao.getByLabel('Large type').check();
  const sizes = await plan.evaluate((element) =>
    [...element.querySelectorAll('p, li, button, h2, h3, strong')]
      .filter((one) => (one as HTMLElement).innerText.trim() !== '' && one.getClientRects().length > 0)
      .map((one) => Number.parseFloat(getComputedStyle(one).fontSize)),
  );
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(17);
  expect(await zhao.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await plan.locator('[data-read=worse]').click();
  await plan.locator('.follow-start').click();
  await plan.getByRole('button', { name: 'Read aloud', exact: true }).first().click();
  const spoken = await zhao.evaluate(() => (globalThis as unknown as { spoken: string[] }).spoken);
  expect(spoken[0]).toContain('en-GB: Worse than usual');
  expect(spoken[0]).toContain('call the practice');
  expect(spoken[1]).toContain('symptoms by day');
  await look(zhao, 'follow-large', ['narrow']);

  // With COPD the groups of two years stand side by side, and that they differ is said.
  await li.goto(PAGE);
  await form.locator('[name=patient]').selectOption(PATIENT);
  await form.locator('[name=plan]').selectOption('copd');
  await form.getByRole('button', { name: 'Begin' }).click();
  await expect(li).toHaveURL(/\/scenarios\/follow-up\/[\w-]+$/);
  await assess.locator('summary').click();
  await asked.locator('[name=mmrc]').fill('2');
  await asked.locator('[name=moderate_exacerbations_12mo]').fill('1');
  await asked.locator('[name=hospital_exacerbation_12mo]').selectOption('no');
  await asked.getByRole('button', { name: 'Keep' }).click();
  await expect(li.locator('[data-result=gold-abe-2023]')).toHaveAttribute('data-found', 'B');
  await expect(li.locator('[data-result=gold-abe-2026]')).toHaveAttribute('data-found', 'E');
  await expect(li.locator('[data-step=years-differ]')).toBeVisible();
});

test('follow-up: what a device at home sends is there before the patient types', async ({ browser }) => {
  const write = { headers: { 'X-Yuanyi-Client': '1' } };
  const admin = await person(browser, 'admin');
  const device = { profile: 'peak-flow', name: 'Blue peak flow meter' };
  const put = await admin.request.put('/api/devices/home-peak-flow', { ...write, data: device });
  expect(put.ok(), await put.text()).toBe(true);
  const li = await person(browser, 'li.terminal');
  await li.goto(PAGE);
  const form = li.locator('[data-form=enrol]');
  await form.locator('[name=patient]').selectOption(PATIENT);
  await form.locator('[name=plan]').selectOption('asthma-peak-flow');
  await form.getByRole('button', { name: 'Begin' }).click();
  await expect(li).toHaveURL(/\/scenarios\/follow-up\/[\w-]+$/);
  const id = new URL(li.url()).pathname.split('/').at(-1);
  // The doctor connects one that is nobody's.
  const devices = li.locator('[data-devices]');
  await devices.locator('[name=device]').selectOption('home-peak-flow');
  await devices.getByRole('button', { name: 'Connect', exact: true }).click();
  await li.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(devices.locator('[data-device=home-peak-flow]')).toContainText('Blue peak flow meter');
  const blow = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '19935-6' }] },
    subject: { reference: `Patient/${PATIENT}` },
    device: { reference: 'Device/home-peak-flow' },
    effectiveDateTime: new Date().toISOString(),
    valueQuantity: { value: 420, unit: 'L/min', system: 'http://unitsofmeasure.org', code: 'L/min' },
  };
  const post = await li.request.post('/fhir/Observation', { ...write, data: blow });
  expect(post.ok(), await post.text()).toBe(true);

  // On the phone it stands there with device, time and quality; one can still type. What no device says is still due.
  // The days are the hospital's, also where the phone is elsewhere.
  const zhao = await person(browser, 'zhao.patient', { viewport: SCREENS.phone, timezoneId: 'America/New_York' });
  await zhao.goto(PAGE);
  const plan = course(zhao, 'asthma-peak-flow');
  const received = plan.locator('[data-received^=pef_]').first();
  await expect(received).toContainText('420 L/min', { timeout: 60_000 });
  await expect(received).toContainText('sent by Blue peak flow meter');
  await expect(plan.locator('[data-due]')).toHaveAttribute('data-due', 'now');
  await look(zhao, 'follow-received', ['narrow', 'desktop']);
  await zhao.setViewportSize(SCREENS.phone);
  await plan.locator('.follow-start').click();
  const asked = plan.locator('[data-question]');
  if ((await asked.locator('[data-sent]').count()) === 0) await asked.locator('[data-value=none]').click();
  await expect(asked.locator('[data-sent]')).toContainText('420 L/min');
  await asked.locator('[data-value=none]').click();

  // The work list says where the last report came from.
  await li.goto(PAGE);
  await li.locator('.segmented').getByText(/^All/).click();
  const row = li.locator(`[data-row="${id}"]`);
  await expect(row.locator('[data-from-device]')).toContainText('Blue peak flow meter');
  await look(li, 'follow-from-device', ['desktop', 'narrow']);
});

test('follow-up: suspected sleep apnoea, from a questionnaire to the expert', async ({ browser }) => {
  const li = await person(browser, 'li.terminal');
  await li.goto(PAGE);
  const form = li.locator('[data-form=enrol]');
  await form.locator('[name=patient]').selectOption(PATIENT);
  await form.locator('[name=plan]').selectOption('osa-suspected');
  await form.getByRole('button', { name: 'Begin' }).click();
  // The programme by its name and its five stages; each step stands at its own.
  await expect(li.locator('[data-programme]')).toContainText('OSapp5A');
  await expect(li.locator('[data-stage] h3')).toHaveText(['Ask', 'Assess', 'Advise', 'Arrange', 'Assist']);
  await expect(li.locator('[data-stage=ask] [data-step=screen]')).toBeVisible();
  // The patient answers on a phone, in large type, what the plan asks once; what they cannot say is left to the doctor.
  const zhao = await person(browser, 'zhao.patient', { viewport: SCREENS.narrow });
  await zhao.goto(PAGE);
  await zhao.getByLabel('Large type').check();
  const own = course(zhao, 'osa-suspected');
  await own.locator('[data-once-start]').click();
  await own.locator('[data-question=snoring] [data-value=yes]').click();
  for (const name of ['neck_cm', 'bmi']) await own.locator(`[data-question=${name}] [data-value=none]`).click();
  await look(zhao, 'follow-once', ['narrow']);
  await own.locator('[data-once] [data-review] .follow-start').click();
  await expect(own.locator('[data-once]')).toHaveAttribute('data-once', '2');
  const assess = li.locator('[data-assess]');
  await expect(assess.locator('[data-of-patient]')).toContainText('Neck circumference');
  await expect(assess.locator('[data-of-patient]')).not.toContainText('Snores');
  await assess.locator('summary').click();
  const asked = assess.locator('[data-form=assess]');
  await asked.locator('[name=snoring]').selectOption('yes');
  await asked.locator('[name=neck_cm]').fill('42');
  await asked.locator('[name=bmi]').fill('31');
  await asked.getByRole('button', { name: 'Keep' }).click();
  await expect(li.locator('[data-result=nosas]')).toHaveAttribute('data-found', 'high');
  await expect(li.locator('[data-result=stop-bang]')).toContainText('University Health Network');
  await expect(li.locator('[data-stage=assess] [data-step=home-oximetry]')).toBeVisible();
  await look(li, 'follow-screen', ['desktop', 'narrow']);

  // The sleep study gave its AHI: a reason to refer up, which the work list says too until it is done.
  await li.reload();
  await assess.locator('summary').click();
  await asked.locator('[name=ahi_per_hour]').fill('32');
  await asked.getByRole('button', { name: 'Keep' }).click();
  await expect(li.locator('[data-result=osa-severity]')).toHaveAttribute('data-found', 'severe');
  const severe = li.locator('[data-stage=arrange] [data-step=severe]');
  await expect(severe).toContainText('expert in the cloud');
  const address = new URL(li.url()).pathname;
  await li.goto(PAGE);
  const row = li.locator(`[data-row="${address.split('/').at(-1)}"]`);
  await expect(row).toHaveAttribute('data-state', 'step');
  await expect(row).toContainText('This is a reason to refer up');
  await li.goto(address);
  await severe.getByRole('button', { name: 'Refer by this criterion' }).click();
  const up = li.locator('[data-form=refer]');
  await expect(up.locator('[name=criterion]')).toHaveValue('osa-severe');
  await up.locator('[name=from_level]').selectOption('county');
  await up.locator('[name=to_level]').selectOption('centre');
  await up.locator('[name=to]').selectOption('chen.expert');
  await up.locator('[name=reason]').fill('AHI of 32 in the sleep study');
  await up.getByRole('button', { name: 'Refer up' }).click();
  await expect(li.locator('[data-referral=up]')).toContainText('waits for an answer');
  const chen = await person(browser, 'chen.expert');
  await chen.goto(address);
  await expect(chen.locator('[data-referral=up]')).toContainText('AHI of 32 in the sleep study');
  const back = chen.locator('[data-form=refer]');
  await back.locator('[name=criterion]').selectOption('plan-stable');
  await back.locator('[name=reason]').fill('begin CPAP; come back after 30 nights');
  await back.getByRole('button', { name: 'Refer back' }).click();
  await expect(li.locator('[data-referral=down]')).toContainText('begin CPAP');

  // The patient sends the recording that the page asks for from the phone, in a ZIP, and reads what was found in it.
  await zhao.setViewportSize(SCREENS.narrow);
  await own.locator('[data-add-nights] > summary').click();
  const night = { name: 'nights.zip', mimeType: 'application/zip', buffer: Buffer.from(zipSync({ 'night.edf': nightOfFalls() })) };
  await own.locator('input[name=recording]').setInputFiles(night);
  await expect(own.locator('[data-add-nights] .notice')).toHaveClass(/good/);
  await expect(own.locator('[data-oximetry="2026-11-20"]')).toBeVisible();
  expect(await zhao.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  // What lies half below the bar is no small target.
  await zhao.evaluate(() => scrollTo(0, 0));
  await look(zhao, 'follow-own-nights', ['narrow']);
});

test('follow-up: nights on therapy are counted, and others see that it is not for them', async ({ browser }) => {
  const li = await person(browser, 'li.terminal');
  await li.goto(PAGE);
  const form = li.locator('[data-form=enrol]');
  await form.locator('[name=patient]').selectOption(PATIENT);
  await form.locator('[name=plan]').selectOption('osa');
  await form.getByRole('button', { name: 'Begin' }).click();
  await expect(li.locator('[data-nights]')).toBeVisible();
  // Of a month nothing is known yet: that is no bad adherence.
  await expect(li.locator('[data-adherence]')).toHaveAttribute('data-adherence', 'not-assessable');
  await li.locator('summary', { hasText: 'Add nights from a device' }).click();
  await li.locator('input[name=recording]').setInputFiles({ name: 'night.edf', mimeType: 'application/octet-stream', buffer: Buffer.from('no recording') });
  const told = li.locator('[data-nights] ~ details .notice');
  await expect(told).toHaveClass(/bad/);
  // A night that breaks off: what is whole of it is taken, and the rest is named.
  const night = nightOfFalls();
  const torn = { name: 'night of Zhao.edf', mimeType: 'application/octet-stream', buffer: Buffer.from(night.subarray(0, night.length - 1)) };
  await li.locator('input[name=recording]').setInputFiles(torn);
  await expect(told.locator('[data-broken]')).toContainText('1 s that its header promises are missing');
  // What happened in it, as a strip that keys walk and as a list.
  await li.locator('[data-events] summary').click();
  await expect(li.locator('[data-counts]')).toContainText('Saturation falls by 3 or more: 27');
  const strip = li.getByRole('slider', { name: /Events over the night/ });
  await strip.focus();
  await li.keyboard.press('End');
  await expect(strip).toHaveAttribute('aria-valuetext', /^03:25:0\d, Saturation falls .* from 95 % to 88 %$/);
  await expect(li.locator('[data-events] tbody tr')).toHaveCount(27);
  await look(li, 'follow-nights', ['desktop', 'narrow']);
  // Whoever looks after devices sees that files came in pieces, and neither whose nor their names.
  const admin = await person(browser, 'admin', { locale: 'en-GB' });
  await admin.goto('/devices');
  await expect(admin.locator('#files')).toContainText('A file that breaks off');
  await expect(admin.locator('#files')).toContainText('A file that cannot be read');
  await expect(admin.locator('#files')).not.toContainText('Zhao');
  await admin.goto(PAGE);
  await expect(admin.getByText('This page is for patients')).toBeVisible();
  const manager = await person(browser, 'sun.manager');
  await manager.goto(PAGE);
  await expect(manager.getByRole('row', { name: /^Follow-ups under way [1-9]/ })).toBeVisible();
});
