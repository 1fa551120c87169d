/** A nurse sees an alarm, takes it, works by its plan and ends it; one that nobody takes goes to a colleague. */
import type { Page } from '@playwright/test';
import { SCREENS, expect, look, person, test } from '../../../tests/journeys/people.ts';

const WARD = '/scenarios/ward-twin/ward-respiratory';

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
  await look(nurse, 'ward-bed', ['desktop', 'narrow']);

  // The alarm says by word and shape how urgent it is, and whom it calls.
  const alarm = card(nurse, 'bed-1');
  await expect(alarm.locator('.priority').first()).toHaveText('High');
  await expect(alarm.locator('[data-mine]')).toBeVisible();
  await alarm.getByRole('button', { name: 'Take it' }).click();
  await expect(alarm).toContainText('Taken by');
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

  await alarm.getByRole('combobox').selectOption('treated');
  await expect(card(nurse, 'bed-1')).toHaveCount(0);
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
  await expect(alarm.locator('[data-mine]')).toBeVisible({ timeout: 120_000 });
  await alarm.getByRole('button', { name: 'Take it' }).click();
  await expect(card(nurse, 'bed-2')).toContainText('Taken by');
});

test('the table and the stage show the same ward, by day and by night, in both languages', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'zh-CN' });
  await nurse.goto(WARD);
  await expect(nurse.locator('tr[data-bed]')).toHaveCount(6);
  await nurse.getByText('三维', { exact: true }).click();
  const stage = nurse.locator('.ward-stage');
  await expect(stage).toBeVisible();
  await stage.focus();
  await nurse.keyboard.press('ArrowRight');
  await nurse.getByRole('button', { name: '夜间模式' }).click();
  await look(nurse, 'ward-3d-night', ['desktop', 'narrow']);
});

test('at a bed with a monitor its waveform runs, is held still, and heart and lungs move as measured', async ({ browser }) => {
  const nurse = await person(browser, 'wang.nurse', { locale: 'en-GB' });
  await nurse.goto(WARD);
  // The demo's devices replay recordings of real people.
  await nurse.locator('tr[data-bed=bed-3] button').click();
  const wave = nurse.locator('[data-wave=ecg-ii]');
  await expect(wave.getByRole('img')).toHaveAttribute('aria-label', /^ecg-ii: -?\d+\.\d+ to \d+\.\d+ mV$/);
  const picture = (): Promise<string> => wave.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const before = await picture();
  await expect.poll(picture).not.toBe(before);
  await expect(nurse.locator('[data-organ=heart]')).toContainText(/\d+\/min/);
  await expect(nurse.locator('[data-organ=lungs]')).toContainText(/\d+\/min/);
  await look(nurse, 'ward-bed-waves', ['desktop', 'narrow']);
  await nurse.getByRole('button', { name: 'Hold still' }).click();
  // What was on its way when it was held may still be painted.
  await nurse.waitForTimeout(300);
  const held = await picture();
  await nurse.waitForTimeout(1500);
  expect(await picture()).toBe(held);
});

test('a manager sees figures and no names', async ({ browser }) => {
  const manager = await person(browser, 'sun.manager', { locale: 'en-GB' });
  await manager.goto('/scenarios/ward-twin');
  await expect(manager.getByRole('cell', { name: /6 beds, 4 occupied/ })).toBeVisible();
  await expect(manager.locator('.desk-ward')).toContainText('occupied 4');
  await look(manager, 'ward-figures', ['desktop', 'narrow']);
});
