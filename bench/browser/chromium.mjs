/**
 * Chromium as benches start it, with what it costs: without a screen, so that its processor draws, or by a graphics card
 * where `CHROMIUM_GRAPHICS` names the driver, such as `vulkan` or `gl-egl`.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { chromium } from '@playwright/test';

const card = process.env['CHROMIUM_GRAPHICS'];
const CARD = ['--use-gl=angle', `--use-angle=${card}`, '--enable-gpu', '--ignore-gpu-blocklist', '--disable-gpu-sandbox', '--disable-gpu-vsync', '--disable-frame-rate-limit'];
export const LAUNCH = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...(card ? CARD : [])],
};

/** A browser with a page where somebody is signed in, and its own process. */
export async function open(address, cookie, [width, height]) {
  const server = await chromium.launchServer(LAUNCH);
  const browser = await chromium.connect(server.wsEndpoint());
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB' });
  await context.addCookies([{ name: 'yuanyi_session', value: cookie, url: `http://${address}` }]);
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`the page: ${error.message}`));
  return { page, version: browser.version(), pid: server.process().pid, close: () => server.close() };
}

/** User and system time of a process and its children so far, in milliseconds. */
export function cpu_ms(pid) {
  const parents = new Map();
  const spent = new Map();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const [, fields] = readFileSync(`/proc/${name}/stat`, 'utf8').split(/\)(?=[^)]*$)/);
      const [, parent, ...rest] = fields.trim().split(' ');
      parents.set(Number(name), Number(parent));
      spent.set(Number(name), (Number(rest[9]) + Number(rest[10])) * 10);
    } catch {
      // It ended meanwhile.
    }
  }
  const belongs = (one) => one === pid || (parents.has(one) && belongs(parents.get(one)));
  return [...spent].reduce((sum, [one, ms]) => (belongs(one) ? sum + ms : sum), 0);
}

/** What the page draws with. */
export function graphics(page) {
  return page.evaluate(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    return String(gl?.getParameter(gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? 'none');
  });
}
