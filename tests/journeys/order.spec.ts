import type { Browser, Page } from '@playwright/test';
import { sendRequest } from './consultation.ts';
import { keepOrder, licence } from './order.ts';
import { choose, expect, look, person, test, visitor } from './people.ts';

/** Whose own account the demo has. */
const ZHAO = '37e97ea5-e2dc-4770-bb7d-93d02cfebb0c';

/** The path of a new room about one's own patient. */
async function openRoom(li: Page): Promise<string> {
  await li.goto(`/patients/${ZHAO}`);
  await li.getByRole('button', { name: 'Ask for consultation' }).click();
  await sendRequest(li, 'What is this?');
  return new URL(li.url()).pathname;
}

async function people(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /^People/ }).click();
}

/** Presses the board to the left of the table, where it is seen from in front of it. */
async function pressLeftBoard(page: Page): Promise<void> {
  const box = await page.locator('canvas.stage-canvas').boundingBox();
  if (!box) throw new Error('nothing is drawn');
  await page.mouse.click(box.x + box.width / 2 - 0.54 * box.height, box.y + box.height * 0.39);
}

test('a patient agrees to the rules, waits at the door, is let in and raises a hand', async ({ li, browser }) => {
  const path = await openRoom(li);
  // Nobody who comes before has agreed for the patient.
  const zhao = await visitor(browser, 'zhao.patient');
  await zhao.goto(path);
  await expect(zhao.getByRole('heading', { name: 'Rules of conduct' })).toBeVisible();
  await look(zhao, 'conduct', ['desktop', 'narrow']);
  await zhao.getByRole('button', { name: 'I have read the rules and agree' }).press('Enter');

  // At the door the host is named, and nothing of the room is there.
  await expect(zhao.locator('[data-at-door=waiting]')).toContainText('is the host and sees that you wait');
  await expect(zhao.locator('.room, canvas')).toHaveCount(0);
  await look(zhao, 'at-the-door', ['desktop', 'narrow']);
  await people(li);
  const waiting = li.locator('[data-waiting-person="zhao.patient"]');
  await expect(waiting).toBeVisible();
  await expect(li.locator('.people-log')).toContainText('waits at the door');
  await look(li, 'waiting', ['desktop', 'narrow']);
  await people(li);
  await waiting.getByRole('button', { name: /^Let in/ }).press('Enter');

  // The same page becomes the room; a hand that goes up is said aloud.
  await expect(zhao.locator('.room-bar .line-state')).toContainText('Live');
  await people(zhao);
  await zhao.getByRole('button', { name: 'Raise hand' }).press('Enter');
  await expect(li.locator('.people li', { hasText: 'hand up' })).toHaveCount(1);
  await expect(li.locator('.people-log')).toContainText('raises a hand');
  await expect(li.locator('[aria-live]').first()).toContainText(/raises a hand|has come in/);
  await li.getByRole('button', { name: /^Lower hand ./ }).click();
  await expect(zhao.getByRole('button', { name: 'Raise hand' })).toHaveAttribute('data-on', 'false');

  // Towards the end of the time that one stays, the page says so; the host lets them stay, with the reason.
  await zhao.evaluate((later_ms) => {
    const now = Date.now;
    Date.now = () => now() + later_ms;
  }, 115 * 60_000);
  await expect(zhao.locator('[data-stay=ends]')).toContainText(/ends in [45] minutes/);
  await look(zhao, 'stay-ends', ['desktop', 'phone']);
  const own = await li.locator('.people > li').filter({ hasText: 'Zhao' }).getByRole('button', { name: /^Keep order/ }).getAttribute('aria-label');
  await li.getByRole('button', { name: own ?? '' }).click();
  const dialog = li.getByRole('dialog');
  await dialog.getByRole('textbox', { name: /needs them here for longer/ }).fill('the result is due');
  await dialog.getByRole('button', { name: 'Let stay' }).click();
  await expect(zhao.locator('.toast').filter({ hasText: 'the result is due' })).toBeVisible();
  await zhao.locator('[data-stay]').getByRole('button', { name: 'All right' }).click();
  await expect(zhao.locator('[data-stay]')).toHaveCount(0);
  await zhao.context().close();
});

