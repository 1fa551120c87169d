import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { SCREENS, expect, look, person, test, visitor } from './people.ts';

type Attributes = Record<string, { Value?: unknown[] } | undefined>;
const first = (row: Attributes, tag: string): unknown => row[tag]?.Value?.[0];
const text = (row: Attributes, tag: string): string => String(first(row, tag) ?? '');

interface Slices {
  readonly study: string;
  readonly series: string;
  readonly name: string;
  readonly description: string;
  /** Millimetres between columns and rows. */
  readonly spacing_mm: readonly [number, number];
  readonly columns: number;
  readonly rows: number;
  readonly sops: readonly string[];
}

async function rows(page: Page, path: string): Promise<Attributes[]> {
  const answer = await page.request.get(`/dicom-web/${path}`, { headers: { accept: 'application/dicom+json' } });
  expect(answer.ok(), path).toBe(true);
  return answer.status() === 204 ? [] : ((await answer.json()) as Attributes[]);
}

/** More slices than any journey adds in one series. */
const LEAST_SLICES = 13;

/** The chest CT of the demo: the series with fewest slices, so that two cores bear it. */
async function chestCt(page: Page): Promise<Slices> {
  const all = await rows(page, 'series?Modality=CT&limit=50');
  const [series] = all.filter((one) => Number(first(one, '00201209')) >= LEAST_SLICES).sort((a, b) => Number(first(a, '00201209')) - Number(first(b, '00201209')));
  if (!series) throw new Error('the demo has no CT');
  const [study, uid] = [text(series, '0020000D'), text(series, '0020000E')];
  const objects = await rows(page, `studies/${study}/series/${uid}/instances?limit=1000`);
  const [object] = await rows(page, `studies/${study}/series/${uid}/instances/${text(objects[0] ?? {}, '00080018')}/metadata`);
  if (!object) throw new Error('the CT has no slices');
  const [y, x] = (object['00280030']?.Value ?? []).map(Number);
  return {
    study,
    series: uid,
    name: text({ name: { Value: [(first(object, '00100010') as { Alphabetic?: string } | undefined)?.Alphabetic] } }, 'name'),
    description: text(object, '00081030'),
    spacing_mm: [x ?? Number.NaN, y ?? Number.NaN],
    columns: Number(first(object, '00280011')),
    rows: Number(first(object, '00280010')),
    sops: objects.map((one) => text(one, '00080018')),
  };
}

/** The same text with another ending: identifiers of the same length that nobody has. */
const renamed = (uid: string, mark: string): string => uid.slice(0, uid.length - mark.length) + mark;

/** Slices of the demo as files of a new study of the same patient. */
async function copies(page: Page, ct: Slices, count: number, mark: string): Promise<{ study: string; files: { name: string; bytes: Buffer }[] }> {
  const study = renamed(ct.study, `${mark}1`);
  const files: { name: string; bytes: Buffer }[] = [];
  for (const [at, sop] of ct.sops.slice(0, count).entries()) {
    const address = `/dicom-web/studies/${ct.study}/series/${ct.series}/instances/${sop}`;
    const answer = await page.request.get(address, { headers: { accept: 'application/dicom; transfer-syntax=*' } });
    expect(answer.ok()).toBe(true);
    let bytes = (await answer.body()).toString('latin1');
    const number = String(at).padStart(2, '0');
    for (const [from, to] of [[sop, renamed(sop, `${mark}${number}`)], [ct.series, renamed(ct.series, `${mark}2`)], [ct.study, study]] as const) {
      bytes = bytes.replaceAll(from, to);
    }
    files.push({ name: `IM${number}`, bytes: Buffer.from(bytes, 'latin1') });
  }
  return { study, files };
}

/** Digits that make a run's identifiers its own. */
const freshMark = (): string => String(Date.now() % 1_000_000).padStart(6, '0');

async function openImaging(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Imaging' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Imaging' })).toBeVisible();
  await page.locator('.study-open').first().waitFor();
}

