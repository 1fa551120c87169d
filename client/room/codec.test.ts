import { describe, expect, it } from 'vitest';
import fixtures from '../../contract/fixtures/room-frames.json';
import type { ClientFrame, ServerFrame } from '../../contract/room';
import { Reader, WireError } from './bytes';
import { bytesFromHex, decode, encode, hexFromBytes } from './codec';
import { readPose } from './pose-codec';

/** JSON that crate `room` wrote may say 1.0 where JavaScript says 1: such bytes differ and mean the same. */
function bytesOf(frame: ClientFrame): string {
  return hexFromBytes(encode(frame));
}

describe('the fixtures of the contract', () => {
  it.each(fixtures.client.map((one) => [one.name, one] as const))('are written: %s', (_, { frame, hex }) => {
    const sent = frame as unknown as ClientFrame;
    if (sent.frame === 'act') {
      const json = (bytes: string): unknown => new Reader(bytesFromHex(bytes.slice(10))).json();
      expect(bytesOf(sent).slice(0, 10)).toBe(hex.slice(0, 10));
      expect(json(bytesOf(sent))).toEqual(json(hex));
    } else {
      expect(bytesOf(sent)).toBe(hex);
    }
    if (sent.frame === 'pose') expect(readPose(new Reader(bytesFromHex(hex.slice(2))))).toEqual(sent.pose);
  });

  it.each(fixtures.server.map((one) => [one.name, one] as const))('are read: %s', (_, { frame, hex }) => {
    const bytes = bytesFromHex(hex);
    expect(decode(bytes)).toEqual(frame as unknown as ServerFrame);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.subarray(0, length)), `cut to ${length}`).toThrow(WireError);
    }
  });

  it.each(fixtures.broken_server.map((one) => [one.name, one.hex] as const))('are refused: %s', (_, hex) => {
    expect(() => decode(bytesFromHex(hex))).toThrow(WireError);
  });
});
