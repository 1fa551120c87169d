/** What one fetches by; tests put another in its place. */
type Fetch = (url: string, init: RequestInit) => Promise<{ status: number }>;

const AFTER_ms = 500;
/** What is on its way by a line that is well is heard before: the last that was done, and that one leaves. */
const AFTER_LINE_ms = 5_000;
const AGAIN_ms = 2_000;
/** What hangs for so long has no way. */
const PATIENCE_ms = 10_000;
/** Longer than the hospital waits for a line that is silent, and keeps the seat after that. */
const AT_MOST_ms = 160_000;
/** A proxy whose hospital is away answers for it. */
const AWAY = 500;

/** Tells the hospital that one has left who may have had no line to say so, as soon as there is a way; `isWell` as far as one knows. */
export async function tellLeft(path: string, seat: string, isWell: boolean, fetch: Fetch = (url, init) => globalThis.fetch(url, init)): Promise<void> {
  const until = performance.now() + AT_MOST_ms;
  for (let wait = isWell ? AFTER_LINE_ms : AFTER_ms; performance.now() < until; wait = AGAIN_ms) {
    await new Promise((done) => setTimeout(done, wait));
    try {
      // It goes on where the page is closed meanwhile.
      const headers = { 'x-yuanyi-client': '1', 'x-yuanyi-seat': seat };
      const answer = await fetch(`${path}/seat`, { method: 'DELETE', keepalive: true, headers, signal: AbortSignal.timeout(PATIENCE_ms) });
      if (answer.status < AWAY) return;
    } catch {
      // There is no way yet.
    }
  }
}
