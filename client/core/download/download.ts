/** Downloads a study or a series as a ZIP that this browser makes. */
import { ApiError } from '../api';
import { seriesPath, studyPath } from '../dicom/dicom-web';
import type { FromDownload } from './messages';

/** How long the browser may take to begin to save before the address of the ZIP is let go. */
const LET_GO_ms = 60_000;

export function downloadZip(study: string, series: string | undefined, told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const worker = new Worker(new URL('./download.worker.ts', import.meta.url), { type: 'module' });
  const name = series ?? study;
  return new Promise<void>((resolve, reject) => {
    const fail = (status: number): void => {
      const kind = status === 0 ? 'unreachable' : status === 403 ? 'refused' : status === 404 ? 'not-found' : 'failed';
      reject(new ApiError(kind, status, '', undefined, undefined));
    };
    signal.addEventListener('abort', () => reject(new Error('stopped')));
    worker.addEventListener('error', () => fail(-1));
    worker.addEventListener('message', ({ data }: MessageEvent<FromDownload>) => {
      if (data.say === 'progress') return told(data.bytes);
      if (data.say === 'failed') return fail(data.status);
      save(data.zip, `${name}.zip`);
      return resolve();
    });
    worker.postMessage({ path: series === undefined ? studyPath(study) : seriesPath(study, series), folder: name }, []);
  }).finally(() => worker.terminate());
}

/** Hands a file to the browser's downloads. */
export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), LET_GO_ms);
}
