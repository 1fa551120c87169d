/** A relative comes with a patient: what they see of the hospital, and how the patient is let in beside them. */
import type { Page } from '@playwright/test';
import { expect, look, person, test, visitor } from './people.ts';

/** The patient whose own account is `wu.patient`, with whom `wu.relative` comes. */
const WU = 'd78af07c-9cb9-4f31-9b11-c45a28f2eec8';
const COURSES = '/api/scenarios/follow-up/courses';
const CLIENT = { headers: { 'X-Yuanyi-Client': '1' } };

interface Line {
  readonly id: string;
  readonly patient: { readonly id: string };
}

/** A follow-up of the patient beside the one that the demo has: its room is new, and nobody was ever let into it. */
async function begin(li: Page): Promise<string> {
  const begun = await li.request.post(COURSES, { ...CLIENT, data: { patient: WU, plan: 'copd' } });
  expect(begun.ok(), await begun.text()).toBe(true);
  return ((await begun.json()) as Line).id;
}

/** Other journeys find the patient as the demo has them. */
async function end(li: Page, id: string): Promise<void> {
  const told = { reason: 'the visit is over' };
  await li.request.put(`/api/patients/${WU}/companion`, { ...CLIENT, data: { ...told, needed: false } });
  await li.request.post(`${COURSES}/${id}/visit/end`, { ...CLIENT, data: {} });
  await li.request.post(`${COURSES}/${id}/end`, { ...CLIENT, data: told });
}

/** The first page before anybody waits: how one comes into a room, and nothing that is closed. */
async function seeHome(relative: Page): Promise<void> {
  await expect(relative.getByRole('heading', { name: 'Coming with a patient' })).toBeVisible();
  await expect(relative.getByText('Nothing waits for you')).toBeVisible();
  await expect(relative.locator('.room-card, .patient-line')).toHaveCount(0);
  await expect(relative.getByRole('navigation')).toHaveCount(0);
  await look(relative, 'relative-home');
}

/** The doctor says that the patient needs somebody, and waits for them in the room. */
async function meet(li: Page, id: string): Promise<void> {
  await li.goto(`/patients/${WU}`);
  const companion = li.getByRole('region', { name: 'In virtual rooms' });
  await companion.locator('summary', { hasText: 'Needs somebody beside them' }).click();
  await companion.getByRole('textbox', { name: /^Reason/ }).fill('wants the family there');
  await companion.locator('button[type=submit]').click();
  await expect(companion).toContainText('Needs somebody beside them: wants the family there');
  await li.goto(`/scenarios/follow-up/${id}`);
  await li.getByRole('button', { name: 'Meet in the room without camera' }).click();
  await expect(li).toHaveURL(new RegExp(`/rooms/${id}$`));
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  await li.getByRole('tab', { name: /^People/ }).click();
}

/** What called stands on the first page without a reload; the rules are read, and the door says who the host is. */
async function comeToTheDoor(relative: Page, id: string): Promise<void> {
  const call = relative.locator(`[data-waiting="${id}"]`);
  await expect(call).toContainText('Waits for you in the room');
  await call.getByRole('link').click();
  const rules = relative.getByRole('button', { name: 'I have read the rules and agree' });
  const door = relative.locator('[data-at-door=waiting]');
  await expect(rules.or(door)).toBeVisible();
  if (await rules.isVisible()) await rules.press('Enter');
  await expect(door).toContainText('is the host and sees that you wait');
  await expect(relative.locator('.room, canvas')).toHaveCount(0);
}

/** Inside there are people and what stands in the room: no case, no images, no pages of the hospital, no recordings. */
async function seeRoom(relative: Page): Promise<void> {
  await expect(relative.locator('.room-bar .line-state')).toContainText('Live');
  await expect(relative.locator('.people > li')).toHaveCount(2);
  await expect(relative.locator('[data-gathering=place]')).toContainText('Relatives and carers see no images here');
  await expect(relative.locator('[role=tab]')).toHaveText([/^View/, /^People/]);
  await expect(relative.getByRole('link', { name: 'Recordings of this room' })).toHaveCount(0);
  await expect(relative.locator('.tool-bar [data-tool=measure]')).toHaveCount(0);
  await look(relative, 'relative-inside', ['desktop', 'phone']);
  await relative.getByRole('tab', { name: 'View' }).click();
  await expect(relative.getByText('No page stands in the room.')).toBeVisible();
  await expect(relative.getByLabel('Address in this hospital')).toHaveCount(0);
}

