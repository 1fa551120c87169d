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
      // Mesa's llvmpipe draws a volume in less than half the time that Chromium's own SwiftShader takes.
      '--use-gl=angle',
      '--use-angle=gl-egl',
      '--ignore-gpu-blocklist',
    ],
    // The same picture on each machine, whatever graphics card it has.
    env: { ...process.env, LIBGL_ALWAYS_SOFTWARE: '1', EGL_PLATFORM: 'surfaceless' } as Record<string, string>,
  },
};
