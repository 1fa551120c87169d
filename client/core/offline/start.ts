/** Lets the client start without a line, where the browser can. */

/** Registers the service worker. That it cannot be is no fault: the client works without one while there is a line. */
export function keepClient(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  addEventListener('load', () => {
    navigator.serviceWorker.register('/sw.js').catch(() => {});
  });
}