/** No record, not that of whom they come with either, and no room but that one. */
async function meetClosedDoors(relative: Page, id: string, foreign: string): Promise<void> {
  for (const path of [`/fhir/Patient/${WU}`, `/api/patients/${WU}/twin`, `/api/patients/${WU}/recordings`, `${COURSES}/${id}`, '/api/staff']) {
    expect([403, 404], path).toContain((await relative.request.get(path)).status());
  }
  await relative.goto(`/patients/${WU}`);
  await expect(relative.getByRole('alert')).toContainText(/may not open this patient|no such patient/);
  for (const room of [foreign, 'patients-circle']) {
    await relative.goto(`/rooms/${room}`);
    await expect(relative.getByRole('alert')).toContainText('There is no such room, or you are not invited');
  }
  // A room that is shut has no bar in which a language is chosen.
  await look(relative, 'relative-refused', ['desktop', 'narrow'], 'en');
}

test('a relative is called with the patient, who is let in beside them, and sees no record and no other room', async ({ li, browser }) => {
  const relative = await visitor(browser, 'wu.relative');
  await seeHome(relative);
  const id = await begin(li);
  try {
    await meet(li, id);
    await comeToTheDoor(relative, id);
    await look(relative, 'relative-at-the-door', ['desktop', 'narrow']);

    // The patient is called as well, and needs somebody inside who looks after them.
    const wu = await person(browser, 'wu.patient');
    await wu.locator(`[data-waiting="${id}"]`, { hasText: 'Waits for you in the room' }).getByRole('link').click();
    const alone = wu.locator('[data-at-door=companion]');
    await expect(alone).toContainText('You are waiting for somebody to look after you');

    // The doctor reads who is who, and lets in first who looks after the patient.
    const knocks = li.locator('[data-waiting-person="wu.relative"]');
    await expect(knocks).toContainText('Relative or carer');
    await expect(li.getByRole('combobox', { name: 'Looked after by' }).locator('option')).toHaveText([/Li Jian · Terminal doctor$/]);
    await knocks.getByRole('button', { name: /^Let in/ }).press('Enter');
    const beside = li.locator('.people > li', { hasText: 'Ma Li' });
    await expect(beside).toContainText('Relative or carer');
    await expect(beside).toContainText('observer');
    // Who is no staff has no licence to show, and wears their own clothes.
    await expect(beside.locator('[data-licence]')).toHaveCount(0);
    await expect(beside.locator('[data-figure]')).toHaveAttribute('data-figure', /^plain-/);
    await seeRoom(relative);
    await expect(alone).toBeVisible();

    const waits = li.locator('[data-waiting-person="wu.patient"]');
    const by = waits.getByRole('combobox', { name: 'Looked after by' });
    const choice = await by.locator('option', { hasText: 'Ma Li' }).getAttribute('value');
    await by.selectOption(choice ?? '');
    await look(li, 'relative-beside', ['desktop', 'phone']);
    await li.getByRole('tab', { name: /^People/ }).click();
    await waits.getByRole('button', { name: /^Let in/ }).press('Enter');
    await expect(wu.locator('.room-bar .line-state')).toContainText('Live');
    await expect(li.locator('.people > li')).toHaveCount(3);

    // When the relative leaves, for their own first page, the patient is outside again.
    await relative.locator('.room-bar').getByRole('link', { name: 'Leave' }).click();
    await expect(relative.getByRole('heading', { name: 'Coming with a patient' })).toBeVisible();
    await expect(alone).toBeVisible();

    const lines = (await (await li.request.get(COURSES)).json()) as readonly Line[];
    const foreign = lines.find(({ patient }) => patient.id !== WU)?.id ?? '';
    expect(foreign).not.toBe('');
    await meetClosedDoors(relative, id, foreign);
  } finally {
    await end(li, id);
  }
  // What is over calls nobody.
  await relative.goto('/');
  await expect(relative.getByText('Nothing waits for you')).toBeVisible();
});
