/** How Chromium is started: without a screen, a sandbox or a word to anybody outside. */
export const CHROMIUM = {
  browserName: 'chromium' as const,
  viewport: { width: 1366, height: 768 },
  locale: 'en-GB',
  launchOptions: {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
};
