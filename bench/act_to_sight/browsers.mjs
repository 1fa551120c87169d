/**
 * Two browsers in one room: how long from one's act until the other has it, and until the other's page has drawn it.
 * `node browsers.mjs ADDRESS ROOM ACTS WIDTH HEIGHT`, two cookies on stdin, one a line; prints one line of JSON.
 *
 * Socket: the client's own `RoomClient` in an empty page; from `act()` to the `change` in which the other has it.
 * Page: the room as people see it; from `stage.set()`, which a click on a panel calls, to the end of the first frame
 * that shows it, read back from the graphics so that it is drawn and not only asked for.
 */
import { createInterface } from 'node:readline/promises';
import { chromium } from '@playwright/test';
import { build } from 'vite';

const [address, room, acts, width, height] = process.argv.slice(2);
const ACTS = Number(acts);
const CHROMIUM = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};
const LONGEST_ms = 30_000;
const PAUSES_ms = { socket: [60, 160], page: [150, 400] };

/** Pauses differ, so that acts fall anywhere between two of the room's ticks; the same ones in every run. */
function chance(seed = 7) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
const random = chance();
const pause = ([least, most]) => new Promise((done) => setTimeout(done, least + (most - least) * random()));

/** Fails with these words where something takes longer than any act may: it was refused, or got lost. */
function within(promise, words) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(words)), LONGEST_ms).unref());
  return Promise.race([promise, late]);
}

/** What the nth act sets: windows and cursors in turn, each value once. */
function patchOf(n, cursor) {
  if (n % 2 === 0) return { window: { centre_hu: 40 + n / 1000, width_hu: 450 + (n % 8) * 150 } };
  return { cursor_lps_mm: [cursor[0] + ((n % 40) - 20) / 2, cursor[1] + n / 1000, cursor[2]] };
}

async function roomClient() {
  const { output } = [
    await build({
      configFile: false,
      logLevel: 'error',
      root: new URL('../../client', import.meta.url).pathname,
      build: { write: false, minify: false, lib: { entry: 'room/room-client.ts', formats: ['iife'], name: 'roomClient' } },
    }),
  ].flat()[0];
  return output[0].code;
}

/** One browser for each person, as on two desks. */
async function people(cookies) {
  return Promise.all(
    cookies.map(async (value) => {
      const browser = await chromium.launch(CHROMIUM);
      const context = await browser.newContext({ viewport: { width: Number(width), height: Number(height) } });
      await context.addCookies([{ name: 'yuanyi_session', value, url: `http://${address}` }]);
      return { browser, page: await context.newPage() };
    }),
  );
}

/** Times from act to sight, one after the other; `one` acts, `other` waits. Pages are slow without a graphics card: fewer acts. */
async function measure(kind, one, other, cursor, acts) {
  const times_ms = [];
  for (let n = 0; n < acts; n++) {
    const patch = patchOf(n, cursor);
    const seen = other.evaluate((wanted) => window.sight(wanted), JSON.stringify(Object.values(patch)[0]));
    await pause(PAUSES_ms[kind]);
    const acted = await one.evaluate((what) => window.doAct(what), patch);
    times_ms.push((await within(seen, `${kind}: act ${n} ${JSON.stringify(patch)} was not seen`)) - acted);
    if ((n + 1) % 40 === 0) console.error(`  ${kind}: ${n + 1} of ${acts} acts`);
  }
  return times_ms;
}

/** Puts the room's client alone into empty pages. */
async function sockets(pages, code) {
  for (const page of pages) {
    await page.goto(`http://${address}/healthz`);
    await page.evaluate(code);
    await page.evaluate(async (id) => {
      const client = new window.roomClient.RoomClient(id).connect();
      const waits = new Map();
      const hologram = () => [...client.state.entities].find(([, { entity }]) => entity.type === 'hologram');
      const told = () => {
        const { window: shown, cursor_lps_mm } = hologram()?.[1].entity ?? {};
        for (const value of [shown, cursor_lps_mm]) {
          const key = JSON.stringify(value);
          waits.get(key)?.(performance.timeOrigin + performance.now());
          waits.delete(key);
        }
      };
      client.on('change', told);
      window.sight = (wanted) => new Promise((done) => waits.set(wanted, done));
      window.doAct = (patch) => {
        const at = performance.timeOrigin + performance.now();
        void client.act({ act: 'set', id: hologram()[0], patch: { type: 'hologram', ...patch } });
        return at;
      };
      await new Promise((done) => {
        const ready = setInterval(() => hologram() && (clearInterval(ready), done()), 50);
      });
      window.leave = () => client.close();
      window.cursor = () => hologram()[1].entity.cursor_lps_mm;
    }, room);
  }
}

