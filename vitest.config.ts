import { fileURLToPath } from 'node:url';
import solid from 'vite-plugin-solid';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [solid()],
  resolve: {
    dedupe: ['three', 'solid-js'],
    conditions: ['development', 'browser'],
    // What it offers to Node needs a native library; tests run what browsers get.
    alias: { '@vladmandic/human': fileURLToPath(new URL('node_modules/@vladmandic/human/dist/human.esm.js', import.meta.url)) },
  },
  test: {
    environment: 'node',
    // Sheets that a test reads as text come as they are; all others are empty.
    css: { include: [/\.css\?raw$/] },
    include: ['client/**/*.test.{ts,tsx}', 'scenarios/*/*/client/**/*.test.{ts,tsx}'],
  },
});
