/** One's own head by a webcam: a real face before a camera that plays a file, found by a worker of the page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import type { LocalRoom } from '../../client/stage/dev/local-room';
import type { Webcam } from '../../client/face/webcam';
import { CHROMIUM } from '../journeys/chromium.ts';

declare const gallery: { readonly room: LocalRoom; readonly webcam: Webcam };

const [WIDTH, HEIGHT] = [160, 120];
const SECONDS = 4;
const PER_SECOND = 10;
/** For the second half of the film the face is a tenth of the picture farther right in it. */
const ASIDE = 16;

/** A film of the portrait, first straight ahead, then moved aside; played again and again. */
function film(): string {
  const colours = gunzipSync(readFileSync(new URL('../../client/face/fixtures/astronaut-160x120.rgb.gz', import.meta.url)));
  const frame = (aside: number): Buffer => {
    const planes = [Buffer.alloc(WIDTH * HEIGHT), Buffer.alloc((WIDTH * HEIGHT) / 4), Buffer.alloc((WIDTH * HEIGHT) / 4)] as const;
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const from = (y * WIDTH + Math.max(0, x - aside)) * 3;
        const [r, g, b] = [colours[from] ?? 0, colours[from + 1] ?? 0, colours[from + 2] ?? 0];
        // BT.601, as the format has it.
        planes[0][y * WIDTH + x] = 16 + 0.257 * r + 0.504 * g + 0.098 * b;
        const small = Math.floor(y / 2) * (WIDTH / 2) + Math.floor(x / 2);
        planes[1][small] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
        planes[2][small] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
      }
    }
    return Buffer.concat([Buffer.from('FRAME\n'), ...planes]);
  };
  const half = (SECONDS * PER_SECOND) / 2;
  const [straight, moved] = [frame(0), frame(ASIDE)];
  const path = join(tmpdir(), `yuanyi-face-${process.pid}.y4m`);
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${PER_SECOND}:1 Ip A1:1 C420jpeg\n`), ...Array<Buffer>(half).fill(straight), ...Array<Buffer>(half).fill(moved)]));
  return path;
}

test.use({
  permissions: ['camera'],
  launchOptions: {
    ...CHROMIUM.launchOptions,
    args: [...CHROMIUM.launchOptions.args, '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${film()}`],
  },
});

test('a face before the webcam moves the own head aside and back, and nothing is asked of another host', async ({ page, baseURL }) => {
  test.setTimeout(300_000);
  const strange: string[] = [];
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(baseURL ?? '?')) strange.push(request.url());
  });
  await page.goto('/stage/dev/index.html?mode=surfaces');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.room.own !== undefined);
  expect(await page.evaluate(() => [gallery.webcam.state, gallery.room.own?.mouth])).toEqual(['off', undefined]);
  await page.evaluate(() => gallery.webcam.start());
  await page.waitForFunction(() => gallery.webcam.state === 'seen', undefined, { timeout: 120_000 });
  // How far aside the head has been since it was first seen: the film moves it 10 % of a picture, some centimetres.
  await page.evaluate(() => {
    const been = { least: Infinity, most: -Infinity };
    Object.assign(window, { been });
    setInterval(() => {
      const aside = gallery.webcam.follower.lean(performance.now())?.aside_m ?? 0;
      [been.least, been.most] = [Math.min(been.least, aside), Math.max(been.most, aside)];
    }, 40);
  });
  const span = (): Promise<number> =>
    page.evaluate(() => {
      const { least, most } = (window as unknown as { been: { least: number; most: number } }).been;
      return most - least;
    });
  await expect.poll(span, { timeout: 120_000 }).toBeGreaterThan(0.03);
  expect(await span()).toBeLessThan(0.12);
  // The pose that others get has a mouth now, and none when the webcam is off again.
  expect(await page.evaluate(() => typeof gallery.room.own?.mouth)).toBe('number');
  await page.evaluate(() => gallery.webcam.stop());
  await expect.poll(() => page.evaluate(() => gallery.room.own?.mouth), { timeout: 20_000 }).toBeUndefined();
  expect(strange).toEqual([]);
});
