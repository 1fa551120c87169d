/** Reads a study or series as it streams in and makes a ZIP of it, off the page's thread. */
import { MultipartReader, boundaryOf } from '../dicom/multipart';
import type { DownloadJob, FromDownload } from './messages';
import { zipOf } from './zip';

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<DownloadJob>) => void) | null;
  postMessage(message: FromDownload, transfer: Transferable[]): void;
};
/** As they are stored, whatever their transfer syntax. */
const AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const TELL_EVERY_ms = 150;

async function run({ path, folder }: DownloadJob): Promise<FromDownload> {
  const response = await fetch(path, { headers: { accept: AS_STORED }, credentials: 'same-origin' });
  const boundary = boundaryOf(response.headers.get('content-type'));
  if (!response.ok || !response.body || boundary === undefined) return { say: 'failed', status: response.status };
  return { say: 'done', zip: await zipOf(objectsIn(response.body, boundary), folder) };
}

/** The objects of a body as they come; throws where it breaks off: that must not pass for a whole study. */
async function* objectsIn(body: ReadableStream<Uint8Array>, boundary: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const parts = new MultipartReader(boundary);
  const reader = body.getReader();
  let [bytes, told, count] = [0, 0, 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    for (const part of parts.push(value)) {
      count += 1;
      yield part.bytes;
    }
    if (performance.now() - told > TELL_EVERY_ms) {
      told = performance.now();
      scope.postMessage({ say: 'progress', bytes }, []);
    }
  }
  if (!parts.ended || count === 0) throw new Error('the answer breaks off');
}

scope.onmessage = ({ data }) => {
  run(data)
    .catch((): FromDownload => ({ say: 'failed', status: 0 }))
    .then((said) => scope.postMessage(said, []));
};