/** A room with a second person who was let in: their page, and their name as whoever keeps order reads it. */
async function letIn(li: Page, browser: Browser): Promise<[Page, string]> {
  const path = await openRoom(li);
  const wang = await person(browser, 'wang.nurse');
  await wang.goto(path);
  await people(li);
  await li.locator('[data-waiting-person="wang.nurse"]').getByRole('button', { name: /^Let in/ }).click();
  await expect(wang.locator('.room-bar .line-state')).toContainText('Live');
  const name = (await li.locator('.people li').nth(1).getByRole('button').last().getAttribute('aria-label'))?.replace('Keep order: ', '') ?? '';
  return [wang, name];
}

test('who is put out is told why, is kept out while blocked, objects, and comes in where the patient needs it', async ({ li, browser }) => {
  const [wang, name] = await letIn(li, browser);

  await keepOrder(li, name, 'Put out They', 'please rest first');
  await expect(wang.locator('[data-farewell=put-out]')).toContainText('please rest first');
  await wang.getByRole('button', { name: 'Knock again' }).click();
  await expect(wang.locator('[data-at-door=put-out]')).toContainText('please rest first');
  const waits = li.locator('[data-waiting-person="wang.nurse"]');
  await waits.getByRole('button', { name: /^Do not let in/ }).click();
  await waits.getByRole('textbox').fill('knocks all the time');
  await waits.getByRole('button', { name: 'Keep out for a time' }).click();
  await expect(wang.locator('[data-at-door=blocked]')).toContainText('knocks all the time');
  await waits.getByRole('button', { name: /^Lift/ }).click();
  await waits.getByRole('button', { name: /^Let in/ }).click();
  await expect(wang.locator('.room-bar .line-state')).toContainText('Live');

  await keepOrder(li, name, 'Put out and block', 'shouts');
  await expect(wang.locator('[data-farewell=put-out]')).toContainText('shouts');
  // Neither knocking nor loading anew brings one in.
  await wang.getByRole('button', { name: 'Knock again' }).click();
  await expect(wang.locator('[data-at-door=blocked]')).toBeVisible();
  await wang.reload();
  await expect(wang.locator('[data-at-door=blocked]')).toContainText('shouts');
  await look(wang, 'blocked', ['desktop', 'narrow']);
  const appeal = wang.locator('[data-plea=appeal]');
  await appeal.getByText('Object to this').click();
  await appeal.getByRole('textbox').fill('I called for help');
  await appeal.getByRole('button', { name: 'Send' }).click();
  await expect(wang.getByText('Your objection has been passed on.')).toBeVisible();
  const objects = li.locator('[data-appeal="wang.nurse"]');
  await expect(objects).toContainText('Objects: I called for help');
  await expect(objects).toContainText('somebody else decides');

  const urgent = wang.locator('[data-plea=come-urgently]');
  await urgent.getByText('The patient needs me: come in now').click();
  await urgent.getByRole('textbox').fill('the patient bleeds');
  await urgent.getByRole('button', { name: 'Come in' }).click();
  await expect(wang.locator('.room-bar .line-state')).toContainText('Live');
  await expect(li.locator('.people-log')).toContainText('came in because the patient needs it: the patient bleeds');
  await wang.context().close();
});

test('who is muted objects, and a manager decides about it on a page of all rooms', async ({ li, browser }) => {
  const [wang, name] = await letIn(li, browser);
  await keepOrder(li, name, 'Mute', 'talks over the patient');
  await people(wang);
  const own = wang.locator('[data-own-sanction=muted]');
  await expect(own).toContainText('talks over the patient');
  await own.getByText('Object to this').press('Enter');
  await own.getByRole('textbox').fill('I read out the result');
  await own.getByRole('button', { name: 'Send' }).press('Enter');
  await expect(own).toContainText('Nobody has decided yet');
  await look(wang, 'own-sanction', ['desktop', 'phone']);

  // Who did it reads it, and is not the one who decides.
  const objects = li.locator('[data-appeal="wang.nurse"]');
  await expect(objects).toContainText('Objects: I read out the result');
  await expect(objects.getByRole('button')).toHaveCount(0);
  await look(li, 'appeal-own', ['desktop', 'phone']);

  const sun = await person(browser, 'sun.manager');
  await sun.goto('/');
  await sun.getByRole('link', { name: /^Order in rooms/ }).click();
  const open = sun.locator('[data-sanctions=all] [data-open=true]').filter({ hasText: 'I read out the result' });
  await expect(open).toContainText('a room about a patient');
  await open.getByRole('button', { name: /^Grant/ }).press('Enter');
  await open.getByRole('button', { name: 'Grant', exact: true }).last().click();
  await expect(open).toContainText('Say why');
  await look(sun, 'sanctions', ['desktop', 'phone']);
  await open.getByRole('textbox', { name: /^Reason/ }).fill('they were asked to read it');
  await open.getByRole('button', { name: 'Grant', exact: true }).last().click();
  await expect(open).toHaveCount(0);
  await expect(sun.locator('[data-sanctions=all]')).toContainText('granted the objection: they were asked to read it');
  await expect(own).toHaveCount(0);
  await expect(wang.locator('.people-log')).toContainText('they were asked to read it');
  await wang.goto('/sanctions');
  await expect(wang.locator('[data-sanctions=own]')).toContainText('granted the objection: they were asked to read it');
  await expect(wang.locator('[data-sanctions=all]')).toHaveCount(0);
  await sun.context().close();
  await wang.context().close();
});

