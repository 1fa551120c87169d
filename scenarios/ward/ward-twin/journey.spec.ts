/** A nurse sees an alarm, takes it, works by its plan and ends it; one that nobody takes goes to a colleague. */
import type { Page } from '@playwright/test';
import { distance, frames, leave, ownHead, panelWords, press, reach, seen, withHeadset } from '../../../tests/journeys/inside.ts';
import type { Three } from '../../../tests/journeys/inside.ts';
import { SCREENS, callOn, expect, look, person, test } from '../../../tests/journeys/people.ts';

const WARD = '/scenarios/ward-twin/ward-respiratory';
/** Who lies there, by the demo. */
const OF_BED_3 = '76e3464d-4f85-4cbf-af90-0866063056cc';

/** What makes NEWS2 high: each number is from the row of the table that is worth most but one. */
const ILL: Readonly<Record<string, string>> = {
  respiratory_rate_per_min: '26',
  spo2_percent: '90',
  spo2_scale_2: 'no',
  on_oxygen: 'yes',
  systolic_mmhg: '95',
  pulse_per_min: '118',
  consciousness: 'C',
  temperature_c: '38.6',
};

async function writeDown(page: Page, bed: string, seen: Readonly<Record<string, string>>): Promise<void> {
  await page.goto(WARD);
  await page.locator(`tr[data-bed=${bed}] button`).click();
  await page.locator('.seen summary').click();
  for (const [name, value] of Object.entries(seen)) {
    const field = page.locator(`.seen [name=${name}]`);
    const isList = await field.evaluate((element) => element instanceof HTMLSelectElement);
    await (isList ? field.selectOption(value) : field.fill(value));
  }
  await page.locator('.seen button[type=submit]').click();
}

const card = (page: Page, bed: string) => page.locator(`.alarm-card[data-bed=${bed}][data-alarm=news2-high]`);

test('an alarm is seen, taken, worked on by a plan, and ended', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto('/scenarios/ward-twin');
  await nurse.getByRole('button', { name: /Respiratory ward/ }).click();
  const row = nurse.locator('tr[data-bed=bed-1]');
  await expect(row.locator('.news2')).toContainText('missing');
  await look(nurse, 'ward-table', ['desktop', 'narrow']);

  // What is missing stands there by name before anything was measured.
  await row.getByRole('button').click();
  // Other journeys may have written down some of it for this patient.
  await expect(nurse.locator('[data-missing] li').filter({ hasText: 'Consciousness' })).toBeVisible();
  await writeDown(nurse, 'bed-1', ILL);
  await expect(card(nurse, 'bed-1')).toBeVisible();
  await expect(nurse.locator('[data-open-bed] .news2').first()).toContainText('high');
  // What was asked for by the first of these values is not asked for any more.
  await expect(nurse.locator('[data-open-bed]')).toContainText('Emergency response by a team · Continuously');
  // The other scores name what is missing for them; by unconfirmed limits they say so.
  await expect(nurse.locator('[data-missing-of=psi] li').first()).toHaveText(/./);
  await expect(nurse.locator('[data-score=ed-triage-cn-2018]')).toContainText('needs confirmation');
  await look(nurse, 'ward-bed', ['desktop', 'narrow']);

  // The alarm says by word and shape how urgent it is, and whom it calls.
  const alarm = card(nurse, 'bed-1');
  await expect(alarm.locator('.priority').first()).toHaveText('High');
  await expect(alarm.locator('[data-mine]')).toBeVisible();
  await alarm.getByRole('button', { name: 'Take it' }).click();
  await expect(alarm).toContainText('Taken by');
  // Its sound is paused for as long as its priority allows, once.
  await alarm.getByRole('button', { name: 'Pause sound 2 min' }).click();
  await expect(alarm).toContainText('Sound paused until');
  await expect(alarm.getByRole('button', { name: /^Pause sound/ })).toHaveCount(0);
  await alarm.getByRole('button', { name: /^Start plan/ }).click();
  await alarm.locator('[data-step=at-bed] button').click();
  await expect(alarm.locator('[data-step=at-bed]')).toContainText('✓');
  await look(nurse, 'ward-plan', ['desktop', 'narrow']);

  // The doctor on duty is asked to come, and comes.
  const doctor = await person(browser, 'li.terminal', { viewport: SCREENS.narrow, locale: 'en-GB' });
  await doctor.goto(WARD);
  await expect(card(doctor, 'bed-1')).toContainText('You are asked to come');
  await look(doctor, 'ward-phone', ['narrow']);
  await card(doctor, 'bed-1').getByRole('button', { name: 'I come' }).click();
  await expect(alarm).toContainText('comes');

  // Arrow keys go through the outcomes, and end nothing.
  const outcome = alarm.getByRole('combobox', { name: 'How did it end?' });
  const end = alarm.getByRole('button', { name: 'End it', exact: true });
  await expect(end).toBeDisabled();
  await outcome.press('ArrowDown');
  await expect(outcome).toHaveValue('treated');
  await outcome.press('ArrowDown');
  await expect(outcome).toHaveValue('nothing-needed');
  await outcome.selectOption('treated');
  await expect(end).toBeEnabled();
  await end.press('Enter');
  await expect(card(nurse, 'bed-1')).toHaveCount(0);
});

