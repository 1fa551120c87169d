/** The upload's own thread: reading, unpacking and sending never hold up the page. */
import { DICOM_WEB } from '../dicom/dicom-web';
import type { DataSet } from '../dicom/json';
import { TAG, textOf } from '../dicom/json';
import { Rate } from './batcher';
import type { FromWorker, ToWorker } from './messages';
import { UploadSession } from './session';
import type { Sent, UploadProgress } from './session';
import { freshBoundary, stowBody } from './stow';
import type { Refused } from './stow';

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
};

/** How often the page is told, at most. */
const TELL_EVERY_ms = 120;
const KEPT_PAGE = 1000;
const LONGEST_WAIT_ms = 30_000;

let last: UploadProgress | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let refusals: Refused[] = [];
const rate = new Rate();

function tellNow(): void {
  timer = undefined;
  if (refusals.length > 0) scope.postMessage({ say: 'refused', refused: refusals.splice(0) }, []);
  if (last) scope.postMessage({ say: 'progress', progress: last, rate: rate.perSecond }, []);
}

function tell(progress: UploadProgress): void {
  if (progress.state !== 'running') rate.restart();
  else if (progress.bytesSent !== last?.bytesSent) rate.note(progress.bytesSent, performance.now());
  const changed = progress.state !== last?.state;
  last = progress;
  if (changed) {
    clearTimeout(timer);
    tellNow();
  } else {
    timer ??= setTimeout(tellNow, TELL_EVERY_ms);
  }
}

/** fetch tells nothing of what is on its way; the older call does. */
function send(parts: readonly Blob[], passed: (bytes: number) => void, signal: AbortSignal): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const { type, body } = stowBody(parts, freshBoundary());
    const request = new XMLHttpRequest();
    request.open('POST', `${DICOM_WEB}/studies`);
    request.setRequestHeader('content-type', type);
    request.setRequestHeader('accept', 'application/dicom+json');
    request.setRequestHeader('x-yuanyi-client', '1');
    request.upload.onprogress = ({ loaded }) => passed(Math.min(loaded, body.size));
    request.onload = () => resolve(answerOf(request.status, request.responseText));
    request.onerror = () => resolve({ status: 0 });
    request.ontimeout = () => resolve({ status: 0 });
    const abort = (): void => {
      request.abort();
      reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.send(body);
  });
}

function answerOf(status: number, text: string): Sent {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status };
  }
  if (typeof body !== 'object' || body === null) return { status };
  const detail: unknown = Reflect.get(body, 'detail');
  const isAnswer = status >= 200 && status < 300 ? true : TAG.failedSops in body;
  if (isAnswer) return { status, answer: body as DataSet };
  return typeof detail === 'string' ? { status, detail } : { status };
}

async function kept(study: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const sops = new Set<string>();
  for (let offset = 0; ; offset += KEPT_PAGE) {
    const address = `${DICOM_WEB}/studies/${encodeURIComponent(study)}/instances?limit=${KEPT_PAGE}&offset=${offset}`;
    const response = await fetch(address, { headers: { accept: 'application/dicom+json' }, signal });
    if (response.status !== 200) return sops;
    const rows = (await response.json()) as readonly DataSet[];
    for (const row of rows) {
      const sop = textOf(row, TAG.sopUid);
      if (sop !== undefined) sops.add(sop);
    }
    if (rows.length < KEPT_PAGE) return sops;
  }
}

/** Waits longer each time; a line that comes back ends the wait. */
function wait(attempt: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const ends = new AbortController();
    const done = (): void => {
      clearTimeout(later);
      ends.abort();
      resolve();
    };
    const later = setTimeout(done, Math.min(LONGEST_WAIT_ms, 1000 * 2 ** (attempt - 1)));
    self.addEventListener('online', done, { signal: ends.signal });
    signal.addEventListener('abort', done, { signal: ends.signal });
  });
}

const session = new UploadSession({ send, kept, wait }, tell, (refused) => {
  refusals.push(...refused);
});

scope.onmessage = ({ data }) => {
  if (data.say === 'pause') session.pause();
  else if (data.say === 'resume') session.resume();
  else if (data.say === 'cancel') session.cancel();
  else if (data.say === 'start') session.run(data.files).catch(() => scope.postMessage({ say: 'broken' }, []));
};
