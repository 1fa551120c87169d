import { describe, expect, it } from 'vitest';
import fixtures from '../../contract/fixtures/room-frames.json';
import type { ClientFrame, ServerFrame } from '../../contract/room';
import { Reader, WireError } from './bytes';
import { bytesFromHex, decode, encode, hexFromBytes } from './codec';
import { readPose } from './pose-codec';

const named = <One extends { name: string }>(list: One[]): (readonly [string, One])[] => list.map((one) => [one.name, one] as const);
const isAct = ({ frame }: { frame: { frame: string } }): boolean => frame.frame === 'act';
const isPose = ({ frame }: { frame: { frame: string } }): boolean => frame.frame === 'pose';
const bytesOf = (frame: unknown): string => hexFromBytes(encode(frame as ClientFrame));

describe('the fixtures of the contract', () => {
  it.each(named(fixtures.client.filter((one) => !isAct(one))))('are written: %s', (_, { frame, hex }) => {
    expect(bytesOf(frame)).toBe(hex);
  });

  // JSON that crate `room` wrote may say 1.0 where JavaScript says 1: such bytes differ and mean the same.
  it.each(named(fixtures.client.filter(isAct)))('are written with the same JSON: %s', (_, { frame, hex }) => {
    const json = (bytes: string): unknown => new Reader(bytesFromHex(bytes.slice(10))).json();
    expect(bytesOf(frame).slice(0, 10)).toBe(hex.slice(0, 10));
    expect(json(bytesOf(frame))).toEqual(json(hex));
  });

  it.each(named(fixtures.client.filter(isPose)))('are read back: %s', (_, { frame, hex }) => {
    expect({ frame: 'pose', pose: readPose(new Reader(bytesFromHex(hex.slice(2)))) }).toEqual(frame);
  });

  it.each(named(fixtures.server))('are read: %s', (_, { frame, hex }) => {
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