test('a licence withdrawn while its holder is inside ends their stay', async ({ li, chen, browser }) => {
  const path = await openRoom(li);
  await chen.goto(path);
  await expect(chen.locator('.room-bar .line-state')).toContainText('Live');
  const admin = await person(browser, 'admin');
  await licence(admin, 'chen.expert', { start: '2025-01-01', end: '2025-06-30' });
  try {
    await expect(chen.locator('[data-farewell=licence-ended]')).toContainText('licence to practise in virtual rooms', { timeout: 60_000 });
    await choose(chen, 'zh');
    await expect(chen.locator('[data-farewell]')).toContainText('执业许可');
    await people(li);
    await expect(li.locator('.people li')).toHaveCount(1);
    await choose(chen, 'en');
    // Who knocks while the reason stands is told it again.
    await chen.getByRole('button', { name: 'Knock again' }).click();
    await expect(chen.locator('[data-farewell=licence-ended]')).toContainText('licence to practise in virtual rooms', { timeout: 30_000 });
    // Of whom nothing is known is told at the door where the licence is earned, and comes in with it.
    await licence(admin, 'chen.expert', undefined);
    await chen.getByRole('button', { name: 'Knock again' }).click();
    await expect(chen.locator('[data-at-door=licence]').getByRole('link', { name: 'Sit the exam' })).toHaveAttribute('href', '/licence');
    await look(chen, 'door-licence', ['desktop', 'phone']);
  } finally {
    await licence(admin, 'chen.expert', { start: '2025-01-01' });
    await admin.context().close();
  }
  await expect(chen.locator('.room-bar .line-state')).toContainText('Live', { timeout: 60_000 });
});

