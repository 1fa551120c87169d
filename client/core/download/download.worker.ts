/** Reads a study or series as it streams in and makes a ZIP of it, off the page's thread. */
import { MultipartReader, boundaryOf } from '../dicom/multipart';
import type { DownloadJob, FromDownload } from './messages';
import { ObjectsZip } from './zip';

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
  const parts = new MultipartReader(boundary);
  const zip = new ObjectsZip(folder);
  let [bytes, told] = [0, 0];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    for (const part of parts.push(value)) zip.add(part.bytes);
    if (performance.now() - told > TELL_EVERY_ms) {
      told = performance.now();
      scope.postMessage({ say: 'progress', bytes }, []);
    }
  }
  // A body that breaks off must not pass for a whole study.
  if (!parts.ended || zip.count === 0) return { say: 'failed', status: 0 };
  return { say: 'done', zip: zip.end() };
}

scope.onmessage = ({ data }) => {
  run(data)
    .catch((): FromDownload => ({ say: 'failed', status: 0 }))
    .then((said) => scope.postMessage(said, []));
};
