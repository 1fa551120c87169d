import { defineConfig } from '@playwright/test';
import { CHROMIUM } from './chromium.ts';

export default defineConfig({
  // People's ways through the client, and through each scenario beside its code.
  projects: [
    { name: 'client', testDir: '.', testMatch: '*.spec.ts' },
    { name: 'scenarios', testDir: '../../scenarios', testMatch: '*/*/journey.spec.ts' },
  ],
  globalSetup: './hospital.ts',
  outputDir: './out/results',
  // One hospital and two cores: journeys go one after the other.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    ...CHROMIUM,
    ...(process.env['YUANYI_URL'] ? { baseURL: process.env['YUANYI_URL'] } : {}),
    actionTimeout: 20_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});