test('a patient comes into a room about nobody under a code, and nobody there sees who it is', async ({ li, browser }) => {
  const path = '/rooms/patients-circle';
  await li.goto(path);
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  const zhao = await person(browser, 'zhao.patient');
  await zhao.goto(path);
  // Who came before keeps the code, and for some hours comes straight in.
  const choice = zhao.locator('[data-pseudonym-choice]');
  const room = zhao.locator('.room-bar');
  const door = zhao.locator('[data-known-as]');
  await expect(choice.or(door).or(room)).toBeVisible();
  if (await choice.isVisible()) {
    await look(zhao, 'pseudonym-choice', ['desktop', 'phone']);
    await zhao.getByRole('button', { name: 'Come in under a code' }).press('Enter');
    await expect(door.or(room)).toBeVisible();
  }
  if (await door.isVisible()) {
    const code = /as (\w{3})\./.exec(await door.innerText())?.[1] ?? '';
    const waiting = li.locator(`[data-waiting-person="pseudonym.${code.toLowerCase()}"]`);
    await expect(waiting).toContainText(code);
    await look(li, 'pseudonym-waits', ['desktop']);
    await waiting.getByRole('button', { name: /^Let in/ }).press('Enter');
  }
  await expect(room).toBeVisible();
  await expect(li.locator('.people li', { hasText: 'pseudonym' })).toHaveCount(1);
  // People meet in a place, around a table on which nothing stands; without 3D the table is seen from above.
  for (const page of [li, zhao]) await expect(page.locator('[data-gathering=place]')).toContainText('no images are shown');
  await li.locator('canvas.stage-canvas').focus();
  await li.keyboard.press('ArrowLeft');
  await li.getByRole('tab', { name: 'View' }).click();
  // A page stands there too: each opens it by their own session.
  await li.getByLabel('Address in this hospital').fill('/teaching');
  await li.locator('form').filter({ has: li.getByLabel('Address in this hospital') }).getByRole('button', { name: 'Open' }).click();
  await li.getByRole('button', { name: 'Put it into the room' }).click();
  await li.getByRole('button', { name: 'Close the page' }).click();
  await zhao.getByRole('tab', { name: 'View' }).click();
  await expect(zhao.locator('[data-page="/teaching"]')).toBeVisible();
  await look(li, 'circle-place', ['desktop', 'phone']);
  // It stands to the left of the table; a press on it opens it.
  await pressLeftBoard(zhao);
  await expect(zhao.frameLocator('.page-frame').locator('.top-bar')).toBeVisible();
  await li.getByRole('button', { name: /^Take away/ }).first().click();
  await expect(zhao.locator('[data-page]')).toHaveCount(0);
  await people(zhao);
  await li.getByRole('combobox', { name: 'Place' }).selectOption('flat');
  await expect(li.locator('.table-above > li')).toHaveCount(2);
  await expect(li.locator('.table-above > [data-own=true]')).toHaveText(/\(you\)$/);
  // Keys point from its middle, and Escape ends that.
  const table = li.getByRole('application', { name: 'The table from above' });
  await table.press('ArrowRight');
  await expect(table.locator('circle')).toHaveCount(1);
  await table.press('Escape');
  await expect(table.locator('circle')).toHaveCount(0);
  await look(li, 'circle-flat', ['desktop', 'phone']);
  await li.getByRole('combobox', { name: 'Place' }).selectOption('teaching');
  await people(li);
  // Another voice is on before anything is said, and no colour is one's own.
  await expect(zhao.getByRole('checkbox', { name: 'Change my voice' }).first()).toBeChecked();
  await expect(zhao.getByRole('radiogroup', { name: 'My colour' })).toHaveCount(0);
  const told = await li.locator('.room').innerHTML();
  expect(told).not.toContain('zhao.patient');
  await look(li, 'pseudonym-people', ['desktop', 'phone']);
  await look(zhao, 'pseudonym-inside', ['desktop', 'phone']);
  // Another figure is for this room: others see it, and the device keeps none.
  const worn = li.locator('.people li', { hasText: 'pseudonym' }).locator('[data-figure]');
  const figures = zhao.getByRole('radiogroup', { name: 'My figure' });
  const other = (await figures.locator('[value="3"]').isChecked()) ? 2 : 3;
  await figures.locator(`[value="${other}"]`).check({ force: true });
  await expect(worn).toHaveAttribute('data-figure', `plain-${other}`);
  expect(await zhao.evaluate(() => localStorage.getItem('room-figure'))).toBeNull();
  // Two people find out who it is, and nobody else.
  const code = (await zhao.locator('.people li', { hasText: 'pseudonym' }).locator('span').nth(1).innerText()).trim().slice(0, 3);
  const asks = await li.context().newPage();
  await asks.goto('/pseudonyms');
  await asks.getByRole('combobox', { name: 'Code' }).selectOption(code);
  await asks.getByRole('textbox', { name: 'Reason' }).fill('they spoke of harming themselves');
  await asks.getByRole('button', { name: 'Ask who it is' }).click();
  await expect(asks.locator('[data-opening=waiting]').first()).toContainText('Another doctor or administrator has to agree');
  const admin = await person(browser, 'admin');
  await admin.goto('/pseudonyms');
  const waits = admin.locator('[data-opening=waiting]').first();
  await waits.getByRole('textbox', { name: 'Reason' }).fill('heard it as well in the room');
  await look(admin, 'pseudonyms', ['desktop', 'phone']);
  await waits.getByRole('button', { name: 'Agree and see who it is' }).click();
  for (const page of [admin, asks]) await expect(page.locator('[data-identity="zhao.patient"]').first()).toBeVisible({ timeout: 30_000 });
  await zhao.goto('/pseudonyms');
  await expect(zhao.getByText('This is not yours to ask')).toBeVisible();
  await admin.context().close();
});
