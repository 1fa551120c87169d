/** The team around a case, and quality as it happens: what the supervisor hears, what is noted, what came of it. */
import type { Page } from '@playwright/test';
import { tab } from './consultation.ts';
import { expect, look, person, test } from './people.ts';

const CASES = '/api/scenarios/remote-consult';

/** Does by HTTP, as this person, what another journey does by hand. */
async function act(page: Page, method: 'POST' | 'PUT', path: string, data: unknown = {}): Promise<Record<string, unknown>> {
  const answer = await page.request.fetch(`${CASES}/${path}`, { method, data, headers: { 'x-yuanyi-client': '1' } });
  expect(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as Record<string, unknown>;
}

const ANSWERS = {
  ever_smoker: true,
  years_since_quit: 0,
  pack_years: 30,
  extrathoracic_cancer: false,
  spiculated: true,
  upper_lobe: true,
  family_history_lung_cancer: false,
  family_history_any_cancer: false,
  emphysema_on_ct: false,
  carcinogen_exposure: false,
  copd_fibrosis_tuberculosis: false,
  calcified: false,
  clear_border: false,
  known_cancer: false,
  immunosuppressed: false,
  nodule_type: 'solid',
  nodule_count: 1,
};

test('team: a deviation reaches the supervisor, the minutes are signed, and the outcome becomes a plot', async ({ li, browser }) => {
  const chen = await person(browser, 'chen.expert');
  const sun = await person(browser, 'sun.manager');
  const home = await (await li.request.get('/api/home')).json();
  const patient = home.patients.find(({ studies }: { studies: unknown[] }) => studies.length > 0);
  // Without a series the room has no hologram to draw; this journey is about the people.
  const request = { patient: patient.id, expert: 'chen.expert', reason: 'Nodule found today: what next?' };
  const { id } = await act(li, 'POST', 'requests', request);
  await act(chen, 'POST', `cases/${id}/accept`);

  // The supervisor looks at what deviates; nothing of this case does yet.
  await sun.getByRole('link', { name: 'Quality' }).click();
  await expect(sun.getByRole('heading', { name: 'Quality', level: 1 })).toBeVisible();
  const found = sun.locator('[data-rule=diameter-rule][data-state=open]');
  await expect(found).toHaveCount(0);

  // A mean diameter larger than the longest one: it reaches both, while nothing else is done.
  await act(li, 'PUT', `cases/${id}/answers`, { answers: { ...ANSWERS, mean_diameter_mm: 9, diameter_mm: 8 } });
  await expect(found.first()).toBeVisible();
  await expect(found.first()).toContainText('A patient whom you may not see');
  await expect(sun.locator('main')).not.toContainText(patient.name);
  await expect(li.locator('.toast, [class*=toast]').first()).toContainText('Diameter not by the guideline');
  await look(sun, 'quality-supervisor', ['desktop', 'narrow']);

  // The case in one minute, each line with its source.
  await li.goto(`/rooms/${id}`);
  await tab(li, 'Summary');
  await expect(li.locator('[data-summary=who]')).toContainText('Nodule found today');
  await expect(li.locator('[data-summary=known]')).toContainText('source:');
  await look(li, 'team-summary', ['desktop', 'narrow']);

  // Everyone sees who has the floor, and what was said.
  await tab(li, 'Minutes');
  const round = li.locator('[data-form=turn]');
  await round.locator('select').selectOption('chen.expert');
  await round.getByRole('button', { name: 'Begin a round' }).click();
  await expect(li.locator('[data-speaker="chen.expert"]')).toContainText('has the floor');
  // It is seen from everywhere in the panel.
  await tab(li, 'Ask');
  await expect(li.locator('[data-speaker="chen.expert"]')).toBeVisible();
  await tab(li, 'Minutes');
  const seen = await (await chen.request.get(`${CASES}/cases/${id}`)).json();
  expect(seen.turn.slots.map((slot: { id: string }) => slot.id)).toEqual(['chen.expert', 'li.terminal']);
  await li.locator('textarea[name=entry]').fill('The margin is spiculated in the lung window.');
  await li.getByRole('button', { name: 'Note it' }).click();
  await expect(li.locator('[data-entry=said]')).toContainText('spiculated in the lung window');
  await look(li, 'team-minutes', ['desktop', 'narrow']);
  await li.getByRole('button', { name: 'Next speaker' }).click();
  await expect(li.locator('[data-speaker="li.terminal"]')).toBeVisible();

  // Both vote; the guidelines that cannot both be followed are shown as such.
  const vote = { opinion: 'malignant', management: 'ct-3-months', probability: 60 };
  await act(chen, 'POST', `cases/${id}/vote`, vote);
  const voted = await act(li, 'POST', `cases/${id}/vote`, { ...vote, probability: 30 });
  const conflicts = (voted['agreement'] as { conflicts: unknown[] }).conflicts;
  await tab(li, 'Assess');
  await expect(li.locator('.consult-guidelines > li')).toHaveCount(3);
  const differ = li.getByText('These guidelines cannot both be followed');
  await expect(differ).toHaveCount(conflicts.length > 0 ? 1 : 0);
  expect(conflicts.length, 'these answers make guidelines differ').toBeGreaterThan(0);

  // The plan is signed with the minutes.
  const { plan } = (await act(li, 'PUT', `cases/${id}/plan`, { text: 'CT in three months.', management: 'ct-3-months' })) as {
    plan: { version: number };
  };
  for (const page of [chen, li]) await act(page, 'POST', `cases/${id}/sign`, { version: plan.version });
  await tab(li, 'Plan');
  await expect(li.locator('.consult-signing')).toContainText('entries of the minutes');
  await tab(li, 'Minutes');
  await expect(li.locator('[data-entry=signed]')).toHaveCount(2);

  // What came of it becomes a point of the plots, with its table.
  await tab(li, 'Outcome');
  await expect(li.locator('[data-setting=confirm]')).toContainText('3 months after the signatures');
  const outcome = li.locator('[data-form=outcome]');
  await outcome.locator('input[value=malignant]').check({ force: true });
  await outcome.locator('select').selectOption('pathology');
  await outcome.locator('input[type=date]').fill(new Date().toISOString().slice(0, 10));
  await outcome.getByRole('button', { name: 'Keep the outcome' }).click();
  await expect(li.locator('[data-outcome=malignant]')).toBeVisible();
  await li.getByRole('link', { name: 'How opinions compare with outcomes' }).click();
  const mayo = li.locator('[data-calibration=mayo]');
  await expect(mayo.locator('svg .plot-dot')).toHaveCount(1);
  await expect(mayo.locator('tbody tr')).toHaveCount(1);
  await expect(mayo.locator('[data-overall]')).toContainText('Not assessable');
  await expect(li.locator('[data-figures] [data-setting]')).toContainText('Needs confirmation');
  await look(li, 'quality-decisions', ['desktop', 'narrow']);

  // Who decides says why a deviation is right here; the supervisor sees that it is closed, not why.
  await tab(li, 'Deviations');
  const mine = li.locator('[data-rule=diameter-rule][data-state=open]').filter({ hasText: patient.name }).first();
  const deviation = await mine.getAttribute('data-deviation');
  await look(li, 'quality-mine', ['desktop', 'narrow']);
  await mine.getByRole('button', { name: 'Override' }).click();
  await mine.getByLabel('Why it is right here').fill('Measured again on the workstation.');
  await mine.getByRole('button', { name: 'Override with this reason' }).click();
  await expect(sun.locator(`[data-deviation="${deviation}"][data-state=overridden]`)).toBeAttached();
  await expect(sun.locator('main')).not.toContainText('Measured again');

  // Each site's charts, with limits in words and a table beside each.
  await tab(sun, 'Charts');
  const site = sun.locator('[data-site=county-clinic]');
  await expect(site.locator('svg')).not.toHaveCount(0);
  await expect(site.locator('table')).not.toHaveCount(0);
  await expect(site).toContainText('Trial limits');
  await look(sun, 'quality-charts', ['desktop', 'narrow']);
  await sun.context().close();
  await chen.context().close();
});