/** Opens a study and waits until its picture is there. */
async function openViewer(page: Page, address: string): Promise<Locator> {
  await page.goto(address);
  const pane = page.locator('.viewer-pane').first();
  await pictureIsThere(pane);
  return pane;
}

async function pictureIsThere(pane: Locator): Promise<void> {
  await expect(pane).toHaveAttribute('data-loading', 'false');
  await expect.poll(() => brightness(pane)).toBeGreaterThan(2);
}

/** The mean grey of a pane, 0…255. */
function brightness(pane: Locator): Promise<number> {
  return pane.locator('canvas').evaluate(async (canvas: HTMLCanvasElement) => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray(4);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += data[at] ?? 0;
    return (sum * 4) / data.length;
  });
}

/** How many pixels of a pane have the colour of marks. */
function amber(pane: Locator): Promise<number> {
  return pane.locator('canvas').evaluate(async (canvas: HTMLCanvasElement) => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray(4);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if ((data[at] ?? 0) > 220 && (data[at + 1] ?? 0) > 180 && (data[at + 2] ?? 255) < 140) count += 1;
    return count;
  });
}

test('a study is found as one types, by keyboard, its series are shown, and its link is passed on', async ({ li, chen }) => {
  const ct = await chestCt(li);
  await openImaging(li);
  const all = await li.locator('.study-open').count();
  await li.locator('h1').click();
  await li.keyboard.press('/');
  const box = li.getByRole('searchbox');
  await expect(box).toBeFocused();
  await expect(li.locator(`[data-study="${ct.study}"]`)).toContainText(ct.description);
  const part = ct.name.split('^')[0]?.slice(0, 4).toLowerCase() ?? '';
  await box.fill(part);
  await expect(li).toHaveURL(/\/imaging$/);
  await expect(li.getByRole('status').filter({ hasText: /^\d+ stud/ })).toBeVisible();
  await expect(li.locator(`[data-study="${ct.study}"]`)).toBeVisible();
  expect(await li.locator('.study-open').count()).toBeLessThanOrEqual(all);

  await box.fill('no such patient');
  await expect(li.getByText('No study matches')).toBeVisible();
  await look(li, 'imaging-none', ['narrow']);
  await li.getByRole('button', { name: 'Clear search' }).click();
  await li.getByLabel('Modality').selectOption('CT');
  await expect(li).toHaveURL(/\?modality=CT$/);
  // What was typed survives a reload without ever standing in the address.
  await box.fill(part);
  await li.reload();
  await expect(box).toHaveValue(part);
  await expect(li.getByLabel('Modality')).toHaveValue('CT');

  const study = li.locator(`[data-study="${ct.study}"]`);
  await expect(study).toBeVisible();
  await box.press('ArrowDown');
  await expect(li.locator('.study-open').first()).toBeFocused();
  await study.locator('.study-open').focus();
  await li.keyboard.press('ArrowRight');
  await expect(study.locator('.series-card img').first()).toBeVisible();
  await expect(study.getByText('Kept, not displayable').first()).toBeVisible();
  await look(li, 'imaging');

  // All of one patient's studies, and no others.
  await li.getByRole('button', { name: 'Clear search' }).click();
  await study.getByRole('button', { name: 'This patient only' }).click();
  await expect(li.locator('.study-patient')).toBeVisible();
  const ids = li.locator('.study-id');
  await expect.poll(async () => new Set(await ids.allTextContents()).size).toBe(1);
  await expect(study).toBeVisible();
  await li.getByRole('button', { name: 'All patients' }).click();
  await expect.poll(() => li.locator('.study-open').count()).toBe(all);

  // A link is passed on beside the names of those for whom it works.
  await study.getByRole('button', { name: 'Share' }).click();
  const share = li.getByRole('dialog');
  await expect(share.locator('[data-viewer="li.terminal"]')).toContainText('Treats the patient');
  await expect(share.getByLabel('Link')).toHaveValue(new RegExp(`/imaging/${ct.study.replaceAll('.', '\\.')}$`));
  await look(li, 'imaging-share', ['desktop', 'narrow'], 'en');
  // Who is not among them finds the link shut.
  await chen.goto(await share.getByLabel('Link').inputValue());
  await expect(chen.getByRole('alert')).toContainText('There is no such study, or you may not see it');
  await li.keyboard.press('Escape');
  await study.locator('.study-open').press('Enter');
  await expect(li).toHaveURL(new RegExp(`/imaging/${ct.study.replaceAll('.', '\\.')}$`));
});