/** The order of a doctor for who lies in bed 3, as another program of the hospital writes it. */
async function order(doctor: Page, status: 'active' | 'completed'): Promise<void> {
  const body = {
    resourceType: 'ServiceRequest',
    id: 'ward-walk',
    status,
    intent: 'order',
    code: { text: 'Walk along the corridor' },
    subject: { reference: `Patient/${OF_BED_3}` },
    authoredOn: '2026-03-01T08:00:00Z',
  };
  const answer = await doctor.evaluate(async (resource) => {
    const headers = { 'X-Yuanyi-Client': '1', 'Content-Type': 'application/fhir+json' };
    return (await fetch('/fhir/ServiceRequest/ward-walk', { method: 'PUT', headers, body: JSON.stringify(resource) })).status;
  }, body);
  expect([200, 201]).toContain(answer);
}

test('an order stands at the bed while it is open, and what cannot be read is not said to be nothing', async ({ browser }) => {
  const doctor = await person(browser, 'li.terminal', { locale: 'en-GB' });
  const tasks = doctor.locator('[data-tasks]');
  const atBed3 = async (): Promise<void> => {
    await doctor.goto(WARD);
    await doctor.locator('tr[data-bed=bed-3] button').click();
  };
  await order(doctor, 'active');
  await atBed3();
  const ordered = tasks.locator('li', { hasText: 'Walk along the corridor' });
  await expect(ordered).toContainText('Order · active · ');
  await order(doctor, 'completed');
  await atBed3();
  await expect(tasks.locator('li').first()).toBeVisible();
  await expect(ordered).toHaveCount(0);
  await doctor.route(/\/fhir\/Task\?/, (route) => route.abort());
  await atBed3();
  await expect(tasks).toContainText('Tasks and orders could not be read');
  await expect(tasks.locator('li')).toHaveCount(0);
});

test('what nobody takes goes to a colleague', async ({ browser }) => {
  test.setTimeout(240_000);
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  const doctor = await person(browser, 'li.terminal', { locale: 'en-GB' });
  await writeDown(nurse, 'bed-2', ILL);
  await doctor.goto(WARD);
  const alarm = card(doctor, 'bed-2');
  await expect(alarm).toBeVisible();
  // At first it calls the nurse of the bed alone; then, since nobody takes it, the doctor too.
  await expect(alarm.locator('[data-mine]')).toHaveCount(0);
  // Whatever else she looks at, what calls is before her eyes, and one click away.
  await nurse.removeLocatorHandler(callOn(nurse));
  await nurse.goto(WARD);
  await nurse.locator('tr[data-bed=bed-1] button').click();
  await expect(callOn(nurse)).toContainText('An alarm calls you');
  // It covers no way on, on a phone neither.
  for (const screen of [SCREENS.narrow, SCREENS.desktop]) {
    await nurse.setViewportSize(screen);
    const [call, bar] = [await callOn(nurse).boundingBox(), await nurse.locator('.top-bar').boundingBox()];
    expect(call && bar && call.y >= bar.y + bar.height).toBe(true);
  }
  const elsewhere = nurse.locator('[data-elsewhere=bed-2] a').first();
  await expect(elsewhere).toBeVisible();
  await nurse.getByText('Plans', { exact: true }).click();
  await elsewhere.click();
  await expect(card(nurse, 'bed-2')).toBeVisible();
  await nurse.goto('/');
  await callOn(nurse).getByRole('link', { name: 'Open' }).click();
  await expect(card(nurse, 'bed-2')).toBeVisible();
  await expect(alarm.locator('[data-mine]')).toBeVisible({ timeout: 120_000 });
  await alarm.getByRole('button', { name: 'Take it' }).click();
  await expect(card(nurse, 'bed-2')).toContainText('Taken by');
});

