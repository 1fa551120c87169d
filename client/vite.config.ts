import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

const client = fileURLToPath(new URL('.', import.meta.url));
const project = fileURLToPath(new URL('..', import.meta.url));
const server = process.env['YUANYI_SERVER'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: client,
  plugins: [solid()],
  // Two copies of three.js would not recognise each other's objects.
  resolve: { dedupe: ['three', 'solid-js'], alias: { '@contract': `${project}contract` } },
  build: {
    target: 'es2023',
    // The first versions that know light-dark(): a stand-in would not turn dark inside the stage.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    outDir: `${client}dist`,
    emptyOutDir: true,
    // The 3D part is loaded lazily and may be as large as three.js is.
    chunkSizeWarningLimit: 900,
  },
  server: {
    // Scenarios live beside the client, not below it.
    fs: { allow: [project] },
    proxy: Object.fromEntries(
      ['/api', '/fhir', '/dicom-web', '/oauth', '/.well-known', '/healthz', '/readyz'].map((path) => [
        path,
        { target: server, ws: true },
      ]),
    ),
  },
});