test('a CT is windowed, measured and cut in three planes', async ({ browser, li }) => {
  const ct = await chestCt(li);
  const pane = await openViewer(li, `/imaging/${ct.study}?series=${ct.series}`);
  const canvas = pane.locator('canvas');
  await expect(pane.locator('.label-place')).toContainText(`/ ${ct.sops.length}`);

  // Windows change what is seen.
  await canvas.focus();
  await li.keyboard.press('1');
  await expect(pane.locator('.label-window')).toHaveText('C -600 W 1500');
  const lung = await brightness(pane);
  await li.keyboard.press('3');
  await expect(pane.locator('.label-window')).toHaveText('C 500 W 2000');
  expect(await brightness(pane)).toBeLessThan(lung / 2);
  await li.keyboard.press('2');

  // Scrolling by keys and wheel.
  const place = async (): Promise<number> => Number(/(\d+) \//.exec((await pane.locator('.label-place').textContent()) ?? '')?.[1]);
  const middle = await place();
  await li.keyboard.press('ArrowDown');
  await expect.poll(place).toBe(middle + 1);
  await canvas.hover();
  await li.mouse.wheel(0, -120);
  await expect.poll(place).toBe(middle);
  await pictureIsThere(pane);

  // A hundred columns by keys: their number times their spacing.
  await li.keyboard.press('l');
  await li.keyboard.press('Enter');
  for (let step = 0; step < 10; step++) await li.keyboard.press('Shift+ArrowRight');
  await li.keyboard.press('Enter');
  await li.getByRole('tab', { name: 'Measures' }).click();
  const marks = li.locator('.marks [data-mark]');
  await expect(marks.first()).toContainText(`${(100 * ct.spacing_mm[0]).toFixed(1)} mm`);

  // The same by mouse: what is drawn is as long as the picture's scale says.
  const box = (await canvas.boundingBox()) ?? { x: 0, y: 0, width: 1, height: 1 };
  const perMm = Math.min(box.width / (ct.columns * ct.spacing_mm[0]), box.height / (ct.rows * ct.spacing_mm[1]));
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await li.mouse.move(x - 60, y + 40);
  await li.mouse.down();
  await li.mouse.move(x + 60, y + 40, { steps: 4 });
  await li.mouse.up();
  await expect(marks).toHaveCount(2);
  const drawn = Number(/([\d.]+) mm/.exec((await marks.nth(1).textContent()) ?? '')?.[1]);
  expect(Math.abs(drawn - 120 / perMm)).toBeLessThan(1);

  // A region tells HU; undo takes it back.
  await canvas.focus();
  await li.keyboard.press('e');
  await li.mouse.move(x - 30, y - 30);
  await li.mouse.down();
  await li.mouse.move(x + 30, y + 10, { steps: 3 });
  await li.mouse.up();
  await expect(marks.nth(2)).toContainText(/mean -?\d+(\.\d)? HU · SD/);
  await look(li, 'viewer', ['desktop', 'phone', 'narrow']);
  await canvas.focus();
  await li.keyboard.press('Control+z');
  await expect(marks).toHaveCount(2);

  // Marks and key images are kept with the study: as a report, a presentation state and a key object selection.
  await li.keyboard.press('k');
  await expect(pane.locator('.label-key')).toBeVisible();
  const saving = li.locator('.saving');
  await expect(saving).toHaveAttribute('data-saving', 'unsaved');
  await saving.getByRole('button', { name: 'Keep with the study' }).click();
  await expect(saving).toHaveAttribute('data-saving', 'saved');
  for (const modality of ['SR', 'PR', 'KO']) {
    expect((await rows(li, `studies/${ct.study}/series?Modality=${modality}`)).length, modality).toBeGreaterThan(0);
  }

  // What was drawn is there after a reload, and known to be kept; a change is told apart.
  await li.reload();
  await pictureIsThere(pane);
  await li.getByRole('tab', { name: 'Measures' }).click();
  await expect(marks).toHaveCount(2);
  await expect(marks.nth(0)).toHaveAttribute('data-saved', 'true');
  await expect(marks.first()).toContainText(`${(100 * ct.spacing_mm[0]).toFixed(1)} mm`);
  await expect(pane.locator('.label-key')).toBeVisible();
  await marks.nth(1).getByRole('button', { name: /^Remove/ }).click();
  await expect(saving).toHaveAttribute('data-saving', 'unsaved');
  await canvas.focus();
  await li.keyboard.press('Control+z');
  await expect(saving).toHaveAttribute('data-saving', 'saved');

  // Somebody else, or another day, sees the marks by the presentation state, and the pictures as they are without it.
  const later = await person(browser, 'wang.nurse');
  const seen = await openViewer(later, `/imaging/${ct.study}?series=${ct.series}`);
  const menu = later.getByLabel('Shown as');
  await expect(menu.locator('option:checked')).not.toHaveText('As stored');
  await expect.poll(() => amber(seen)).toBeGreaterThan(100);
  await look(later, 'viewer-state', ['desktop', 'narrow']);
  await menu.selectOption('');
  await expect.poll(() => amber(seen)).toBeLessThan(20);
  await later.context().close();

  // Identity can be hidden.
  await canvas.focus();
  await expect(pane.locator('.label-name')).toBeVisible();
  await li.keyboard.press('n');
  await expect(pane.locator('.label-name')).toHaveCount(0);
  await li.keyboard.press('n');

  // Keys are explained.
  await canvas.focus();
  await li.keyboard.press('?');
  await expect(li.getByRole('dialog')).toContainText('Keys of the viewer');
  await look(li, 'viewer-keys', ['desktop', 'narrow'], 'en');
  await li.keyboard.press('Escape');

  // Three planes of the volume, linked at one point.
  await canvas.focus();
  await li.keyboard.press('m');
  const panes = li.locator('.viewer-pane');
  await expect(panes).toHaveCount(3);
  await expect(panes.nth(1).locator('.viewer-labels')).toContainText('Coronal');
  for (const at of [0, 1, 2]) await pictureIsThere(panes.nth(at));
  const coronal = panes.nth(1).locator('.label-place');
  const before = await coronal.textContent();
  const axial = (await panes.nth(0).locator('canvas').boundingBox()) ?? box;
  await li.mouse.click(axial.x + axial.width / 2, axial.y + axial.height / 2 + 40);
  await expect(coronal).not.toHaveText(before ?? '');
  await look(li, 'viewer-mpr', ['desktop', 'narrow']);
  await panes.nth(0).locator('canvas').focus();
  await li.keyboard.press('m');
  await expect(panes).toHaveCount(1);
});

test('a folder with one broken file is sent, and exactly that one is refused', async ({ li }) => {
  const ct = await chestCt(li);
  const { study, files } = await copies(li, ct, 6, freshMark());
  const folder = join(mkdtempSync(join(tmpdir(), 'yuanyi-')), 'disc');
  mkdirSync(join(folder, 'PAT1'), { recursive: true });
  for (const [at, { name, bytes }] of files.entries()) {
    // The third breaks off in the middle of its pixels.
    writeFileSync(join(folder, 'PAT1', name), at === 2 ? bytes.subarray(0, Math.floor(bytes.length * 0.6)) : bytes);
  }
  await openImaging(li);
  await li.locator('input[data-choose=folder]').setInputFiles(folder);
  const upload = li.locator('.upload');
  await expect(upload.locator('.progress')).toContainText('Done');
  await expect(upload.locator('.upload-counts')).toHaveText('5 objects stored · 1 refused');
  const refused = upload.locator('tbody tr');
  await expect(refused).toHaveCount(1);
  await expect(refused).toContainText('disc/PAT1/IM02');
  await expect(refused).toContainText('damaged or incomplete');
  await look(li, 'imaging-upload', ['desktop', 'narrow']);

  const list = li.waitForEvent('download');
  await upload.getByRole('button', { name: 'List as text' }).click();
  expect((await list).suggestedFilename()).toBe('refused.txt');
  expect(await rows(li, `studies/${study}/instances`)).toHaveLength(5);

  // Chosen again, with the broken one mended and all in a ZIP: only that one is sent.
  await upload.getByRole('button', { name: 'Add more' }).click();
  const archive = zipSync(Object.fromEntries(files.map(({ name, bytes }) => [`disc/${name}`, new Uint8Array(bytes)])));
  await li.locator('input[data-choose=files]').setInputFiles({ name: 'disc.zip', mimeType: 'application/zip', buffer: Buffer.from(archive) });
  await expect(upload.locator('.upload-counts')).toHaveText('1 object stored · 5 kept already');
  expect(await rows(li, `studies/${study}/instances`)).toHaveLength(6);

  // The new study stands beside the first, in step by position.
  await upload.getByRole('link', { name: 'Show the study' }).click();
  const panes = li.locator('.viewer-pane');
  await pictureIsThere(panes.first());
  const compare = li.locator('.viewer-compare select');
  await compare.selectOption(ct.study);
  await expect(panes).toHaveCount(2);
  await pictureIsThere(panes.nth(1));
  await expect(li.getByRole('button', { name: 'In step' })).toHaveAttribute('aria-pressed', 'true');
  await panes.first().locator('canvas').focus();
  await li.keyboard.press('Home');
  await expect(panes.first().locator('.label-place')).toContainText('1 / 6');
  const beside = await panes.nth(1).locator('.label-place').textContent();
  await li.keyboard.press('ArrowDown');
  await expect(panes.nth(1).locator('.label-place')).not.toHaveText(beside ?? '');
  await look(li, 'viewer-compare', ['desktop', 'narrow']);

  // A series comes home as a ZIP.
  const download = li.waitForEvent('download');
  await li.getByRole('button', { name: 'Download study' }).click();
  expect((await download).suggestedFilename()).toBe(`${study}.zip`);
});

test('an upload is held, and goes on where it was', async ({ li }) => {
  const ct = await chestCt(li);
  // More than one batch.
  const { study, files } = await copies(li, ct, 12, freshMark());
  const folder = join(mkdtempSync(join(tmpdir(), 'yuanyi-')), 'scan');
  mkdirSync(folder);
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let sent = 0;
  await li.route('**/dicom-web/studies', async (route) => {
    sent += 1;
    if (sent === 1) await held;
    await route.continue();
  });
  await openImaging(li);
  await li.locator('input[data-choose=folder]').setInputFiles(folder);
  const upload = li.locator('.upload');
  // Held while its first batch is on its way.
  await expect.poll(() => sent).toBe(1);
  await upload.getByRole('button', { name: 'Pause' }).click();
  await expect(upload.locator('.progress')).toContainText('Paused');
  release();
  // What was on its way is stored; nothing more is sent.
  await expect(upload.locator('.upload-counts')).toHaveText(/^[1-9]\d* objects stored$/);
  await look(li, 'imaging-paused', ['desktop', 'narrow']);
  expect(sent).toBe(1);
  expect((await rows(li, `studies/${study}/instances`)).length).toBeLessThan(12);
  await upload.getByRole('button', { name: 'Go on' }).click();
  await expect(upload.locator('.upload-counts')).toHaveText('12 objects stored');
  expect(await rows(li, `studies/${study}/instances`)).toHaveLength(12);
});

test('a picture that cannot be had is said so, and comes when it is asked for again', async ({ li }) => {
  const ct = await chestCt(li);
  await li.route(/\/frames\/1$/, (route) => route.fulfill({ status: 503 }));
  await li.goto(`/imaging/${ct.study}?series=${ct.series}`);
  const pane = li.locator('.viewer-pane').first();
  await expect(pane.locator('.viewer-state')).toContainText('This picture could not be loaded.');
  await look(li, 'viewer-failed', ['desktop', 'narrow']);
  await li.unroute(/\/frames\/1$/);
  await pane.getByRole('button', { name: 'Try again' }).click();
  await pictureIsThere(pane);
  await expect(pane.locator('.viewer-state')).not.toContainText('could not be loaded');
});

test('fingers move, pinch and scroll on a phone', async ({ browser, li }) => {
  const ct = await chestCt(li);
  const phone = await person(browser, 'li.terminal', { viewport: SCREENS.narrow, hasTouch: true, isMobile: true });
  const pane = await openViewer(phone, `/imaging/${ct.study}?series=${ct.series}`);
  const labels = pane.locator('.viewer-labels');
  await expect(labels).toContainText('Zoom 100 %');
  /** Two fingers from one pair of places to another, relative to the middle of the pane. */
  const fingers = (from: readonly [number, number][], to: readonly [number, number][]): Promise<void> =>
    pane.locator('canvas').evaluate(
      (canvas, [start, end]) => {
        const box = canvas.getBoundingClientRect();
        const send = (type: string, id: number, [x, y]: readonly [number, number]): void => {
          const at = { clientX: box.left + box.width / 2 + x, clientY: box.top + box.height / 2 + y };
          canvas.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: 'touch', isPrimary: id === 11, bubbles: true, ...at }));
        };
        start.forEach((place, id) => send('pointerdown', 11 + id, place));
        for (let step = 1; step <= 10; step++) {
          end.forEach(([x, y], id) => {
            const [fx, fy] = start[id] ?? [0, 0];
            send('pointermove', 11 + id, [fx + ((x - fx) * step) / 10, fy + ((y - fy) * step) / 10]);
          });
        }
        end.forEach((place, id) => send('pointerup', 11 + id, place));
      },
      [from, to] as const,
    );
  await fingers([[-40, 0], [40, 0]], [[-80, 0], [80, 0]]);
  await expect(labels).toContainText(/Zoom (19|20)\d %/);
  const before = await pane.locator('.label-place').textContent();
  await fingers([[-40, -40], [40, -40]], [[-40, 60], [40, 60]]);
  await expect(pane.locator('.label-place')).not.toHaveText(before ?? '');
  await phone.context().close();
});

test('who may not see or add images is told so', async ({ browser }) => {
  const manager = await person(browser, 'sun.manager');
  await manager.getByRole('link', { name: 'Imaging' }).click();
  await expect(manager.getByText('Your role sees no patients’ images.')).toBeVisible();
  await manager.context().close();

  const patient = await visitor(browser, 'zhao.patient');
  await openImaging(patient);
  await expect(patient.getByText('You may not add images')).toBeVisible();
  await expect(patient.getByRole('button', { name: 'Choose a folder' })).toHaveCount(0);
  await patient.locator('.study-toggle').first().click();
  await expect(patient.getByRole('button', { name: 'Share' })).toBeDisabled();
  // A link carries no right: another patient's study stays closed.
  await patient.goto('/imaging/1.2.3.4');
  await expect(patient.getByRole('alert')).toContainText('There is no such study, or you may not see it');
  await patient.context().close();
});
