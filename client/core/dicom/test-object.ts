/** Small DICOM objects for tests: explicit VR little endian, text in UTF-8 (PS3.5, PS3.10). */

/** An element: value representation, then text, numbers or items. */
export type Element =
  | readonly ['SQ', readonly Elements[]]
  | readonly ['US' | 'SS', number | readonly number[]]
  | readonly ['SL' | 'FL', readonly number[]]
  | readonly ['OB' | 'OW', Uint8Array]
  | readonly [vr: 'AE' | 'CS' | 'DA' | 'DS' | 'IS' | 'LO' | 'PN' | 'SH' | 'ST' | 'TM' | 'UI', text: string];
/** Elements by tag. */
export type Elements = Readonly<Record<string, Element>>;

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
/** Names this client as the writer (PS3.7 D.3.3.2); made from a random UUID once. */
const IMPLEMENTATION = '2.25.256180284498413170153180184461013174102';

/** A file with its meta group. */
export function dicomFile(classUid: string, sopUid: string, elements: Elements): Uint8Array<ArrayBuffer> {
  const meta = encoded({
    '00020001': ['OB', Uint8Array.of(0, 1)],
    '00020002': ['UI', classUid],
    '00020003': ['UI', sopUid],
    '00020010': ['UI', EXPLICIT_LITTLE_ENDIAN],
    '00020012': ['UI', IMPLEMENTATION],
  });
  const length = new Uint8Array([0x02, 0, 0, 0, 0x55, 0x4c, 4, 0, 0, 0, 0, 0]);
  new DataView(length.buffer).setUint32(8, meta.length, true);
  return joined([new Uint8Array(128), new TextEncoder().encode('DICM'), length, meta, encoded(elements)]);
}

/** A data set, its elements in the order of their tags. */
export function encoded(elements: Elements): Uint8Array<ArrayBuffer> {
  return joined(Object.keys(elements).sort().flatMap((tag) => {
    const element = elements[tag];
    return element ? elementBytes(tag, element) : [];
  }));
}

function elementBytes(tag: string, element: Element): Uint8Array[] {
  const [vr] = element;
  const value = valueOf(element);
  const long = vr === 'SQ' || vr === 'OB' || vr === 'OW';
  const head = new Uint8Array(long ? 12 : 8);
  const view = new DataView(head.buffer);
  view.setUint16(0, Number.parseInt(tag.slice(0, 4), 16), true);
  view.setUint16(2, Number.parseInt(tag.slice(4), 16), true);
  head.set(new TextEncoder().encode(vr), 4);
  if (long) view.setUint32(8, value.length, true);
  else view.setUint16(6, value.length, true);
  return [head, value];
}

function valueOf([vr, value]: Element): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (vr === 'SL') return new Uint8Array(Int32Array.from(value).buffer);
  if (vr === 'FL') return new Uint8Array(Float32Array.from(value).buffer);
  if (typeof value === 'number') return words(value);
  if (typeof value !== 'string') return joined(value.flatMap((item) => (typeof item === 'number' ? [words(item)] : itemBytes(encoded(item)))));
  const text = new TextEncoder().encode(value);
  // Values have an even length: identifiers are filled with a zero, text with a space.
  return text.length % 2 === 0 ? text : joined([text, Uint8Array.of(vr === 'UI' ? 0 : 0x20)]);
}

/** Words of 16 bits, little endian. */
export function words(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff]));
}

function itemBytes(item: Uint8Array): Uint8Array[] {
  const head = new Uint8Array([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  new DataView(head.buffer).setUint32(4, item.length, true);
  return [head, item];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
