import { describe, expect, test } from 'vitest';
import { MultipartReader, boundaryOf } from '../core/dicom/multipart';
import { PixelError, pixelsOf } from './pixels';

const grey = (bits: 1 | 8 | 16 | 32, signed: boolean, bitsStored: number = bits) => ({ form: 'grey', bits, bitsStored, signed }) as const;

describe('samples', () => {
  test.each([
    ['signed 16 bit', Uint8Array.of(0x00, 0xfc, 0xff, 0x0b), grey(16, true), [-1024, 3071]],
    ['unsigned 16 bit', Uint8Array.of(0xff, 0xff, 1, 0), grey(16, false), [65_535, 1]],
    ['12 of 16 bits with an overlay above', Uint8Array.of(0xff, 0xff, 0x01, 0x10), grey(16, false, 12), [4095, 1]],
    ['signed 12 of 16 bits', Uint8Array.of(0xff, 0x0f, 0xff, 0x07), grey(16, true, 12), [-1, 2047]],
    ['single bits', Uint8Array.of(0b10), grey(1, false), [0, 1]],
    ['32 bit', Uint8Array.of(1, 0, 0, 0x80, 2, 0, 0, 0), grey(32, true), [-2_147_483_647, 2]],
  ])('of %s', (_, octets, form, expected) => {
    const pixels = pixelsOf(octets, form, 2, 1);
    if (pixels.kind !== 'grey') throw new Error('expected grey');
    expect([...pixels.samples]).toEqual(expected);
    expect([pixels.least, pixels.most]).toEqual([Math.min(...expected), Math.max(...expected)]);
  });

  test('are read from an odd place too', () => {
    const inner = Uint8Array.of(9, 1, 2, 3, 4).subarray(1);
    const pixels = pixelsOf(inner, grey(16, false), 2, 1);
    expect(pixels.kind === 'grey' && [...pixels.samples]).toEqual([0x0201, 0x0403]);
  });

  test('that are too few are an error, not zeros', () => {
    expect(() => pixelsOf(new Uint8Array(3), grey(16, false), 2, 1)).toThrow(PixelError);
    expect(() => pixelsOf(new Uint8Array(5), { form: 'rgb', planar: false }, 2, 1)).toThrow(PixelError);
  });

  test('of colour come by pixel or by plane', () => {
    const byPixel = pixelsOf(Uint8Array.of(1, 2, 3, 4, 5, 6), { form: 'rgb', planar: false }, 2, 1);
    const byPlane = pixelsOf(Uint8Array.of(1, 4, 2, 5, 3, 6), { form: 'rgb', planar: true }, 2, 1);
    const rgba = [1, 2, 3, 255, 4, 5, 6, 255];
    expect(byPixel.kind === 'colour' && [...byPixel.rgba]).toEqual(rgba);
    expect(byPlane.kind === 'colour' && [...byPlane.rgba]).toEqual(rgba);
  });
});

describe('a multipart body', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const body =
    '--b1\r\nContent-Type: application/dicom\r\nContent-Length: 7\r\n\r\n--b1 in\r\n' +
    '--b1\r\nContent-Type: text/plain\r\n\r\nno \r\nlength\r\n--b1--\r\n';

  test.each([1, 2, 7, 1000])('is read in pieces of %j bytes', (size) => {
    const reader = new MultipartReader('b1');
    const parts: string[] = [];
    const all = bytes(body);
    for (let at = 0; at < all.length; at += size) {
      for (const part of reader.push(all.subarray(at, at + size))) parts.push(`${part.type}|${String.fromCharCode(...part.bytes)}`);
    }
    expect(parts).toEqual(['application/dicom|--b1 in', 'text/plain|no \r\nlength']);
    expect(reader.ended).toBe(true);
  });

  test('that breaks off has not ended', () => {
    const reader = new MultipartReader('b1');
    expect(reader.push(bytes(body.slice(0, 60)))).toHaveLength(0);
    expect(reader.ended).toBe(false);
  });

  test.each([
    ['multipart/related; type="application/dicom"; boundary=abc', 'abc'],
    ['multipart/related; boundary="a b"; type=x', 'a b'],
    ['application/octet-stream', undefined],
    [null, undefined],
  ])('names its boundary in %j', (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });
});
