import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import solid from 'vite-plugin-solid';

const client = fileURLToPath(new URL('.', import.meta.url));
const project = fileURLToPath(new URL('..', import.meta.url));
const server = process.env['YUANYI_SERVER'] ?? 'http://127.0.0.1:8080';

/** Pages that start without a line, besides the first one: the way to scenarios, and those that they bring. */
const KEPT = /client\/core\/pages\/scenario\.tsx$|scenarios\/[^/]+\/[^/]+\/client\/page\.tsx$/;

/**
 * Tells the service worker which files to keep: the page, those pages, and what all of them stand on. The rest of
 * the client, three.js above all, is not needed without a line.
 */
function shell(): Plugin {
  return {
    name: 'yuanyi-shell',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = new Set(['/', '/icon.svg', '/manifest.webmanifest']);
      const keep = (file: string): void => {
        const chunk = bundle[file];
        if (chunk === undefined || files.has(`/${file}`)) return;
        files.add(`/${file}`);
        if (chunk.type !== 'chunk') return;
        for (const style of chunk.viteMetadata?.importedCss ?? []) keep(style);
        for (const other of chunk.imports) keep(other);
      };
      for (const [file, chunk] of Object.entries(bundle)) {
        if (chunk.type !== 'chunk' || file === 'sw.js') continue;
        if (chunk.isEntry || KEPT.test(chunk.facadeModuleId ?? '')) keep(file);
      }
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') throw new Error('the build has no service worker');
      const list = [...files].sort();
      const hash = createHash('sha256');
      for (const file of list) {
        const one = bundle[file.slice(1)];
        hash.update(file).update(one === undefined ? '' : one.type === 'chunk' ? one.code : one.source);
      }
      const filled = JSON.stringify(JSON.stringify({ version: hash.digest('hex').slice(0, 16), files: list }));
      const code = worker.code.replace(/(["'`])__SHELL__\1/, () => filled);
      if (code === worker.code) throw new Error('the service worker has no place for its list');
      worker.code = code;
    },
  };
}

export default defineConfig({
  root: client,
  plugins: [solid(), shell()],
  // Two copies of three.js would not recognise each other's objects.
  resolve: { dedupe: ['three', 'solid-js'], alias: { '@contract': `${project}contract` } },
  build: {
    target: 'es2023',
    // The first versions that know light-dark(): a stand-in would not turn dark inside the stage.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    rolldownOptions: {
      input: { index: `${client}index.html`, sw: `${client}core/offline/worker.ts` },
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
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