/** Words as they are read: without what only sets them apart. */
const plain = (text: string): string => text.replaceAll(/[\s·]+/gu, ' ').trim();

/** The row of each bed, column by column, as it is read. */
const rowsOf = (page: Page): Promise<Record<string, [string, string][]>> =>
  page.locator('tr[data-bed]').evaluateAll((rows) =>
    Object.fromEntries(
      rows.map((row) => [
        row.getAttribute('data-bed') ?? '',
        [...row.querySelectorAll<HTMLElement>('td')].map((cell): [string, string] => [cell.dataset['label'] ?? '', cell.textContent ?? '']),
      ]),
    ),
  );

/** What stands on a screen or board of the stage, in the order in which it was painted. */
const painted = (page: Page, name: string): Promise<string> => page.locator(`[data-screen="${name}"]`).evaluate((element) => element.textContent ?? '');

/** Reads the table, then the stage, until nothing changed in between; then each screen says what its row says. */
async function sameWard(page: Page, table: string, stage: string): Promise<void> {
  await expect(async () => {
    await page.getByText(table, { exact: true }).click();
    const rows = Object.entries(await rowsOf(page));
    expect(rows).toHaveLength(6);
    await page.getByText(stage, { exact: true }).click();
    await expect(page.locator('[data-screen]')).toHaveCount(8);
    for (const [bed, cells] of rows) {
      expect(cells).toHaveLength(9);
      const screen = plain(await painted(page, bed));
      for (const [column, text] of cells) expect(screen, `${bed}: ${column}`).toContain(plain(text));
    }
  }).toPass();
  // The tables of rooms and staff stand below both; sensors of rooms send meanwhile.
  await expect(async () => {
    for (const room of await page.locator('[data-said=rooms] li').allTextContents()) {
      expect(room).toMatch(/\d lx/);
      expect(plain(await painted(page, 'rooms'))).toContain(plain(room));
    }
  }).toPass();
  for (const one of await page.locator('[data-said=staff] tbody tr').all()) {
    for (const cell of await one.locator('td, th').allTextContents()) expect(plain(await painted(page, 'staff'))).toContain(plain(cell === '–' ? '' : cell));
  }
}

test('the table and the stage show the same ward, by day and by night, in both languages', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'zh-CN' });
  await nurse.goto(WARD);
  await expect(nurse.locator('tr[data-bed]')).toHaveCount(6);
  await sameWard(nurse, '表格', '三维');
  const stage = nurse.locator('.ward-stage');
  await expect(stage).toBeVisible();
  await stage.focus();
  await nurse.keyboard.press('ArrowRight');
  await nurse.getByRole('button', { name: '夜间模式' }).click();
  await look(nurse, 'ward-3d-night', ['desktop', 'narrow']);
  await sameWard(nurse, 'Table', '3D');
});

