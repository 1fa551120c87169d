import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, look, person, test } from './people.ts';

const EXAM = readFileSync(fileURLToPath(new URL('../../crates/server/exam/virtual-room.toml', import.meta.url)), 'utf8');
/** The right choice for each question, as the exam's file has it. */
const RIGHT = [...EXAM.matchAll(/^id = "([\w-]+)"[\s\S]*?^answer = "([\w-]+)"/gm)].map(([, id, answer]) => [id ?? '', answer ?? ''] as const);

async function answer(page: Page, answers: readonly (readonly [string, string])[]): Promise<void> {
  for (const [question, choice] of answers) await page.locator(`[data-question=${question}] input[value=${choice}]`).check();
  await page.getByRole('button', { name: 'Hand in' }).click();
}

test('a licence is withdrawn with a reason, and earned anew by the exam', async ({ browser }) => {
  expect(RIGHT.length).toBeGreaterThan(5);
  const admin = await person(browser, 'admin');
  const wang = await person(browser, 'wang.nurse');
  await admin.getByRole('link', { name: /Licence for virtual rooms/ }).click();
  const row = admin.getByRole('row').filter({ has: admin.getByRole('button', { name: /^Withdraw/ }) }).filter({ hasText: 'nurse' });
  await row.first().getByRole('button').click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await expect(dialog.getByText('Say why')).toBeVisible();
  await dialog.getByRole('textbox', { name: /^Reason/ }).fill('lent the account');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await expect(dialog).toBeHidden();
  await expect(admin.getByText('Withdrawn: lent the account')).toBeVisible();
  await look(admin, 'licences', ['desktop', 'narrow']);

  await wang.getByRole('link', { name: /Licence for virtual rooms/ }).click();
  await expect(wang.getByText('Withdrawn: lent the account')).toBeVisible();
  await expect(wang.getByRole('button', { name: /exam/ })).toHaveCount(0);
  await admin.getByRole('button', { name: /^Let sit the exam again/ }).click();
  await expect(admin.getByText('Withdrawn: lent the account')).toBeHidden();

  await wang.reload();
  await wang.getByRole('button', { name: 'Sit the exam' }).click();
  await wang.getByRole('button', { name: 'Hand in' }).click();
  await expect(wang.getByText(`${RIGHT.length} questions are not answered yet.`)).toBeVisible();
  await answer(wang, [...RIGHT.slice(1), ['identity', 'lend']]);
  // It is shown, and said to who listens.
  await expect(wang.locator('#main').getByText(`${RIGHT.length - 1} of ${RIGHT.length} answers are right.`)).toBeVisible();
  await expect(wang.locator('[data-question=identity] .wrong')).toBeVisible();
  await look(wang, 'licence-exam', ['desktop', 'narrow']);
  await answer(wang, RIGHT);
  await expect(wang.locator('.chip.good')).toHaveText('valid');
  await admin.context().close();
  await wang.context().close();
});
