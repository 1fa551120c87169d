/** A terminal doctor on a phone goes through the five steps, for a while without a line; the patient reads the plan. */
import { SCREENS, choose, expect, look, person, test } from '../../../tests/journeys/people.ts';
import {
  ANSWERS,
  answerAll,
  answerOne,
  card,
  change,
  keepTheirs,
  openProgramme,
  readyWithoutALine,
  toStep,
} from '../../../tests/journeys/programme.ts';

test('screening: a nodule is followed up from a phone, also without a line', async ({ browser }) => {
  test.setTimeout(600_000);
  const li = await person(browser, 'li.terminal', { viewport: SCREENS.narrow, serviceWorkers: 'allow' });
  await li.goto('/scenarios/screening');
  await li.getByRole('searchbox').waitFor();
  await look(li, 'screening-start', ['narrow', 'desktop']);
  await li.setViewportSize(SCREENS.narrow);
  const id = await openProgramme(li);
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
  await readyWithoutALine(li);
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
  await keepTheirs(li);
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
