/** A chest made for tests: soft tissue, two lungs, and a ball in the left one; as DICOM files of one study. */
import { Buffer } from 'node:buffer';
import type { Page } from '@playwright/test';
import { dicomFile } from '../../client/core/dicom/test-object.ts';
import { expect } from './people.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const [COLUMNS, ROWS, SLICES] = [160, 128, 64] as const;
const [ACROSS_mm, ALONG_mm] = [1.6, 1.25] as const;
const [LEFT, BACK, FOOT] = [-128, -90, -100] as const;
/** The middle of the ball, LPS, mm. */
export const BALL = { x: 45, y: 10, z: -60 } as const;
export const PHANTOM = { columns: COLUMNS, rows: ROWS, slice: Math.round((BALL.z - FOOT) / ALONG_mm), x: (BALL.x - LEFT) / ACROSS_mm, y: (BALL.y - BACK) / ACROSS_mm } as const;

/** A whole number from 0 to 2^32, the same for the same place: noise that every run repeats. */
function scattered(at: number): number {
  let value = Math.imul(at ^ 0x9e3779b9, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function huAt(x: number, y: number, z: number, radius_mm: number): number {
  if ((x / 115) ** 2 + (y / 85) ** 2 >= 1) return -1000;
  const isLung = [-50, 50].some((side) => ((x - side) / 38) ** 2 + (y / 58) ** 2 + ((z + 60) / 36) ** 2 < 1);
  if (!isLung) return 40;
  // The edge of the ball takes one voxel, as a scanner blurs it.
  const share = Math.min(1, Math.max(0, (radius_mm - Math.hypot(x - BALL.x, y - BALL.y, z - BALL.z)) / ACROSS_mm + 0.5));
  return -850 + share * 880;
}

export interface Phantom {
  readonly study: string;
  readonly series: string;
  readonly day: string;
  readonly radius_mm: number;
}

/** The patient of the demo's chest CT: who may see that one may see these pictures too. */
async function patientOf(page: Page): Promise<{ id: string; name: string; born: string; sex: string }> {
  const answer = await page.request.get('/dicom-web/studies?ModalitiesInStudy=CT&limit=1', { headers: { accept: 'application/dicom+json' } });
  const [row] = (await answer.json()) as Record<string, { Value?: unknown[] } | undefined>[];
  const text = (tag: string): string => String(row?.[tag]?.Value?.[0] ?? '');
  const name = row?.['00100010']?.Value?.[0] as { Alphabetic?: string } | undefined;
  return { id: text('00100020'), name: name?.Alphabetic ?? '', born: text('00100030'), sex: text('00100040') };
}

/** Stores a phantom as a study of a patient whom the page's person may see. */
export async function storePhantom(page: Page, { study, series, day, radius_mm }: Phantom): Promise<void> {
  const person = await patientOf(page);
  const files = Array.from({ length: SLICES }, (_, slice) => {
    const pixels = new Uint16Array(COLUMNS * ROWS);
    const z = FOOT + slice * ALONG_mm;
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const at = row * COLUMNS + column;
        const noise = (scattered(slice * 100_000 + at) / 2 ** 32 - 0.5) * 40;
        pixels[at] = Math.max(0, Math.round(huAt(LEFT + column * ACROSS_mm, BACK + row * ACROSS_mm, z, radius_mm) + noise + 1024));
      }
    }
    const sop = `${series}.${slice + 1}`;
    return dicomFile(CT, sop, {
      '00080005': ['CS', 'ISO_IR 192'],
      '00080008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
      '00080016': ['UI', CT],
      '00080018': ['UI', sop],
      '00080020': ['DA', day],
      '00080030': ['TM', '080000'],
      '00080050': ['SH', ''],
      '00080060': ['CS', 'CT'],
      '00080070': ['LO', 'Test'],
      '00080090': ['PN', ''],
      '00081030': ['LO', 'Chest phantom'],
      '0008103E': ['LO', 'Phantom 1.25 mm'],
      '00100010': ['PN', person.name],
      '00100020': ['LO', person.id],
      '00100030': ['DA', person.born],
      '00100040': ['CS', person.sex],
      '00180050': ['DS', String(ALONG_mm)],
      '0020000D': ['UI', study],
      '0020000E': ['UI', series],
      '00200010': ['SH', '1'],
      '00200011': ['IS', '1'],
      '00200013': ['IS', String(slice + 1)],
      '00200032': ['DS', `${LEFT}\\${BACK}\\${z}`],
      '00200037': ['DS', '1\\0\\0\\0\\1\\0'],
      '00200052': ['UI', `${series}.0`],
      '00201040': ['LO', ''],
      '00280002': ['US', 1],
      '00280004': ['CS', 'MONOCHROME2'],
      '00280010': ['US', ROWS],
      '00280011': ['US', COLUMNS],
      '00280030': ['DS', `${ACROSS_mm}\\${ACROSS_mm}`],
      '00280100': ['US', 16],
      '00280101': ['US', 12],
      '00280102': ['US', 11],
      '00280103': ['US', 0],
      '00281052': ['DS', '-1024'],
      '00281053': ['DS', '1'],
      '00281054': ['LO', 'HU'],
      '7FE00010': ['OW', new Uint8Array(pixels.buffer)],
    });
  });
  const boundary = 'phantom';
  const parts = files.flatMap((file) => [Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), Buffer.from(file), Buffer.from('\r\n')]);
  const answer = await page.request.post('/dicom-web/studies', {
    headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: 'application/dicom+json', 'x-yuanyi-client': '1' },
    data: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}