/** Opens the room as people do, and looks at each frame that is drawn there. */
async function rooms(pages) {
  for (const page of pages) {
    // The page lets a test look at its stage only where it asked for an emulated headset; nobody puts it on.
    await page.addInitScript(() => (window.__yuanyiEmulateXr = 'metaQuest3'));
    await page.goto(`http://${address}/rooms/${room}`);
    await page.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: 300_000 });
    await page.waitForFunction(() => window.__xrInside && !window.__xrInside.stage.refining, undefined, { timeout: 300_000 });
    await page.evaluate(() => {
      const { stage } = window.__xrInside;
      const { renderer } = stage;
      const draw = renderer.render;
      const pixel = new Uint8Array(4);
      let wait;
      renderer.render = (scene, camera) => {
        draw.call(renderer, scene, camera);
        if (scene !== stage.scene || !wait || renderer.getRenderTarget()) return;
        const { window: shown, cursor_lps_mm } = stage.hologram.state ?? {};
        if (![shown, cursor_lps_mm].some((value) => JSON.stringify(value) === wait.wanted)) return;
        const gl = renderer.getContext();
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
        wait.done(performance.timeOrigin + performance.now());
        wait = undefined;
      };
      window.sight = (wanted) => new Promise((done) => (wait = { wanted, done }));
      window.doAct = (patch) => {
        const at = performance.timeOrigin + performance.now();
        stage.set(patch);
        return at;
      };
    });
  }
}

/** How far apart the two pages' clocks are: what each says when asked at once, the least of many. */
async function skew([a, b]) {
  const now = (page) => page.evaluate(() => [performance.timeOrigin + performance.now(), Date.now()]);
  const found = [];
  for (let n = 0; n < 20; n++) {
    const [[preciseA, wallA], [preciseB, wallB]] = [await now(a), await now(b)];
    found.push(preciseA - wallA - (preciseB - wallB));
  }
  return found.sort((x, y) => x - y)[10];
}

async function main() {
  const cookies = [];
  for await (const line of createInterface({ input: process.stdin })) cookies.push(line.trim());
  const two = await people(cookies);
  const pages = two.map(({ page }) => page);
  const [one, other] = pages;
  try {
    await sockets(pages, await roomClient());
    // A cursor must lie within the scan, else the room refuses it.
    const cursor = await one.evaluate(() => window.cursor());
    const socket_ms = await measure('socket', one, other, cursor, ACTS);
    for (const page of pages) await page.evaluate(() => window.leave());
    await rooms(pages);
    const [middle, shown] = await other.evaluate(() => {
      const { stage } = window.__xrInside;
      const canvas = stage.renderer.domElement;
      return [stage.hologram.store.manifest.lesions[0]?.centre_lps_mm ?? stage.shared.state.cursor_lps_mm, {
        stage_px: [canvas.width, canvas.height], volume_voxels: stage.hologram.store.manifest.size,
      }];
    });
    const page_ms = await measure('page', one, other, middle, Math.ceil(ACTS / 4));
    const frame_ms = await other.evaluate(async () => {
      const times = [];
      for (let n = 0; n < 60; n++) times.push(await new Promise(requestAnimationFrame));
      return (times.at(-1) - times[0]) / (times.length - 1);
    });
    const graphics = await other.evaluate(() => {
      const gl = window.__xrInside.stage.renderer.getContext();
      return String(gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
    });
    const settings = { chromium: two[0].browser.version(), graphics, ...shown, idle_frame_ms: frame_ms, clock_skew_ms: await skew(pages) };
    console.log(JSON.stringify({ settings, socket_ms, page_ms }));
  } finally {
    await Promise.all(two.map(({ browser }) => browser.close()));
  }
}

await main();
