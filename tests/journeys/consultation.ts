/** Steps of a consultation, as more than one journey takes them. */
import type { Page } from '@playwright/test';
import { expect } from './people.ts';

/** Goes to a tab by its English name. */
export async function tab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name, exact: true }).click();
}

/** The demo's scans. Other journeys add series of their own, copies with the same words among them. */
export const CHEST_CT = '2.25.211657571905335055446328003432160338665';
const THORAX_CTA = '2.25.72218713093713772347466484284581091447';

/** Fills in whom to ask about what, and sends it; the case's id. */
export async function sendRequest(page: Page, reason: string, series?: string): Promise<string> {
  const dialog = page.getByRole('dialog');
  if (series) await dialog.locator(`input[name=series][value="${series}"]`).check();
  else await dialog.locator('input[name=series]').first().check();
  await dialog.getByLabel('Whom to ask').selectOption('chen.expert');
  await dialog.locator('textarea').fill(reason);
  await dialog.getByRole('button', { name: 'Send the request' }).click();
  await expect(page).toHaveURL(/\/rooms\//);
  await expect(page.locator('.consult')).toContainText('Waiting for');
  // How long is no guideline's to say: it is shown as the hospital's own setting.
  await expect(page.locator('[data-setting=confirm]')).toContainText('48 hours');
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

/** The expert sees the request without a reload, enters with one click and accepts. */
export async function accept(expert: Page, id: string): Promise<void> {
  await expert.locator(`[data-waiting="${id}"] a.button`).click();
  await expert.getByRole('button', { name: 'Accept the consultation' }).click();
  await expect(expert.getByRole('tab', { name: 'Ask' })).toBeVisible();
}

export async function vote(page: Page, opinion: string, management: string): Promise<void> {
  await tab(page, 'Vote');
  const form = page.locator('[data-form=vote]');
  await form.locator(`input[value=${opinion}]`).check({ force: true });
  await form.locator('select').selectOption(management);
  await form.getByRole('button', { name: 'Cast my vote' }).click();
}

/** Writes the joint plan. */
export async function writePlan(page: Page, text: string, management: string): Promise<void> {
  await tab(page, 'Plan');
  await page.locator('textarea[name=plan]').fill(text);
  await page.locator('[data-form=plan] select').selectOption(management);
  await page.getByRole('button', { name: 'Save the plan' }).click();
}

/** Signs the plan that is shown. */
export async function sign(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign the plan' }).click();
}

/** Proves each fact of the decision in this browser. */
export async function proveAll(page: Page, facts: number): Promise<void> {
  await expect(page.locator('.consult')).toHaveAttribute('data-step', 'signed');
  await tab(page, 'Proof');
  await expect(page.locator('.consult-facts > li')).toHaveCount(facts);
  await expect(page.locator('[data-proof=proved]')).toHaveCount(facts);
}

/** Opens a room about the first patient with images, and asks Chen into it. */
export async function askForConsultation(li: Page): Promise<void> {
  await li.getByText('With images', { exact: true }).click();
  await li.locator('.patient-line').first().click();
  await li.getByRole('button', { name: 'Ask for consultation' }).click();
  await sendRequest(li, 'What is this?', THORAX_CTA);
}
