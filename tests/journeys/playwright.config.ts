import { defineConfig } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';

export default defineConfig({
  // People's ways through the client, and through each scenario beside its code.
  projects: [
    { name: 'client', testDir: '.', testMatch: '*.spec.ts' },
    { name: 'scenarios', testDir: '../../scenarios', testMatch: '*/*/journey.spec.ts' },
    // Ways through more than one scenario come last: what they decide stands in the record.
    { name: 'whole', testDir: '.', testMatch: '*.whole.ts' },
  ],
  globalSetup: './hospital.ts',
  outputDir: './out/results',
  // One hospital and two cores: journeys go one after the other.
  workers: 1,
  timeout: 600_000,
  // Two browsers that draw holograms in software share two cores: what a person waits a second for takes long here.
  expect: { timeout: 60_000 },
  forbidOnly: true,
  retries: process.env['CI'] ? 1 : 0,
  reporter: 'list',
  use: {
    ...CHROMIUM,
    ...(process.env['YUANYI_URL'] ? { baseURL: process.env['YUANYI_URL'] } : {}),
    serviceWorkers: 'block',
    actionTimeout: 60_000,
    // A trace of each step costs as much as the step: it is kept of the second try.
    trace: 'on-first-retry',
    screenshot: 'only-on-failure',
  },
});
