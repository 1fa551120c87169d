/**
 * The service worker: keeps the client's own files, so that it starts without a line.
 *
 * It keeps nothing else. What the hospital answers (`/api`, `/fhir`, `/dicom-web`) passes by untouched and is in no
 * cache: it is about patients. It has no imports, so that the browser takes it as it is.
 */

/** What the build fills in. */
export interface Shell {
  readonly version: string;
  readonly files: readonly string[];
}
interface Lasting extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface Asked extends Lasting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(kind: 'fetch', listener: (event: Asked) => void): void;
}

const worker = globalThis as unknown as Worker;
/** Filled in by the build: the files that the page and the pages that work without a line need. */
const shell = JSON.parse('__SHELL__') as Shell;
const cacheName = `shell-${shell.version}`;
const files = new Set(shell.files);
/** How long a page is waited for before the kept one is shown. */
const PATIENCE_ms = 4_000;
const HOSPITAL = /^\/(?:api|fhir|dicom-web|oauth|\.well-known|cds-services|healthz|readyz|metrics)(?:\/|$)/;

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll([...files]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  const old = async (): Promise<void> => {
    const names = await caches.keys();
    await Promise.all(names.filter((one) => one.startsWith('shell-') && one !== cacheName).map((one) => caches.delete(one)));
    await worker.clients.claim();
  };
  event.waitUntil(old());
});

async function kept(path: string): Promise<Response | undefined> {
  return (await caches.open(cacheName)).match(path);
}

/** The page from the server; from the device where the server does not answer in time. */
async function page(request: Request): Promise<Response> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_ms));
  const fresh = fetch(request);
  const first = await Promise.race([fresh.catch(() => undefined), late]);
  return first ?? (await kept('/')) ?? fresh;
}

worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin || HOSPITAL.test(url.pathname)) return;
  if (event.request.mode === 'navigate') event.respondWith(page(event.request));
  else if (files.has(url.pathname)) event.respondWith(kept(url.pathname).then((file) => file ?? fetch(event.request)));
});
