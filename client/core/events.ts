/** What the server tells without being asked; the reader then reads again. */

/** The kinds of event that `/api/events` sends. */
export type EventKind = 'waiting' | 'case' | 'imaging' | 'record' | 'quality' | 'alarm' | 'call';

/** Whether the line to the server is up. */
export type LineState = 'connecting' | 'live' | 'lost';

/** What a listener is told; without an id it may be about anything that is so. `missed` comes after a broken line: anything may have changed. */
export interface ServerEvent {
  readonly kind: EventKind | 'missed';
  readonly id: string | undefined;
}

export interface EventLine {
  listen(listener: (event: ServerEvent) => void): () => void;
  close(): void;
}

const KINDS: readonly EventKind[] = ['waiting', 'case', 'imaging', 'record', 'quality', 'alarm', 'call'];
const FIRST_WAIT_ms = 500;
const LONGEST_WAIT_ms = 15_000;

/** How long to wait before the n-th attempt, without the chance that spreads clients apart. */
export function waitBefore_ms(attempt: number): number {
  return Math.min(LONGEST_WAIT_ms, FIRST_WAIT_ms * 2 ** attempt);
}

function idOf(data: unknown): string | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(data);
    const id: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'id') : undefined;
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Opens the line and keeps it open until it is closed. */
export function openEvents(
  onState: (state: LineState) => void,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): EventLine {
  const listeners = new Set<(event: ServerEvent) => void>();
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let wasLost = false;

  const tell = (event: ServerEvent): void => {
    for (const listener of listeners) listener(event);
  };

  function connect(): void {
    onState('connecting');
    const line = open('/api/events');
    source = line;
    line.addEventListener('open', () => {
      attempt = 0;
      onState('live');
      if (wasLost) tell({ kind: 'missed', id: undefined });
      wasLost = false;
    });
    line.addEventListener('error', () => {
      // The browser gives up on an HTTP error and retries on its own terms otherwise; one way is enough.
      line.close();
      wasLost = true;
      onState('lost');
      clearTimeout(timer);
      timer = setTimeout(connect, waitBefore_ms(attempt) * (0.75 + Math.random() / 2));
      attempt += 1;
    });
    for (const kind of KINDS) {
      line.addEventListener(kind, (event) => tell({ kind, id: idOf((event as MessageEvent).data) }));
    }
  }

  connect();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
      source?.close();
      listeners.clear();
    },
  };
}
