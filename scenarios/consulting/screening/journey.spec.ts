/** A terminal doctor on a phone goes through the five steps, for a while without a line; the patient reads the plan. */
import type { Page } from '@playwright/test';
import { SCREENS, choose, expect, look, person, test } from '../../../tests/journeys/people.ts';

/** The patient whose own account is `zhao.patient`. */
const PATIENT = '37e97ea5-e2dc-4770-bb7d-93d02cfebb0c';

/** The answers, by the questions' names; null: not known. What is not here is a no. */
const ANSWERS: Readonly<Record<string, string | null>> = {
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

const card = (page: Page) => page.locator('.screen-card');

/** Answers the question that is asked now; its name. */
async function answerOne(page: Page): Promise<string> {
  const name = (await card(page).getAttribute('data-question')) ?? '';
  const value = name in ANSWERS ? ANSWERS[name] : 'no';
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

async function answerAll(page: Page): Promise<void> {
  for (let left = 40; left > 0; left -= 1) {
    await expect(page.locator('.screen-card, .screen-ask .notice.good')).toHaveCount(1);
    if ((await card(page).count()) === 0) return;
    await answerOne(page);
    await expect(page.locator('[data-unsent-count]')).toHaveCount(0);
  }
  throw new Error('the questions do not come to an end');
}

/** Answers a question again that has its answer. */
async function change(page: Page, name: string): Promise<void> {
  await page.locator(`[data-known=${name}]`).getByRole('button').click();
  await expect(page.locator(`.screen-card[data-question="${name}"]`)).toBeVisible();
  await answerOne(page);
  await expect(page.locator('[data-unsent-count]')).toHaveCount(0);
}

async function toStep(page: Page, step: string): Promise<void> {
  await page.locator(`[data-step=${step}]`).click();
  await expect(page.locator(`[data-step=${step}]`)).toHaveAttribute('aria-current', 'step');
}

test('screening: a nodule is followed up from a phone, also without a line', async ({ browser }) => {
  test.setTimeout(600_000);
  const li = await person(browser, 'li.terminal', { viewport: SCREENS.narrow, serviceWorkers: 'allow' });
  await li.goto('/scenarios/screening');
  await li.getByRole('searchbox').waitFor();
  await look(li, 'screening-start', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  // From the patient's own page the way leads to this patient only.
  await li.goto(`/patients/${PATIENT}`);
  await li.getByRole('link', { name: 'Lung nodule: five steps' }).click();
  await expect(li.locator('[data-patient]')).toHaveCount(1);
  await li.locator(`[data-patient="${PATIENT}"]`).click();
  await expect(li).toHaveURL(/\/scenarios\/screening\/[\w-]+$/);
  const id = new URL(li.url()).pathname.split('/').at(-1) ?? '';
  const path = `/api/scenarios/screening/programmes/${id}`;

  // The record first: what it knows has a source that opens; what is missing is asked, one at a time.
  await expect(li.locator('[data-known=age_years] a.chip')).toHaveAttribute('href', /^\/fhir\/Patient\//);
  await expect(card(li)).toHaveCount(1);
  await look(li, 'screening-ask', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  const first = await answerOne(li);
  await expect(li.locator('[data-unsent-count]')).toHaveCount(0);
  await expect(li.locator(`[data-known=${first}]`)).toContainText('Answered here');

  // Without a line the page that was opened starts again, and answers wait on the device.
  await li.evaluate(() => navigator.serviceWorker.ready);
  await li.context().setOffline(true);
  const offline = [await answerOne(li), await answerOne(li)];
  await expect(li.locator('[data-unsent-count]')).toHaveAttribute('data-unsent-count', '2');
  await li.reload();
  await expect(li.locator('.screen[data-offline]')).toContainText('No line');
  await expect(li.locator('[data-unsent-count]')).toHaveAttribute('data-unsent-count', '2');
  for (const name of offline) await expect(li.locator(`[data-known=${name}][data-unsent]`)).toContainText('Not sent yet');
  await look(li, 'screening-offline', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  const kept = await li.evaluate(async () => {
    const cached: string[] = [];
    for (const name of await caches.keys()) {
      cached.push(...(await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname));
    }
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('yuanyi-offline');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const all = <T>(store: string) =>
      new Promise<T[]>((resolve) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result as T[]);
      });
    const sealed = await all<{ bytes: ArrayBuffer }>('kept');
    const keys = await all<{ key: CryptoKey }>('accounts');
    return {
      cached,
      sealed: sealed.map(({ bytes }) => new TextDecoder().decode(bytes)).join('\n'),
      count: sealed.length,
      extractable: keys.map(({ key }) => key.extractable),
    };
  });
  // Nothing of the hospital's answers is in a cache, and what is kept cannot be read without the key.
  expect(kept.cached.length).toBeGreaterThan(5);
  expect(kept.cached.filter((one) => /^\/(api|fhir|dicom-web)/.test(one))).toEqual([]);
  expect(kept.count).toBeGreaterThanOrEqual(2);
  expect(kept.sealed).not.toContain('questions');
  expect(kept.sealed).not.toContain(offline[0]);
  expect(kept.extractable).toEqual([false]);

  // Meanwhile a nurse answers one of them otherwise. When the line is back both are shown, and the doctor decides.
  const wang = await person(browser, 'wang.nurse');
  const headers = { 'x-yuanyi-client': '1' };
  const before = await (await wang.request.get(path)).json();
  const contested = offline.find((name) =>
    before.questions.some((one: { name: string; kind: string }) => one.name === name && one.kind === 'yes-no'),
  );
  expect(contested, 'one of the answers is a yes or no').toBeDefined();
  const otherwise = ANSWERS[contested ?? ''] !== 'yes';
  const put = await wang.request.put(`${path}/answers`, {
    headers,
    data: { answers: { [contested ?? '']: { value: otherwise } } },
  });
  expect(put.status()).toBe(200);
  await wang.context().close();
  await li.context().setOffline(false);
  const conflict = li.locator(`[data-conflict=${contested}]`);
  await expect(conflict).toContainText(/Yours: (Yes|No)/);
  await expect(li.locator('[data-unsent-count]')).toHaveCount(0);
  await look(li, 'screening-conflict', ['narrow']);
  await li.setViewportSize(SCREENS.narrow);
  await conflict.getByRole('button', { name: 'Use mine' }).click();
  await expect(conflict).toHaveCount(0);
  // Where the CT was measured meanwhile, that is shown beside what was typed, too.
  const others = li.locator('[data-conflict]');
  while ((await others.count()) > 0) await others.first().getByRole('button', { name: 'Keep the hospital’s' }).click();
  await expect(li.locator('.screen[data-offline]')).toHaveCount(0);

  // All that matters is asked, the dependence on nicotine with it.
  await answerAll(li);
  // The nodule of this story is smaller than the one on the demo's CT.
  for (const name of ['diameter_mm', 'mean_diameter_mm']) await change(li, name);
  await answerAll(li);
  await expect(li.locator('[data-score="7"]')).toContainText('High');
  // What is not needed can be answered all the same: pack-years follow from the history.
  const history = li.locator('[data-known=pack_years]');
  await li.locator('.screen-ask details > summary').click();
  await change(li, 'pack_years');
  await expect(history).toContainText('30 pack-years');

  // Assess: numbers with their models, what is missing by name, the rule that held.
  await toStep(li, 'assess');
  await li.getByRole('button', { name: 'Assess and keep' }).click();
  await expect(li.locator('[data-step=assess]')).toHaveAttribute('data-state', 'done');
  await toStep(li, 'assess');
  await expect(li.locator('[data-result=mayo]')).toContainText('%');
  await expect(li.locator('[data-result=herder]')).toContainText('FDG');
  await expect(li.locator('[data-result=lcbp]')).toContainText('Not assessable');
  await expect(li.locator('[data-guideline=consensus-2024]')).toHaveAttribute('data-state', 'recommended');
  await look(li, 'screening-assess', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);

  // Advise: one guideline is followed; the patient's words and tobacco stand with it.
  await toStep(li, 'advise');
  await li.locator('input[name=guideline][value=consensus-2024]').check();
  await li.getByRole('button', { name: 'Advise', exact: true }).click();
  await expect(li.locator('[data-step=advise]')).toHaveAttribute('data-state', 'done');
  await toStep(li, 'advise');
  await expect(li.locator('[data-tobacco]')).toContainText('within a week');
  await look(li, 'screening-advise', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);

  // Arrange: an order that is left out needs a reason; a referral names its criterion; then it is signed.
  await toStep(li, 'arrange');
  const form = li.locator('[data-form=arrange]');
  const last = form.locator('[data-proposal]').last();
  await last.getByRole('checkbox').uncheck();
  await form.getByRole('button', { name: 'Keep what is arranged' }).click();
  await expect(form).toContainText('A reason is needed');
  await last.getByLabel('Why this differs from the guideline').fill('He moves to another town.');
  await form.getByRole('button', { name: 'Add something' }).click();
  const added = form.locator('[data-added="0"]');
  await added.getByLabel('What').selectOption('referral');
  await added.getByLabel('Why this is added').fill('To be safe');
  const referral = li.locator('[data-form=referral]');
  await referral.getByRole('checkbox').check();
  await referral.locator('select[name=criterion]').selectOption('equipment-or-skill-lacking');
  await form.getByRole('button', { name: 'Keep what is arranged' }).click();
  await expect(li.locator('[data-step=arrange]')).toHaveAttribute('data-state', 'to-sign');
  await li.locator('[data-letter] summary').click();
  await expect(li.locator('.screen-letter')).toContainText('needs confirmation');
  await look(li, 'screening-arrange', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  // On paper there is the letter and nothing else.
  await li.emulateMedia({ media: 'print' });
  await expect(li.locator('.screen-letter')).toBeVisible();
  for (const other of ['.top-bar', '.screen-steps', '[data-form=arrange]', '.foot']) await expect(li.locator(other)).toBeHidden();
  await li.screenshot({ path: 'tests/journeys/out/screening-letter-print.png', fullPage: true });
  await li.emulateMedia({ media: null });
  await li.getByRole('button', { name: 'Sign the plan' }).click();
  await expect(li.locator('.screen')).toHaveAttribute('data-state', 'active');
  await toStep(li, 'arrange');
  await expect(li.locator('.screen')).toContainText('Signed by');

  // Assist: the patient's own picture with the nodule in a ring, and what was said back.
  await toStep(li, 'assist');
  await expect(li.locator('.screen-slice img')).toHaveJSProperty('complete', true);
  const width = await li.locator('.screen-slice img').evaluate((image: HTMLImageElement) => image.naturalWidth);
  expect(width).toBeGreaterThan(100);
  await expect(li.locator('.screen-slice circle')).toHaveCount(1);
  await look(li, 'screening-assist', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  await li.locator('[data-form=assist]').getByText('partly', { exact: true }).click();
  await li.getByRole('button', { name: 'Note it' }).click();
  await expect(li.locator('[data-step=assist]')).toHaveAttribute('data-state', 'done');

  // Beside the hologram stand the same five steps.
  await li.setViewportSize(SCREENS.desktop);
  await toStep(li, 'assist');
  await li.getByRole('link', { name: 'See it as a hologram' }).click();
  await expect(li).toHaveURL(new RegExp(`/rooms/${id}$`));
  await expect(li.locator('.screen-steps [data-step=assist]')).toHaveAttribute('data-state', 'done');
  await look(li, 'screening-room', ['desktop']);
  await li.goto(`/scenarios/screening/${id}`);
  await li.setViewportSize(SCREENS.narrow);

  // The facts stand in the record and are proved in this browser; what is due waits on the home page.
  await li.locator('[data-proofs] > summary').click();
  await expect(li.locator('[data-fact^=Provenance] [data-proof=proved]')).toHaveCount(1);
  const deviation = await li.request.get(`/fhir/ClinicalImpression/${id}-deviation-order-2`);
  expect((await deviation.json()).description).toBe('He moves to another town.');
  await li.goto('/');
  await expect(li.locator(`[data-waiting="${id}"]`).first()).toContainText('Follow-up is due');
  await look(li, 'screening-home', ['narrow']);

  // The patient reads the plan in plain words, and sees that it is due.
  const zhao = await person(browser, 'zhao.patient', { viewport: SCREENS.narrow });
  await zhao.locator(`[data-waiting="${id}"]`).first().getByRole('link').click();
  await expect(zhao.getByRole('heading', { level: 1 })).toHaveText('Your plan');
  await expect(zhao.locator('.screen-own-plan > li').first()).toContainText('Another CT of the chest');
  await expect(zhao.locator('.screen')).not.toContainText('%');
  await look(zhao, 'screening-own', ['narrow', 'desktop']);
  await zhao.context().close();

  // Signing out leaves nothing on the device.
  await choose(li, 'en');
  await li.getByRole('button', { name: 'Sign out' }).click();
  await expect(li.locator('input[name=username]')).toBeVisible();
  const left = await li.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const request = indexedDB.open('yuanyi-offline');
        request.onsuccess = () => {
          const stores = request.result.transaction(['kept', 'accounts']);
          const kept_ = stores.objectStore('kept').count();
          const accounts = stores.objectStore('accounts').count();
          stores.oncomplete = () => resolve(kept_.result + accounts.result);
        };
      }),
  );
  expect(left).toBe(0);
  await li.context().close();
});
