import solid from 'vite-plugin-solid';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [solid()],
  resolve: { dedupe: ['three', 'solid-js'], conditions: ['development', 'browser'] },
  test: {
    environment: 'node',
    include: ['client/**/*.test.{ts,tsx}', 'scenarios/*/*/client/**/*.test.{ts,tsx}'],
  },
});
