/** Steps through the five steps of a programme, as more than one journey takes them. */
import type { Page } from '@playwright/test';
import { expect } from './people.ts';

/** The patient whose own account is `zhao.patient`. */
export const PATIENT = '37e97ea5-e2dc-4770-bb7d-93d02cfebb0c';

/** Answers by the questions' names; null: not known. What is not here is a no. */
export type Answers = Readonly<Record<string, string | null>>;

/** A solid nodule in somebody who smokes. */
export const ANSWERS: Answers = {
  nodule_type: 'solid',
  nodule_count: '1',
  diameter_mm: '7',
  mean_diameter_mm: '6.5',
  years_since_quit: '0',
  ever_smoker: 'yes',
  upper_lobe: 'yes',
  fdg_uptake: null,
  ftnd_first_cigarette: 'within-5-min',
  ftnd_hard_to_refrain: 'yes',
  ftnd_hardest_to_give_up: 'first',
  ftnd_per_day: '11-20',
  ftnd_when_ill: 'yes',
};

export const card = (page: Page) => page.locator('.screen-card');

/** Opens a programme for the patient from the patient's own page; its id. */
export async function openProgramme(page: Page): Promise<string> {
  await page.goto(`/patients/${PATIENT}`);
  await page.getByRole('link', { name: 'Lung nodule: five steps' }).click();
  // From there the way leads to this patient only.
  await expect(page.locator('[data-patient]')).toHaveCount(1);
  await page.locator(`[data-patient="${PATIENT}"]`).click();
  await expect(page).toHaveURL(/\/scenarios\/screening\/[\w-]+$/);
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

/** Answers the question that is asked now; its name. */
export async function answerOne(page: Page, answers: Answers = ANSWERS): Promise<string> {
  const name = (await card(page).getAttribute('data-question')) ?? '';
  const value = name in answers ? answers[name] : 'no';
  if (name === 'pack_years') {
    await card(page).getByLabel('Cigarettes a day').fill('20');
    await card(page).getByLabel('For how many years').fill('30');
    await card(page).getByRole('button', { name: 'Save' }).click();
    await expect(page.locator('[data-known=pack_years] strong')).not.toHaveText('not needed so far');
  } else if (value === null) {
    await card(page).getByRole('button', { name: 'Not known' }).click();
  } else if ((await card(page).locator('.screen-number').count()) > 0) {
    await card(page).locator('.screen-number input').fill(String(value));
    await card(page).getByRole('button', { name: 'Save' }).click();
  } else {
    await card(page).locator(`[data-value="${value}"]`).click();
  }
  await expect(page.locator(`.screen-card[data-question="${name}"]`)).toHaveCount(0);
  return name;
}

/** Answers all questions that matter. */
export async function answerAll(page: Page, answers: Answers = ANSWERS): Promise<void> {
  for (let left = 40; left > 0; left -= 1) {
    await expect(page.locator('.screen-card, .screen-ask .notice.good')).toHaveCount(1);
    if ((await card(page).count()) === 0) return;
    await answerOne(page, answers);
    await expect(page.locator('[data-unsent-count]')).toHaveCount(0);
  }
  throw new Error('the questions do not come to an end');
}

/** Answers a question again that has its answer. */
export async function change(page: Page, name: string, answers: Answers = ANSWERS): Promise<void> {
  await page.locator(`[data-known=${name}]`).getByRole('button').click();
  await expect(page.locator(`.screen-card[data-question="${name}"]`)).toBeVisible();
  await answerOne(page, answers);
  await expect(page.locator('[data-unsent-count]')).toHaveCount(0);
}

export async function toStep(page: Page, step: string): Promise<void> {
  await page.locator(`[data-step=${step}]`).click();
  await expect(page.locator(`[data-step=${step}]`)).toHaveAttribute('aria-current', 'step');
}

/** Keeps the hospital's answers where another stands beside them: the CT was measured, or a colleague answered. */
export async function keepTheirs(page: Page): Promise<void> {
  const others = page.locator('[data-conflict]');
  while ((await others.count()) > 0) await others.first().getByRole('button', { name: 'Keep the hospital’s' }).click();
}

/** Assesses, and follows the Chinese consensus of 2024. */
export async function assessAndAdvise(page: Page): Promise<void> {
  await toStep(page, 'assess');
  await page.getByRole('button', { name: 'Assess and keep' }).click();
  await expect(page.locator('[data-step=assess]')).toHaveAttribute('data-state', 'done');
  await toStep(page, 'advise');
  await page.locator('input[name=guideline][value=consensus-2024]').check();
  await page.getByRole('button', { name: 'Advise', exact: true }).click();
  await expect(page.locator('[data-step=advise]')).toHaveAttribute('data-state', 'done');
}

/** Waits until the service worker has what the page needs to start without a line. */
export async function readyWithoutALine(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
}
