import { defineConfig } from '@playwright/test';
import { CHROMIUM } from '../journeys/chromium.ts';

const PORT = 5198;

/** The stage alone, on a made-up chest; needs no hospital. `npx playwright test --config tests/stage/playwright.config.ts` */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: './out',
  workers: 1,
  retries: process.env['CI'] ? 1 : 0,
  timeout: 120_000,
  reporter: 'list',
  use: { ...CHROMIUM, baseURL: `http://127.0.0.1:${PORT}`, viewport: { width: 480, height: 320 } },
  webServer: {
    command: `npx vite --config client/vite.config.ts --host 127.0.0.1 --port ${PORT} --strictPort`,
    cwd: '../..',
    url: `http://127.0.0.1:${PORT}/stage/dev/index.html`,
    reuseExistingServer: true,
  },
});
