/** Pictures as they were meant: what the viewer draws of tables, windows and overlays is what the server makes of them. */
import { Buffer } from 'node:buffer';
import type { Locator, Page } from '@playwright/test';
import { dicomFile, words } from '../../client/core/dicom/test-object.ts';
import type { Elements } from '../../client/core/dicom/test-object.ts';
import { expect, look, test } from './people.ts';

const CR = '1.2.840.10008.5.1.4.1.1.1';
const SIZE = 64;
const STORED = 4096;

type Attributes = Record<string, { Value?: unknown[] } | undefined>;

/** The patient of the demo's first CT: who may see that one may see these pictures too. */
async function patient(page: Page): Promise<{ id: string; name: string; born: string; sex: string }> {
  const answer = await page.request.get('/dicom-web/studies?ModalitiesInStudy=CT&limit=1', { headers: { accept: 'application/dicom+json' } });
  const [row] = (await answer.json()) as Attributes[];
  const text = (tag: string): string => String(row?.[tag]?.Value?.[0] ?? '');
  const name = row?.['00100010']?.Value?.[0] as { Alphabetic?: string } | undefined;
  return { id: text('00100020'), name: name?.Alphabetic ?? '', born: text('00100030'), sex: text('00100040') };
}

const table = (first: number, entries: readonly number[], bits: number): Elements => ({
  '00283002': ['US', [entries.length % 65_536, first, bits]],
  '00283003': ['LO', 'Curve'],
  '00283004': ['LO', 'US'],
  '00283006': ['OW', words(...entries)],
});
const curve = (entry: (at: number) => number): number[] => Array.from({ length: STORED }, (_, at) => Math.round(entry(at)));

/** What makes each picture special. */
const PICTURES: readonly (readonly [name: string, elements: Elements])[] = [
  ['a modality and a VOI table, and white is low', {
    '00280004': ['CS', 'MONOCHROME1'],
    '20500020': ['CS', 'INVERSE'],
    '00283000': ['SQ', [table(0, curve((at) => STORED - 1 - at), 16)]],
    '00283010': ['SQ', [table(0, curve((at) => 1023 * (at / STORED) ** 2), 10)]],
  }],
  ['a sigmoid', { '00281050': ['DS', '1500'], '00281051': ['DS', '800'], '00281056': ['CS', 'SIGMOID'] }],
  ['an exact line', { '00281050': ['DS', '900.5'], '00281051': ['DS', '333'], '00281056': ['CS', 'LINEAR_EXACT'] }],
  ['a line', { '00281050': ['DS', '2048'], '00281051': ['DS', '4096'] }],
];

/** A gradient to the right with a square of an overlay on it. */
function picture(of: Awaited<ReturnType<typeof patient>>, study: string, number: number, special: Elements): Uint8Array {
  const sop = `${study}.1.${number}`;
  const pixels = Array.from({ length: SIZE * SIZE }, (_, at) => (at % SIZE) * (STORED / SIZE));
  const overlay = new Uint8Array(32).fill(0xff);
  return dicomFile(CR, sop, {
    '00080005': ['CS', 'ISO_IR 192'],
    '00080016': ['UI', CR],
    '00080018': ['UI', sop],
    '00080020': ['DA', '20240102'],
    '00080060': ['CS', 'CR'],
    '00081030': ['LO', 'Test pattern'],
    '00100010': ['PN', of.name],
    '00100020': ['LO', of.id],
    '00100030': ['DA', of.born],
    '00100040': ['CS', of.sex],
    '00180060': ['DS', '80'],
    '0020000D': ['UI', study],
    '0020000E': ['UI', `${study}.1`],
    '00200011': ['IS', '1'],
    '00200013': ['IS', String(number)],
    '00280002': ['US', 1],
    '00280004': ['CS', 'MONOCHROME2'],
    '00280010': ['US', SIZE],
    '00280011': ['US', SIZE],
    '00280100': ['US', 16],
    '00280101': ['US', 12],
    '00280102': ['US', 11],
    '00280103': ['US', 0],
    '60020010': ['US', 16],
    '60020011': ['US', 16],
    '60020040': ['CS', 'G'],
    '60020050': ['SS', [5, 9]],
    '60020100': ['US', 1],
    '60020102': ['US', 0],
    '60023000': ['OW', overlay],
    '7FE00010': ['OW', words(...pixels)],
    ...special,
  });
}

const GSPS = '1.2.840.10008.5.1.4.1.1.11.1';