test('at a bed with a monitor its waveform runs, is held still, and heart and lungs move as measured', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto(WARD);
  // The demo's devices replay recordings of real people.
  await nurse.locator('tr[data-bed=bed-3] button').click();
  const wave = nurse.locator('[data-wave=ecg-ii]');
  await expect(wave.getByRole('img')).toHaveAttribute('aria-label', /^ECG II: -?\d+\.\d+ to \d+\.\d+ mV$/);
  const picture = (): Promise<string> => wave.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const before = await picture();
  await expect.poll(picture).not.toBe(before);
  await expect(nurse.locator('[data-organ=heart]')).toContainText(/\d+\/min/);
  await expect(nurse.locator('[data-organ=lungs]')).toContainText(/\d+\/min/);
  // The heart in 3D beats: two moments of it differ, and stay the same for who asks for little motion.
  const organs = nurse.locator('.organs-3d');
  const moment = async (): Promise<string> => (await organs.screenshot()).toString('base64');
  await organs.scrollIntoViewIfNeeded();
  const one = await moment();
  await expect.poll(moment).not.toBe(one);
  await look(nurse, 'ward-bed-waves', ['desktop', 'narrow']);
  await nurse.emulateMedia({ reducedMotion: 'reduce' });
  await expect(nurse.locator('.organs figcaption')).toContainText('this device asks for little motion');
  await organs.scrollIntoViewIfNeeded();
  await nurse.waitForTimeout(500);
  const calm = await moment();
  await nurse.waitForTimeout(1500);
  expect(await moment()).toBe(calm);
  await nurse.emulateMedia({ reducedMotion: 'no-preference' });
  await nurse.getByRole('button', { name: 'Freeze' }).click();
  // What was on its way when it was held may still be painted.
  await nurse.waitForTimeout(300);
  const held = await picture();
  await nurse.waitForTimeout(1500);
  expect(await picture()).toBe(held);
});

test('on her phone a nurse sees an alarm, takes it, works by its plan and ends it', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { viewport: SCREENS.phone, locale: 'en-GB' });
  await writeDown(nurse, 'bed-1', ILL);
  const alarm = card(nurse, 'bed-1');
  // A first try may have taken it.
  const take = alarm.getByRole('button', { name: 'Take it' });
  const back = alarm.getByRole('button', { name: 'Give back' });
  await expect(take.or(back)).toBeVisible();
  if (await back.isVisible()) await back.click();
  await take.click();
  await expect(alarm).toContainText('Taken by');
  const start = alarm.getByRole('button', { name: /^Start plan/ });
  const step = alarm.locator('[data-step=at-bed]');
  await expect(start.or(step)).toBeVisible();
  if (await start.isVisible()) await start.click();
  const done = step.getByRole('button', { name: 'Done' });
  const ticked = step.getByText('✓');
  await expect(done.or(ticked)).toBeVisible();
  if (await done.isVisible()) await done.click();
  await expect(ticked).toBeVisible();
  await look(nurse, 'ward-nurse-phone', ['phone'], 'en');
  await nurse.setViewportSize(SCREENS.phone);
  await alarm.getByRole('combobox').selectOption('treated');
  await alarm.getByRole('button', { name: 'End it', exact: true }).click();
  await expect(alarm).toHaveCount(0);
});

test('a manager sees figures and no names', async ({ browser }) => {
  const manager = await person(browser, 'sun.manager', { locale: 'en-GB' });
  await manager.goto('/scenarios/ward-twin');
  await expect(manager.getByRole('cell', { name: /6 beds, 4 occupied/ })).toBeVisible();
  await expect(manager.locator('.desk-ward')).toContainText('occupied 4');
  await look(manager, 'ward-figures', ['desktop', 'narrow']);
});

/** Where a bed's middle stands. */
const bedAt = (page: Page, bed: string): Promise<Three> =>
  page.evaluate((name) => {
    const at = window.__xrInside?.stage.scene.getObjectByName(`bed ${name}`)?.position;
    return [at?.x ?? NaN, at?.y ?? NaN, at?.z ?? NaN] as const;
  }, bed);

