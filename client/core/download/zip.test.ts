import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { dicomFile } from '../dicom/test-object';
import { zipOf } from './zip';

async function* several(...objects: Uint8Array<ArrayBuffer>[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield* objects;
}
const object = (sop: string): Uint8Array<ArrayBuffer> => dicomFile('1.2.840.10008.5.1.4.1.1.2', sop, { '00080018': ['UI', sop], '0020000D': ['UI', '1.2.9'] });

test('objects come out of the ZIP as they went in, under their own names', async () => {
  const zip = await zipOf(several(object('1.2.3'), object('1.2.4'), object('1.2.3'), new Uint8Array(40)), '1.2.9', 100);
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  expect(Object.keys(files).sort()).toEqual(['1.2.9/1.2.3-2.dcm', '1.2.9/1.2.3.dcm', '1.2.9/1.2.4.dcm', '1.2.9/object-4.dcm']);
  expect(files['1.2.9/1.2.4.dcm']).toEqual(object('1.2.4'));
});

test('a download that breaks off gives no ZIP', async () => {
  async function* broken(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield object('1.2.3');
    throw new Error('the line broke');
  }
  await expect(zipOf(broken(), 'a')).rejects.toThrow('the line broke');
});