/** A state that turns the last picture, mirrors it, shows a disc of it in another window, and draws a line on it. */
function turnedState(of: Awaited<ReturnType<typeof patient>>, study: string): Uint8Array {
  const image: Elements = { '00081150': ['UI', CR], '00081155': ['UI', `${study}.1.4`] };
  const sop = `${study}.2.1`;
  return dicomFile(GSPS, sop, {
    '00080005': ['CS', 'ISO_IR 192'],
    '00080016': ['UI', GSPS],
    '00080018': ['UI', sop],
    '00080020': ['DA', '20240102'],
    '00080060': ['CS', 'PR'],
    '00081115': ['SQ', [{ '0020000E': ['UI', `${study}.1`], '00081140': ['SQ', [image]] }]],
    '00100010': ['PN', of.name],
    '00100020': ['LO', of.id],
    '00100030': ['DA', of.born],
    '00100040': ['CS', of.sex],
    '00181600': ['CS', 'CIRCULAR'],
    '00181610': ['IS', '32\\32'],
    '00181612': ['IS', '28'],
    '00181622': ['US', 0],
    '0020000D': ['UI', study],
    '0020000E': ['UI', `${study}.2`],
    '00200011': ['IS', '2'],
    '00200013': ['IS', '1'],
    '00283110': ['SQ', [{ '00281050': ['DS', '1024'], '00281051': ['DS', '2048'] }]],
    '00700001': ['SQ', [{
      '00700002': ['CS', 'LINES'],
      '00081140': ['SQ', [image]],
      '00700009': ['SQ', [{
        '00700005': ['CS', 'PIXEL'],
        '00700020': ['US', 2],
        '00700021': ['US', 2],
        '00700022': ['FL', [40.5, 20.5, 40.5, 44.5]],
        '00700023': ['CS', 'POLYLINE'],
        '00700024': ['CS', 'N'],
      }]],
    }]],
    '00700041': ['CS', 'Y'],
    '00700042': ['US', 90],
    '0070005A': ['SQ', [{ '00700052': ['SL', [1, 1]], '00700053': ['SL', [SIZE, SIZE]], '00700100': ['CS', 'SCALE TO FIT'], '00700102': ['IS', '1\\1'] }]],
    '00700060': ['SQ', [{ '00700002': ['CS', 'LINES'], '00700062': ['IS', '1'] }]],
    '00700080': ['CS', 'TURNED'],
    '00700081': ['LO', 'Turned and mirrored'],
    '00700082': ['DA', '20240103'],
    '00700083': ['TM', '101500'],
    '00700084': ['PN', 'Reader^Rita'],
    '20500020': ['CS', 'IDENTITY'],
  });
}

async function store(page: Page, files: readonly Uint8Array[]): Promise<void> {
  const parts = files.flatMap((file) => [Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), Buffer.from(file), Buffer.from('\r\n')]);
  const answer = await page.request.post('/dicom-web/studies', {
    headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b', accept: 'application/dicom+json', 'x-yuanyi-client': '1' },
    data: Buffer.concat([...parts, Buffer.from('--b--\r\n')]),
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** The greys of a row of the picture, as the viewer has drawn it. */
function drawn(pane: Locator, row: number): Promise<number[]> {
  return pane.locator('canvas').evaluate(
    async (canvas: HTMLCanvasElement, [size, at]) => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const scale = Math.min(canvas.width, canvas.height) / size;
      const [left, top] = [(canvas.width - size * scale) / 2, (canvas.height - size * scale) / 2];
      const context = canvas.getContext('2d');
      return Array.from({ length: size }, (_, x) => context?.getImageData(Math.floor(left + (x + 0.5) * scale), Math.floor(top + (at + 0.5) * scale), 1, 1).data[0] ?? -1);
    },
    [SIZE, row] as const,
  );
}

/** Red, green and blue of a pixel as the viewer has drawn it, by its place on the turned picture. */
function colourAt(pane: Locator, x: number, y: number): Promise<readonly number[]> {
  return pane.locator('canvas').evaluate(
    async (canvas: HTMLCanvasElement, [size, px, py]) => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const scale = Math.min(canvas.width, canvas.height) / size;
      const [left, top] = [(canvas.width - size * scale) / 2, (canvas.height - size * scale) / 2];
      return [...(canvas.getContext('2d')?.getImageData(Math.floor(left + (px + 0.5) * scale), Math.floor(top + (py + 0.5) * scale), 1, 1).data ?? [])].slice(0, 3);
    },
    [SIZE, x, y] as const,
  );
}

/** The same row of the server's own picture. */
function rendered(page: Page, path: string, row: number): Promise<number[]> {
  return page.evaluate(
    async ([address, size, at]) => {
      const answer = await fetch(address, { headers: { accept: 'image/png' } });
      const bitmap = await createImageBitmap(await answer.blob());
      const canvas = new OffscreenCanvas(size, size);
      const context = canvas.getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      return Array.from({ length: size }, (_, x) => context?.getImageData(x, at, 1, 1).data[0] ?? -1);
    },
    [path, SIZE, row] as const,
  );
}