/** Aims the controller at a place on the floor, pushes the thumbstick, and says whether a ring shows the way; then lets go. */
async function walkTo(page: Page, [x, , z]: Three): Promise<boolean> {
  const [from_x, , from_z] = await ownHead(page);
  const [from, to] = [[from_x, 1.3, from_z] as const, [x - from_x, -1.3, z - from_z] as const];
  const [yaw, pitch] = [Math.atan2(-to[0], -to[2]), Math.atan2(to[1], Math.hypot(to[0], to[2]))];
  // Yaw about the upright, then pitch about the side.
  const [cy, sy, cp, sp] = [Math.cos(yaw / 2), Math.sin(yaw / 2), Math.cos(pitch / 2), Math.sin(pitch / 2)];
  await reach(page, 'controllers', { at: from, facing: [cy * sp, sy * cp, -sy * sp, cy * cp] });
  const push = (y: number): Promise<void> => page.evaluate((axis) => window.__xr?.controllers.right?.updateAxes('thumbstick', 0, axis), y);
  await push(-1);
  await frames(page);
  const shown = await page.evaluate(() => window.__xrInside?.stage.scene.getObjectByName('way')?.visible ?? false);
  await push(0);
  await frames(page);
  return shown;
}

test('a nurse walks the ward with a headset, reads a bed and takes its alarm there', async ({ browser }) => {
  const nurse = await withHeadset(browser, 'wang.nurse');
  await writeDown(nurse, 'bed-2', ILL);
  // A first try may have taken it.
  const [take, back] = [card(nurse, 'bed-2').getByRole('button', { name: 'Take it' }), card(nurse, 'bed-2').getByRole('button', { name: 'Give back' })];
  await expect(take.or(back)).toBeVisible();
  if (await back.isVisible()) await back.click();
  await expect(take).toBeVisible();
  await nurse.goto(WARD);
  await nurse.getByText('3D', { exact: true }).click();
  await nurse.getByRole('button', { name: 'Walk the ward in VR' }).click();
  await expect(nurse.getByRole('button', { name: 'Leave the headset' })).toBeVisible();
  await frames(nurse);

  await test.step('the panel at the door says how the ward is, in both languages', async () => {
    await expect.poll(() => panelWords(nurse)).toMatch(/open alarms?[\s\S]*High[\s\S]*Leave the headset/);
    const language = (value: string): Promise<void> => nurse.locator(`.segmented input[value=${value}]`).first().evaluate((input: HTMLInputElement) => input.click());
    await language('zh');
    await expect.poll(() => panelWords(nurse)).toMatch(/未结束的报警[\s\S]*退出头显/);
    await language('en');
    await expect.poll(() => panelWords(nurse)).toContain('Night mode');
  });

  await test.step('the thumbstick leads along the aisle, and never into a bed', async () => {
    const bed = await bedAt(nurse, 'bed-2');
    const before = await ownHead(nurse);
    expect(await walkTo(nurse, bed)).toBe(false);
    expect(distance(await ownHead(nurse), before)).toBeLessThan(0.05);
    // One goes no farther at once than one sees well where to: two steps along the aisle lead to any bed here.
    expect(await walkTo(nurse, [(before[0] + bed[0]) / 2, 0, 0])).toBe(true);
    const foot: Three = [bed[0], 0, bed[2] - Math.sign(bed[2]) * 1.7];
    expect(await walkTo(nurse, foot)).toBe(true);
    await expect.poll(async () => distance(await ownHead(nurse), [foot[0], (await ownHead(nurse))[1], foot[2]])).toBeLessThan(0.25);
  });

  await test.step('the bed says who lies there, NEWS2, values and the alarm; the alarm is taken', async () => {
    await expect.poll(() => panelWords(nurse)).toMatch(/High[\s\S]*NEWS2[\s\S]*Take it/);
    // A heart and lungs hang over who lies there; all of the ward is drawn within its means.
    const drawn = (): Promise<{ organs: string | undefined; calls: number; triangles: number }> =>
      nurse.evaluate(() => {
        const { scene, renderer } = window.__xrInside?.stage ?? {};
        return { organs: scene?.getObjectByName('organs')?.parent?.name, calls: renderer?.info.render.calls ?? Infinity, triangles: renderer?.info.render.triangles ?? Infinity };
      });
    await expect.poll(async () => (await drawn()).organs).toBe('bed bed-2');
    const { calls, triangles } = await drawn();
    // Two eyes, each with its own calls.
    expect(calls / 2).toBeLessThanOrEqual(150);
    expect(triangles / 2).toBeLessThanOrEqual(300_000);
    const id = await nurse.evaluate(() => window.__xrInside?.headset?.panel.content.buttons.find((one) => one.id.startsWith('take:'))?.id);
    await press(nurse, 'controllers', id ?? '');
    await expect.poll(() => panelWords(nurse)).toContain('Taken by 王芳');
  });

  await test.step('at night less light falls', async () => {
    // The upper quarter of what the eyes see, its last rows: walls and ceiling.
    const light = async (): Promise<number> => {
      const bytes = await seen(nurse);
      const upper = bytes.slice(Math.floor(bytes.length * 0.75)).filter((_, i) => i % 4 !== 3);
      return upper.reduce((sum, byte) => sum + byte, 0) / upper.length;
    };
    // After a step the view is narrow for a moment.
    await expect.poll(light).toBeGreaterThan(1);
    const day = await light();
    await press(nurse, 'controllers', 'night');
    await expect.poll(() => panelWords(nurse)).toContain('Day mode');
    expect(await light()).toBeLessThan(day * 0.7);
  });

  await leave(nurse);
  await expect(nurse.getByRole('button', { name: 'Walk the ward in VR' })).toBeVisible();
  await expect(card(nurse, 'bed-2')).toContainText('Taken by');
  await nurse.context().close();
});

