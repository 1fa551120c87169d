/** Two doctors, each in an own browser: from the request to the signed decision and its proof. */
import type { Locator } from '@playwright/test';
import { accept, proveAll, sendRequest, sign, tab, vote } from '../../../tests/journeys/consultation.ts';
import { SCREENS, expect, look, test } from '../../../tests/journeys/people.ts';

const PLAN = 'Low-dose CT in three months; earlier if symptoms change.';

test('remote-consult: two doctors come from a request to a signed and proved decision', async ({ li, chen }) => {
  // Two browsers draw volumes in software here.
  test.setTimeout(480_000);
  // Li asks about a patient with images.
  await li.locator('.segmented input[value=images]').check({ force: true });
  await li.locator('.patient-line').first().click();
  await li.getByRole('button', { name: 'Ask for consultation' }).click();
  const id = await sendRequest(li, '9 mm nodule found today: what next?');
  await accept(chen, id);

  // What the record knows has its source; the rest is asked. Herder stays without its PET.
  await expect(li.locator('[data-question=age_years] .chip')).toContainText('From the record');
  // Nobody waits for an answer to be saved before they give the next, nor here for a message over it to go.
  const answered = {
    extrathoracic_cancer: 'no',
    spiculated: 'yes',
    upper_lobe: 'yes',
    family_history_lung_cancer: 'no',
    family_history_any_cancer: 'no',
    emphysema_on_ct: 'no',
    calcified: 'no',
    clear_border: 'no',
    known_cancer: 'no',
    immunosuppressed: 'no',
    ever_smoker: 'yes',
  };
  const typed = { diameter_mm: '9', mean_diameter_mm: '9', nodule_count: '1', years_since_quit: '0' };
  const row = (question: string): Locator => li.locator(`[data-question=${question}]`);
  for (const [question, choice] of Object.entries(answered)) await row(question).locator(`input[value=${choice}]`).dispatchEvent('click');
  for (const [question, number] of Object.entries(typed)) {
    await row(question).locator('input').fill(number);
    await row(question).locator('input').press('Tab');
  }
  await row('nodule_type').locator('select').selectOption('solid');
  for (const question of [...Object.keys(answered), ...Object.keys(typed), 'nodule_type']) await expect(row(question).locator('.chip')).toBeVisible();
  // What the record cannot take stands there with its reason until another is given.
  await row('nodule_count').locator('input').fill('1.5');
  await row('nodule_count').locator('input').press('Tab');
  await expect(row('nodule_count').locator('[data-draft=unsaved]')).toContainText('Not saved.');
  await look(li, 'consult-unsaved', ['desktop', 'phone']);
  await row('nodule_count').getByRole('button', { name: 'Drop it' }).click();
  await expect(row('nodule_count').locator('input')).toHaveValue('1');
  await expect(li.locator('[data-model=pkuph]')).toContainText('Can be assessed');
  await expect(li.locator('[data-model=herder]')).toContainText('FDG uptake');

  // Blind: Chen's vote does not reach Li's browser before Li has voted.
  await vote(chen, 'malignant', 'biopsy');
  await expect(chen.locator('.consult')).toContainText('Your vote is sealed');
  const seen = await li.request.get(`/api/scenarios/remote-consult/cases/${id}`);
  expect(seen.status()).toBe(200);
  expect(await seen.text()).not.toContain('malignant');
  expect((await seen.json()).votes).toBeNull();
  expect(await seen.text()).not.toContain('tissue sampling');
  await vote(li, 'benign', 'ct-3-months');

  // With the last vote the machine speaks, to both.
  for (const page of [li, chen]) {
    await tab(page, 'Assess');
    await expect(page.locator('[data-result=mayo]')).toContainText('%');
    await expect(page.locator('[data-result=herder]')).toContainText('Not assessable');
  }
  await li.locator('[data-details=mayo] summary').click();
  await expect(li.locator('[data-details=mayo] .consult-bars tbody tr')).toHaveCount(7);
  // The guidelines say what they advise, by which rule, and what they still miss.
  const fleischner = li.locator('[data-guideline=fleischner-2017]');
  await expect(fleischner).toContainText('Consider CT at 3 months, PET/CT or tissue sampling');
  await fleischner.locator('summary').click();
  await expect(fleischner.locator('.consult-because').last()).toContainText('9 mm (> 8)');
  await expect(li.locator('[data-guideline=c-lung-rads-2024]')).toContainText('Category 2');
  await look(li, 'consult-assess');

  // One plan, one dissent, two signatures.
  await tab(li, 'Plan');
  await li.locator('textarea[name=plan]').fill(PLAN);
  // What is being written stays when the room is laid out anew, as when a tablet is turned.
  await li.setViewportSize(SCREENS.phone);
  await expect(li.getByRole('tab', { name: 'Slices' })).toBeVisible();
  await li.setViewportSize(SCREENS.desktop);
  await expect(li.getByRole('tab', { name: 'Slices' })).toBeHidden();
  await expect(li.locator('textarea[name=plan]')).toHaveValue(PLAN);
  await li.locator('[data-form=plan] select').selectOption('ct-3-months');
  await li.getByRole('button', { name: 'Save the plan' }).click();
  await tab(chen, 'Plan');
  await expect(chen.locator('textarea[name=plan]')).toHaveValue(PLAN);
  await chen.locator('textarea[name=dissent]').fill('I would take a biopsy now.');
  await chen.getByRole('button', { name: 'Save the plan' }).click();
  await expect(li.locator('.consult-signing')).toContainText('I would take a biopsy now.');
  await sign(chen);
  await expect(li.locator('.consult-signing')).toContainText('has not signed yet');
  await sign(li);

  // Both browsers prove each fact of the decision against the ledger.
  for (const page of [li, chen]) await proveAll(page, 4);
  await look(li, 'consult-proof', ['desktop', 'narrow']);

  // The decision stands in the record as FHIR, the dissent with it.
  const report = await (await li.request.get(`/fhir/DiagnosticReport/${id}`)).json();
  expect(report.conclusion).toContain('I would take a biopsy now.');
  expect(report.conclusion).toContain('Management: CT in 3 months');
  const risk = await (await li.request.get(`/fhir/RiskAssessment/${id}-mayo`)).json();
  expect(risk.prediction[0].probabilityDecimal).toBeGreaterThan(0);
});