test('tables, windows and overlays are drawn as the server draws them', async ({ li }) => {
  const study = `2.25.${Date.now()}${Math.floor(Math.random() * 1e6)}`;
  const of = await patient(li);
  await store(li, PICTURES.map(([, special], at) => picture(of, study, at + 1, special)));
  await li.goto(`/imaging/${study}`);
  const pane = li.locator('.viewer-pane').first();
  await expect(pane).toHaveAttribute('data-loading', 'false');
  await pane.locator('canvas').focus();
  await li.keyboard.press('Home');
  for (const [at, [name]] of PICTURES.entries()) {
    await test.step(name, async () => {
      await expect(pane.locator('.label-place')).toContainText(`${at + 1} / ${PICTURES.length}`);
      await expect(pane).toHaveAttribute('data-loading', 'false');
      const expected = await rendered(li, `/dicom-web/studies/${study}/series/${study}.1/instances/${study}.1.${at + 1}/rendered`, 40);
      // A gradient, and not a flat picture that anything would fit.
      expect(new Set(expected).size).toBeGreaterThan(4);
      const seen = await drawn(pane, 40);
      expect(Math.max(...seen.map((grey, x) => Math.abs(grey - (expected[x] ?? -99)))), `${seen}\n${expected}`).toBeLessThanOrEqual(1);
      await li.keyboard.press('ArrowDown');
    });
  }

  // The overlay lies at row 5 and column 9, counted from 1, and can be hidden.
  const [inside, outside] = [12, 30];
  await expect.poll(async () => (await drawn(pane, 6))[inside]).toBe(255);
  const below = (await drawn(pane, 40))[inside];
  await li.keyboard.press('d');
  await expect.poll(async () => (await drawn(pane, 6))[inside]).toBe(below);
  expect((await drawn(pane, 6))[outside]).toBe((await drawn(pane, 40))[outside]);
  await li.keyboard.press('d');
  await expect(pane.locator('.label-figure').filter({ hasText: '80 kV' })).toBeVisible();
  await li.getByRole('tab', { name: 'Window' }).click();
  await look(li, 'viewer-overlay', ['desktop', 'narrow']);
});

test('a presentation state of another system turns, mirrors, windows, covers and marks a picture', async ({ li }) => {
  const study = `2.25.${Date.now()}${Math.floor(Math.random() * 1e6)}`;
  const of = await patient(li);
  await store(li, [...PICTURES.map(([, special], at) => picture(of, study, at + 1, special)), turnedState(of, study)]);
  await li.goto(`/imaging/${study}`);
  const pane = li.locator('.viewer-pane').first();
  await expect(pane).toHaveAttribute('data-loading', 'false');
  const menu = li.getByLabel('Shown as');
  // What others made is offered, and not applied unasked.
  await expect(menu.locator('option:checked')).toHaveText('As stored');
  await menu.selectOption({ index: 1 });
  await expect(menu.locator('option:checked')).toContainText('Turned and mirrored');
  // The picture that the state is about comes to sight, in its window.
  await expect(pane.locator('.label-place')).toContainText('4 / 4');
  await expect(pane.locator('.label-window')).toHaveText('C 1024 W 2048');
  await expect(pane).toHaveAttribute('data-loading', 'false');

  // What grew to the right now grows downward: stored column 20 is row 20, with (1280 − 1023.5) / 2047 + 0.5 of white.
  await expect.poll(async () => (await colourAt(pane, 32, 20))[0]).toBe(Math.round(((20 * 64 - 1023.5) / 2047 + 0.5) * 255));
  expect(await colourAt(pane, 45, 20)).toEqual(await colourAt(pane, 32, 20));
  // The overlay of stored rows 4 to 19 and columns 8 to 23 lies on the left: turned alone it would lie on the right.
  expect(await colourAt(pane, 17, 20)).toEqual([255, 209, 102]);
  expect((await colourAt(pane, 46, 20))[2]).not.toBe(102);
  // Outside of the disc nothing is seen, though the gradient is white there.
  expect(await colourAt(pane, 62, 62)).toEqual([0, 0, 0]);
  expect((await colourAt(pane, 32, 50))[0]).toBe(255);
  // The line from (40, 20) to (40, 44) of the stored picture: row 40, between columns 20 and 44.
  const line = async (y: number): Promise<boolean> => {
    const found = await Promise.all([-0.3, -0.15, 0, 0.15, 0.3].map((step) => colourAt(pane, 30, y + step)));
    return found.some(([red = 0, , blue = 255]) => red - blue > 100);
  };
  expect([await line(40), await line(43)]).toEqual([true, false]);
  await look(li, 'viewer-turned', ['desktop', 'narrow']);

  await menu.selectOption('');
  await expect.poll(async () => await colourAt(pane, 62, 62)).not.toEqual([0, 0, 0]);
});