test('a past hour is moved through and played, and a series is drawn at any zoom', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto(WARD);
  // The monitor replays a real stay with its gaps: the hour is looked back to in which the heart was last counted.
  const counted = await nurse.evaluate(async (path) => {
    const rows = (await (await fetch(path)).json()) as { stream: string; last: { at_ms: number } }[];
    return rows.find(({ stream }) => stream === 'heart-rate')?.last.at_ms ?? 0;
  }, `/api/patients/${OF_BED_3}/signals`);
  const local = await nurse.evaluate((at_ms) => {
    const then = new Date(at_ms);
    return new Date(at_ms - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }, counted);
  await nurse.getByLabel('Moment to look back to').fill(local);
  await nurse.getByLabel('Moment to look back to').blur();
  const slider = nurse.getByRole('slider', { name: 'Moment within the hour' });
  await expect(slider).toBeVisible();
  const at = async (): Promise<number> => Number(await slider.inputValue());
  await nurse.getByRole('button', { name: '▶ 60×' }).click();
  await expect.poll(at).toBeGreaterThan(100);
  await nurse.getByRole('button', { name: 'Stop' }).click();
  await expect(nurse.locator('.ward[data-past]')).toBeVisible();
  await expect(nurse.locator('tr[data-bed=bed-3]')).toBeVisible();
  // Who and what was where by the tags of then, and what was under way: nothing can be done about it.
  await expect(nurse.locator('[data-then] [data-mark=trolley-1]')).toBeVisible();
  await expect(nurse.locator('[data-then] [data-missions]')).toBeVisible();
  await expect(nurse.locator('[data-then] button')).toHaveCount(0);
  await look(nurse, 'ward-replay', ['desktop', 'narrow']);
  // At the bed the waveform of then is drawn, and heart and lungs move as they were measured then.
  const begun = await nurse.evaluate(([from, at_ms]) => (at_ms - new Date(from).getTime()) / 1000, [local, counted] as const);
  await slider.fill(String(Math.ceil(begun / 5) * 5));
  await nurse.locator('tr[data-bed=bed-3] button').click();
  const wave = nurse.locator('[data-past-waves] [data-wave=ecg-ii]');
  await expect(wave.getByRole('img')).toHaveAttribute('aria-label', /^ECG II: -?\d+\.\d+ to -?\d+\.\d+ mV$/);
  await expect(nurse.locator('[data-organ=heart]')).toContainText(/\d+\/min/);
  await look(nurse, 'ward-replay-bed', ['desktop', 'narrow']);
  await nurse.getByRole('button', { name: 'Back to now' }).click();
  await expect(nurse.locator('.ward[data-past]')).toHaveCount(0);
  await expect(nurse.locator('[data-past-waves]')).toHaveCount(0);
  await nurse.locator('.whole-course summary').first().click();
  const plot = nurse.locator('.signal-plot svg');
  await expect(plot).toHaveAttribute('aria-label', /From .+ to .+: -?[\d.,]+ to -?[\d.,]+/);
  const before = await plot.getAttribute('aria-label');
  await plot.focus();
  await nurse.keyboard.press('+');
  await expect.poll(async () => await plot.getAttribute('aria-label')).not.toBe(before);
  // From its top: what lies half below the bar of the page is no target to measure.
  await nurse.evaluate(() => scrollTo(0, 0));
  await look(nurse, 'ward-course', ['desktop', 'narrow']);
});

