/** What is measured of a patient now, as the server sends it a few times a second. */
import type { LiveEvent } from '../../contract/signals';
import { waitBefore_ms } from './events';

/** Listens until it is ended; opens the line again whenever it is lost. */
export function followReadings(
  patient: string,
  onEvent: (event: LiveEvent) => void,
  onLine: (open: boolean) => void,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;

  function connect(): void {
    const line = open(`/api/signals/live?patient=${encodeURIComponent(patient)}`);
    source = line;
    line.addEventListener('open', () => {
      attempt = 0;
      onLine(true);
    });
    line.addEventListener('readings', (event) => onEvent(JSON.parse(String((event as MessageEvent).data)) as LiveEvent));
    line.addEventListener('error', () => {
      line.close();
      onLine(false);
      clearTimeout(timer);
      timer = setTimeout(connect, waitBefore_ms(attempt));
      attempt += 1;
    });
  }

  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
