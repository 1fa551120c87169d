/** A look at the head of a file: whether it is DICOM, which object it is, and what a DICOMDIR names. */
import { parseDicom } from 'dicom-parser';
import type { DataSet as Parsed } from 'dicom-parser';

/** What is known of an object before it is sent. */
export interface Peek {
  readonly sop: string | undefined;
  readonly study: string | undefined;
}

/** Bytes of a file's head that are looked at; identifiers stand within them in all but strange files. */
export const HEAD_BYTES = 64 << 10;

/** Whether bytes begin as a DICOM object does: with a preamble, or at once with a group that comes first. */
export function isDicom(head: Uint8Array): boolean {
  const prefix = String.fromCharCode(...head.subarray(128, 132));
  if (prefix === 'DICM') return true;
  return (head[0] === 0x02 || head[0] === 0x08) && head[1] === 0 && head[3] === 0 && head.length > 8;
}

/** Whether bytes begin as a ZIP archive does. */
export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04;
}

/** Whether a path is that of a table of contents rather than of an object. */
export function isDirectoryName(path: string): boolean {
  return /(^|\/)DICOMDIR$/i.test(path);
}

/** The identifiers of an object; what the head does not tell is left open, and the server will say. */
export function peek(head: Uint8Array): Peek {
  // The series' number follows the study's and the object's in every data set.
  const parsed = parsedHead(head, 'x0020000e');
  const uid = (tag: string): string | undefined => {
    const text = parsed?.string(tag)?.replaceAll('\0', '').trim();
    return text === undefined || text === '' ? undefined : text;
  };
  return { sop: uid('x00080018') ?? uid('x00020003'), study: uid('x0020000d') };
}

/** The files that a DICOMDIR names, as paths below its folder; `undefined` where it cannot be read. */
export function directoryOf(bytes: Uint8Array): readonly string[] | undefined {
  const records = parsedHead(bytes, undefined)?.elements['x00041220'];
  if (!records) return undefined;
  return (records.items ?? [])
    .map(({ dataSet }) => dataSet?.string('x00041500'))
    .filter((id): id is string => typeof id === 'string' && id !== '')
    .map((id) => id.split('\\').map((part) => part.trim()).join('/'));
}

function parsedHead(bytes: Uint8Array, untilTag: string | undefined): Parsed | undefined {
  try {
    return parseDicom(bytes, untilTag === undefined ? {} : { untilTag });
  } catch (error) {
    // A head that breaks off still holds what came before; the parser hands it over with the error.
    const partly: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'dataSet') : undefined;
    return typeof partly === 'object' && partly !== null ? (partly as Parsed) : undefined;
  }
}
