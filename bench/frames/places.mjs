/**
 * What a frame of a room costs in each of the six places, with a hologram in it, drawn by the processor, what one costs
 * of a full room, and what one costs that both eyes of a headset see.
 * `node places.mjs ADDRESS ROOM SECONDS`, a cookie on stdin; prints one line of JSON.
 *
 * Turning: the view goes round the hologram, so that each frame draws all anew; the browser's processor time, all of
 * its processes together, by the frames that were finished. Still: the same once the picture stands, by the second.
 * People: as turning and still, with so many others around the table that it is a full room; one of them moves.
 * Headset: somebody is inside by an emulated one whose two eyes have its size, and turns the head with each frame.
 */
import { createInterface } from 'node:readline/promises';
import { cpu_ms, graphics, open } from '../browser/chromium.mjs';

const [address, room, seconds] = process.argv.slice(2);
const SIZE = [1366, 768];
const READY_ms = 300_000;
const PLACES = ['consulting', 'operating', 'ward', 'research', 'teaching', 'management'];
const EACH_TURN_rad = 0.02;
const STILL_s = 6;
/** One eye of a Quest 3 as its browser draws it by default. */
const EYE = [1680, 1760];
const HEADSET_PLACE = 'consulting';
const PEOPLE_PLACE = 'consulting';
const PEOPLE = 50;
/** What people look like has come by then. */
const DRESSED_ms = 5000;
/** The steps of rays widen as long as frames are late; so many frames come to rest. */
const SETTLE_FRAMES = 12;
const LEAST_FRAMES = 3;

async function enter(page) {
  // The page lets a bench look at its stage only where it asked for an emulated headset; nobody puts it on.
  await page.addInitScript(() => (window.__yuanyiEmulateXr = 'metaQuest3'));
  await page.goto(`http://${address}/rooms/${room}`);
  await page.locator('[data-volume=fine]').waitFor({ state: 'attached', timeout: READY_ms });
  await page.waitForFunction(() => window.__xrInside && !window.__xrInside.stage.refining, undefined, { timeout: READY_ms });
}

/** Goes to a place and waits until all of it is there. */
async function go(page, place) {
  await page.evaluate((id) => (window.__xrInside.stage.surroundings = id), place);
  await page.waitForFunction(() => window.__xrInside.stage.furnished && !window.__xrInside.stage.refining, undefined, { timeout: READY_ms });
  await page.waitForTimeout(1000);
}

/** So many are in the room as its stage sees it, oneself included: the others around the table in rings, as seats are. */
function gather(page, people) {
  return page.evaluate((count) => {
    const { room } = window.__xrInside.stage;
    if (!window.__others) {
      window.__others = new Map();
      const { participants, poses } = room;
      room.participants = function* () {
        yield* participants.call(room);
        for (const { person } of window.__others.values()) yield person;
      };
      room.poses = (id, now_ms) => window.__others.get(id)?.poses(now_ms) ?? poses.call(room, id, now_ms);
    }
    window.__others.clear();
    const rings = [[1.32, 6], [2.11, 16], [2.9, 22], [3.69, 28]];
    const places = rings.flatMap(([radius_m, round]) => Array.from({ length: round }, (_, i) => ({ radius_m, angle: 0.8 + ((i + 0.5) / round) * (2 * Math.PI - 1.6) })));
    for (const [i, { radius_m, angle }] of places.slice(0, count - 1).entries()) {
      const head = (turn) => ({ position_m: [radius_m * Math.sin(angle), 1.5, radius_m * Math.cos(angle)], rotation: [0, Math.sin((angle + turn) / 2), 0, Math.cos((angle + turn) / 2)] });
      const person = { id: `other-${i}`, name: `Person ${i + 1}`, badge: 'Doctor', colour: `hsl(${i * 47}, 60%, 60%)` };
      window.__others.set(person.id, { person, poses: (now_ms) => ({ head: head(i === 0 ? Math.sin(now_ms / 700) * 0.2 : 0) }) });
    }
  }, people);
}

/** Draw calls and triangles of one frame, with the hologram and without it. */
function weight(page) {
  return page.evaluate(() => {
    const { stage } = window.__xrInside;
    const count = (shown) => {
      stage.hologram.root.visible = shown;
      stage.drawNow();
      const { calls, triangles } = stage.renderer.info.render;
      return { calls, triangles };
    };
    const [empty, whole] = [count(false), count(true)];
    stage.invalidate();
    return {
      draw_calls: whole.calls, triangles: whole.triangles,
      draw_calls_before_hologram: empty.calls, triangles_before_hologram: empty.triangles,
    };
  });
}