test('the nearest who is free is sent and arrives, and a plan is exercised without an alarm', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto(`${WARD}?part=command`);
  await expect(nurse.locator('[data-mark="wang.nurse"]')).toBeVisible();
  await expect(nurse.locator('[data-mark=trolley-1]')).toBeVisible();
  const errand = nurse.locator('[data-form=errand]');
  // Who is chosen at first is who is told of below.
  await expect(errand.locator('[name=role]')).not.toHaveValue('');
  await errand.locator('[name=role]').selectOption('doctor-on-duty');
  await errand.locator('[name=equipment]').selectOption('resuscitation-trolley');
  // Who could be sent, and what keeps whom.
  await expect(errand.locator('.could')).toContainText(/: (not )?free/);
  await errand.locator('[name=bed]').selectOption('bed-5');
  await errand.getByRole('button', { name: 'Send' }).click();
  const mission = nurse.locator('[data-mission=errand][data-bed=bed-5]');
  await expect(mission.locator('[data-sent=resuscitation-trolley] [data-state=accepted]')).toBeVisible();
  await look(nurse, 'ward-command', ['desktop', 'narrow']);

  const doctor = await person(browser, 'li.terminal', { viewport: SCREENS.narrow, locale: 'en-GB' });
  await doctor.goto(`${WARD}?part=command`);
  const asked = doctor.locator('[data-mission=errand][data-bed=bed-5]');
  await asked.getByRole('button', { name: 'I come' }).click();
  await asked.getByRole('button', { name: 'I am there' }).click();
  await expect(mission.locator('[data-sent=doctor-on-duty] [data-state=arrived]')).toBeVisible();
  // A nurse does not see where the doctor was.
  await expect(nurse.locator('[data-where=peopleWhere] tr', { hasText: 'doctor on duty' }).getByRole('button')).toHaveCount(0);
  await mission.getByRole('button', { name: 'End' }).click();
  await expect(mission).toHaveCount(0);

  // One's own trace.
  await nurse.locator('[data-where=peopleWhere]').getByRole('button', { name: /Trace/ }).click();
  await expect(nurse.locator('.trace-of tbody tr').first()).toContainText(/\d/);
  await nurse.locator('.trace-of').getByText('Last day').click();
  await expect(nurse.locator('.trace-of tbody tr').first()).toContainText(/\d/);

  const drill = nurse.locator('[data-form=drill]');
  await drill.locator('[name=plan]').selectOption('fall');
  await drill.locator('[name=bed]').selectOption('bed-6');
  // What was chosen stays while all is read anew.
  for (let read = 0; read < 2; read += 1) await nurse.waitForResponse(/\/command$/);
  await expect(drill.locator('[name=bed]')).toHaveValue('bed-6');
  await drill.getByRole('button', { name: 'Begin an exercise' }).click();
  const exercise = nurse.locator('[data-mission=drill][data-bed=bed-6]');
  await expect(exercise).toContainText('This is an exercise');
  await expect(exercise.locator('[data-step=find] [data-left]')).toHaveText(/\d:\d\d left/);
  await exercise.locator('[data-step=find]').getByRole('button', { name: 'Done' }).click();
  await expect(exercise.locator('[data-step=find]')).toContainText('✓');
  await exercise.getByRole('button', { name: 'End' }).click();
  await nurse.getByText('Plans', { exact: true }).click();
  await expect(nurse.locator('tr', { hasText: 'Bed left, or a fall' })).toContainText('1 / 3');
  await look(nurse, 'ward-plans', ['desktop', 'narrow']);
});
