/**
 * The ward's page while devices send: as a table, with one bed open, and in 3D.
 * `node screen.mjs ADDRESS WARD BED SECONDS SERVER_PID`, the nurse's cookie on stdin; prints one line of JSON.
 *
 * Of each view: frames that were due and did not come, what the main thread worked, what the browser and the hospital
 * took of the processor; of the table also each change of a heart rate, and when it stood on the screen; of the bed how
 * old the waveforms were when they came, and how many pieces came and were cut.
 */
import { createInterface } from 'node:readline/promises';
import { cpu_ms, graphics, open } from '../browser/chromium.mjs';

const [address, ward, bed, seconds, serverPid] = process.argv.slice(2);
const SIZE = [1366, 768];
const READY_ms = 120_000;
const SETTLES_ms = 4_000;

/** Looks at what the page does from its first moment on. */
function watch() {
  const seen = { heartRates: [], waves: [], cut: 0, missed: 0, long_ms: [], frames: [] };
  window.__seen = seen;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.long_ms.push(task.duration);
  }).observe({ type: 'longtask' });
  const frame = (now) => {
    seen.frames.push(now);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(url, settings) {
      super(url, settings);
      this.addEventListener('readings', ({ data }) => {
        const event = JSON.parse(data);
        seen.cut += event.cut;
        seen.missed += event.missed;
        const now = Date.now();
        for (const { start_ms, period_us, values } of event.waves) {
          seen.waves.push({ age_ms: now - (start_ms + (values.length * period_us) / 1000), values: values.length });
        }
      });
    }
  };
  // When a heart rate stands on the screen: the frame after its change has been drawn.
  const shown = new Map();
  const look = () => {
    const changes = [];
    for (const row of document.querySelectorAll('tr[data-bed]')) {
      const rate = row.querySelector('td:nth-child(4) .fresh')?.firstChild?.textContent;
      if (rate && shown.get(row.dataset.bed) !== rate) changes.push([row.dataset.bed, Number(rate)]);
      if (rate) shown.set(row.dataset.bed, rate);
    }
    if (changes.length > 0) {
      requestAnimationFrame(() => setTimeout(() => seen.heartRates.push({ at_ms: Date.now(), changes })));
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
}

async function metrics(session) {
  const { metrics: all } = await session.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

/** What it takes to show this view for so long. */
async function cost(chrome, session) {
  const { page, pid } = chrome;
  await page.waitForTimeout(SETTLES_ms);
  await page.evaluate(() => {
    for (const list of ['heartRates', 'waves', 'long_ms', 'frames']) window.__seen[list].length = 0;
    window.__seen.cut = window.__seen.missed = 0;
  });
  const before = [await metrics(session), cpu_ms(pid), cpu_ms(Number(serverPid)), performance.now()];
  await page.waitForTimeout(Number(seconds) * 1000);
  const after = [await metrics(session), cpu_ms(pid), cpu_ms(Number(serverPid)), performance.now()];
  const seen = await page.evaluate(() => window.__seen);
  const length_s = (after[3] - before[3]) / 1000;
  const worked_ms = (name) => ((after[0][name] - before[0][name]) * 1000) / length_s;
  const gaps = seen.frames.slice(1).map((at, n) => at - seen.frames[n]);
  const due = (seen.frames.at(-1) - seen.frames[0]) * 0.06;
  return {
    seen: { heartRates: seen.heartRates, waves: seen.waves },
    figures: {
      frames_per_s: seen.frames.length / length_s,
      frames_dropped_share: Math.max(0, 1 - gaps.length / due),
      longest_gap_ms: Math.max(...gaps),
      main_thread_ms_per_s: worked_ms('TaskDuration'),
      script_ms_per_s: worked_ms('ScriptDuration'),
      layout_and_style_ms_per_s: worked_ms('LayoutDuration') + worked_ms('RecalcStyleDuration'),
      long_tasks_per_min: (seen.long_ms.length * 60) / length_s,
      longest_task_ms: Math.max(0, ...seen.long_ms),
      page_heap_mib: after[0].JSHeapUsedSize / 2 ** 20,
      dom_nodes: after[0].Nodes,
      browser_cores: (after[1] - before[1]) / 1000 / length_s,
      server_cores: (after[2] - before[2]) / 1000 / length_s,
      wave_pieces: seen.waves.length,
      wave_values_cut: seen.cut,
      arrivals_missed: seen.missed,
    },
  };
}

async function main() {
  let cookie = '';
  for await (const line of createInterface({ input: process.stdin })) cookie ||= line.trim();
  const chrome = await open(address, cookie, SIZE);
  const { page } = chrome;
  try {
    await page.addInitScript(watch);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    await page.goto(`http://${address}/scenarios/ward-twin/${ward}`);
    await page.locator('tr[data-bed] td:nth-child(4) .fresh').first().waitFor({ timeout: READY_ms });
    const beds = await page.locator('tr[data-bed]').count();
    const views = { table: await cost(chrome, session) };
    console.error('  the table was looked at');
    await page.locator(`tr[data-bed=${bed}] button`).click();
    await page.locator('[data-wave] canvas').first().waitFor({ timeout: READY_ms });
    views.bed = await cost(chrome, session);
    console.error('  a bed was looked at');
    await page.goto(`http://${address}/scenarios/ward-twin/${ward}`);
    await page.getByText('3D', { exact: true }).click();
    await page.locator('canvas.ward-stage').waitFor({ timeout: READY_ms });
    views['3d'] = await cost(chrome, session);
    console.error('  the ward in 3D was looked at');
    const settings = { chromium: chrome.version, graphics: await graphics(page), page_px: SIZE, beds };
    console.log(JSON.stringify({ settings, views }));
  } finally {
    await chrome.close();
  }
}

await main();