/** How many frames are finished while the view goes round, and how long the page's own part of each takes. */
function turn(page) {
  return page.evaluate(
    ([length_ms, step_rad]) =>
      new Promise((done) => {
        const { stage } = window.__xrInside;
        const { renderer } = stage;
        const draw = renderer.render;
        const gl = renderer.getContext();
        const pixel = new Uint8Array(4);
        const [times, own] = [[], []];
        renderer.render = (scene, camera) => {
          const began = performance.now();
          draw.call(renderer, scene, camera);
          if (scene !== stage.scene || renderer.getRenderTarget()) return;
          own.push(performance.now() - began);
          // What is read back is drawn, and not only asked for.
          gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
          times.push(performance.now());
        };
        const until = performance.now() + length_ms;
        const step = () => {
          if (performance.now() > until) {
            renderer.render = draw;
            const gaps = times.slice(1).map((at, n) => at - times[n]).sort((a, b) => a - b);
            const at = (of, share) => of[Math.min(of.length - 1, Math.floor(share * of.length))] ?? 0;
            done({ frames: times.length, frame_p50_ms: at(gaps, 0.5), frame_p95_ms: at(gaps, 0.95), own_p50_ms: at(own.sort((a, b) => a - b), 0.5) });
            return;
          }
          const view = stage.ownView;
          stage.look({ ...view, yaw: view.yaw + step_rad }, true);
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    [Number(seconds) * 1000, EACH_TURN_rad],
  );
}

/** How often the room is drawn while nobody does anything. */
function still(page) {
  return page.evaluate(
    (length_s) =>
      new Promise((done) => {
        const { stage } = window.__xrInside;
        const { renderer } = stage;
        const draw = renderer.render;
        let frames = 0;
        renderer.render = (scene, camera) => {
          draw.call(renderer, scene, camera);
          if (scene === stage.scene && !renderer.getRenderTarget()) frames += 1;
        };
        setTimeout(() => {
          renderer.render = draw;
          done(frames / length_s);
        }, length_s * 1000);
      }),
    STILL_s,
  );
}

async function measure(page, pid) {
  const found = await weight(page);
  let before = cpu_ms(pid);
  const began = performance.now();
  const { frames, ...turning } = await turn(page);
  const took_s = (performance.now() - began) / 1000;
  Object.assign(found, turning, { frames_per_s: frames / took_s, cpu_ms_per_frame: (cpu_ms(pid) - before) / frames });
  await page.waitForFunction(() => !window.__xrInside.stage.refining, undefined, { timeout: READY_ms });
  await page.waitForTimeout(1500);
  before = cpu_ms(pid);
  found.frames_per_s_still = await still(page);
  found.cpu_ms_per_s_still = (cpu_ms(pid) - before) / STILL_s;
  return found;
}

/** Frames that both eyes see, while the head turns; each is read back, so that it is drawn and not only asked for. */
function wear(page, frames, least) {
  return page.evaluate(
    ([length_ms, wanted, step_rad]) =>
      new Promise((done) => {
        const { renderer } = window.__xrInside.stage;
        const session = renderer.xr.getSession();
        const gl = renderer.getContext();
        const pixel = new Uint8Array(4);
        const times = [];
        const until = performance.now() + length_ms;
        const step = () => {
          gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
          times.push(performance.now());
          if (times.length > wanted && performance.now() > until) {
            const gaps = times.slice(1).map((at, n) => at - times[n]).sort((a, b) => a - b);
            const at = (share) => gaps[Math.min(gaps.length - 1, Math.floor(share * gaps.length))];
            done({ frames: times.length, frame_p50_ms: at(0.5), frame_p95_ms: at(0.95), draw_calls: renderer.info.render.calls, triangles: renderer.info.render.triangles });
            return;
          }
          const half = (Math.sin(times.length * step_rad) * 0.3) / 2;
          window.__xr.quaternion.set(0, Math.sin(half), 0, Math.cos(half));
          session.requestAnimationFrame(step);
        };
        session.requestAnimationFrame(step);
      }),
    [frames, least, EACH_TURN_rad],
  );
}

async function measurePeople(page, pid) {
  await go(page, PEOPLE_PLACE);
  await gather(page, PEOPLE);
  await page.waitForTimeout(DRESSED_ms);
  const found = await measure(page, pid);
  await gather(page, 1);
  return found;
}

async function measureHeadset(page, pid) {
  await go(page, HEADSET_PLACE);
  // The emulator makes both eyes together as large as the page.
  await page.setViewportSize({ width: 2 * EYE[0], height: EYE[1] });
  await page.getByRole('button', { name: 'Enter VR' }).click();
  await page.waitForFunction(() => window.__xrInside.stage.renderer.xr.getSession());
  await wear(page, 0, SETTLE_FRAMES);
  const before = cpu_ms(pid);
  const began = performance.now();
  const { frames, ...found } = await wear(page, Number(seconds) * 1000, LEAST_FRAMES);
  const took_s = (performance.now() - began) / 1000;
  const cpu_ms_per_frame = (cpu_ms(pid) - before) / frames;
  const ray_step_mm = await page.evaluate(() => window.__xrInside.stage.hologram.picture.uniform('uStepMm'));
  await page.evaluate(() => window.__xrInside.stage.renderer.xr.getSession().end());
  return { ...found, ray_step_mm, frames_per_s: frames / took_s, cpu_ms_per_frame };
}

async function main() {
  let cookie = '';
  for await (const line of createInterface({ input: process.stdin })) cookie ||= line.trim();
  const chrome = await open(address, cookie, SIZE);
  const { page, pid } = chrome;
  try {
    await enter(page);
    const places = {};
    for (const place of PLACES) {
      await go(page, place);
      places[place] = await measure(page, pid);
      console.error(`  ${place}: ${JSON.stringify(places[place])}`);
    }
    const shown = await page.evaluate(() => {
      const { stage } = window.__xrInside;
      const { width, height } = stage.renderer.domElement;
      return { stage_px: [width, height], volume_voxels: stage.hologram.store.manifest.size };
    });
    const people = { [`${PEOPLE} people`]: await measurePeople(page, pid) };
    console.error(`  people: ${JSON.stringify(people)}`);
    const headset = { [HEADSET_PLACE]: await measureHeadset(page, pid) };
    console.error(`  headset: ${JSON.stringify(headset)}`);
    console.log(JSON.stringify({ settings: { chromium: chrome.version, graphics: await graphics(page), page_px: SIZE, eye_px: EYE, ...shown }, places, people, headset }));
  } finally {
    await chrome.close();
  }
}

await main();
