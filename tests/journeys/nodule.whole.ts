/** One nodule, in one piece: a village doctor's phone without a line, the expert's room, and the patient's own page. */
import { CHEST_CT, accept, proveAll, sendRequest, sign, tab, vote, writePlan } from './consultation.ts';
import { SCREENS, expect, look, person, test } from './people.ts';
import {
  ANSWERS,
  PATIENT,
  answerAll,
  answerOne,
  assessAndAdvise,
  keepTheirs,
  openProgramme,
  readyWithoutALine,
  toStep,
} from './programme.ts';

const QUESTION = 'Found on a first CT. Is waiting for the next CT enough?';
const PLAN = 'PET/CT within a month; then we decide together about tissue.';

/** A day some months from now, as forms take it. */
function inMonths(months: number): string {
  const day = new Date();
  day.setUTCMonth(day.getUTCMonth() + months);
  return day.toISOString().slice(0, 10);
}

test('a nodule goes from a village doctor without a line to a plan that both signed and the patient reads', async ({ browser }) => {
  test.setTimeout(600_000);
  const li = await person(browser, 'li.terminal', { viewport: SCREENS.narrow, serviceWorkers: 'allow' });
  const chen = await person(browser, 'chen.expert');
  // What is measured on the CT is known once its volume is made; until then it would be asked.
  await expect
    .poll(async () => (await (await li.request.get(`/api/patients/${PATIENT}/twin`)).json()).lesions.length)
    .toBeGreaterThan(0);
  const programme = await openProgramme(li);
  await readyWithoutALine(li);

  // Beside the patient's bed there is no line: what is answered waits on the phone.
  await li.context().setOffline(true);
  const answered = [await answerOne(li), await answerOne(li), await answerOne(li)];
  await expect(li.locator('[data-unsent-count]')).toHaveAttribute('data-unsent-count', String(answered.length));
  await li.reload();
  await expect(li.locator('.screen[data-offline]')).toContainText('No line');
  for (const name of answered) await expect(li.locator(`[data-known=${name}][data-unsent]`)).toContainText('Not sent yet');

  // Back on the line it merges, and the rest is asked.
  await li.context().setOffline(false);
  await expect(li.locator('[data-unsent-count]')).toHaveCount(0);
  await keepTheirs(li);
  await answerAll(li);
  for (const name of answered) await expect(li.locator(`[data-known=${name}]`)).toContainText('Answered here');
  await assessAndAdvise(li);

  // The expert is asked out of the programme, and sees it at once.
  await toStep(li, 'arrange');
  await li.getByRole('link', { name: 'Ask an expert' }).click();
  const id = await sendRequest(li, QUESTION, CHEST_CT);
  await accept(chen, id);
  await expect(chen.locator('.consult')).toContainText(QUESTION);

  // What was answered on the phone is not asked again, and says where it comes from.
  const known = chen.locator('[data-question=spiculated]');
  await expect(known.locator('.chip')).toContainText('From the record');
  await expect(known.locator('.chip')).toHaveAttribute('href', new RegExp(`QuestionnaireResponse/${programme}-answers$`));
  await expect(chen.locator(`[data-question=nodule_type] select`)).toHaveValue(ANSWERS['nodule_type'] ?? '');
  await tab(chen, 'Summary');
  await expect(chen.locator('[data-summary=who]')).toContainText(QUESTION);

  // Both vote blind; then the machine speaks, to both.
  await vote(chen, 'malignant', 'pet-ct');
  await expect(chen.locator('.consult')).toContainText('Your vote is sealed');
  const seen = await (await li.request.get(`/api/scenarios/remote-consult/cases/${id}`)).json();
  expect([seen.votes, seen.own_vote], 'the other’s vote does not reach the phone').toEqual([null, null]);
  await vote(li, 'indeterminate', 'ct-3-months');
  for (const page of [li, chen]) {
    await tab(page, 'Assess');
    await expect(page.locator('[data-result=mayo]')).toContainText('%');
    await expect(page.locator('[data-guideline=fleischner-2017]')).toBeVisible();
  }
  await look(li, 'whole-room', ['narrow']);
  await li.setViewportSize(SCREENS.narrow);

  // One plan, two signatures, proved in both browsers.
  await writePlan(chen, PLAN, 'pet-ct');
  await sign(chen);
  await tab(li, 'Plan');
  await expect(li.locator('textarea[name=plan]')).toHaveValue(PLAN);
  await sign(li);
  for (const page of [li, chen]) await proveAll(page, 4);

  // Back in the programme the joint decision stands beside what is arranged. The PET/CT gets its last day by it.
  await li.goto(`/scenarios/screening/${programme}`);
  await toStep(li, 'arrange');
  const decided = li.locator('[data-decided]');
  await expect(decided).toContainText(PLAN);
  await expect(decided).toContainText('Signed by');
  const form = li.locator('[data-form=arrange]');
  const first = form.locator('[data-proposal="0"]');
  await expect(first).toContainText('PET/CT');
  await first.getByLabel('Until').fill(inMonths(1));
  await first.getByLabel('Why this differs from the guideline').fill('Decided together with the expert.');
  await look(li, 'whole-arrange', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  await form.getByRole('button', { name: 'Keep what is arranged' }).click();
  await expect(li.locator('[data-step=arrange]')).toHaveAttribute('data-state', 'to-sign');
  await sign(li);
  await expect(li.locator('.screen')).toHaveAttribute('data-state', 'active');

  // The patient finds the plan on their own page, and the decision in their record with its proof.
  const zhao = await person(browser, 'zhao.patient', { viewport: SCREENS.narrow });
  await zhao.locator(`[data-waiting="${programme}"]`).first().getByRole('link').click();
  await expect(zhao.getByRole('heading', { level: 1 })).toHaveText('Your plan');
  await expect(zhao.locator('.screen-own-plan > li').first()).toContainText('A PET/CT');
  await expect(zhao.locator('.screen')).not.toContainText('%');
  await look(zhao, 'whole-own', ['narrow', 'desktop']);
  await zhao.setViewportSize(SCREENS.narrow);
  await zhao.goto(`/patients/${PATIENT}`);
  const decision = zhao.locator('.decision').filter({ hasText: PLAN }).first();
  await expect(decision).toContainText('Signed by');
  await expect(decision.locator('[data-proof=proved]')).toBeVisible();
  for (const page of [zhao, chen, li]) await page.context().close();
});
