import { afterEach, expect, test, vi } from 'vitest';
import { MediaLine } from './media-line';

afterEach(() => vi.unstubAllGlobals());

/** A browser that connects at once, and refuses more than so many sizes of a picture. */
async function sent(sizes: number): Promise<(readonly (string | undefined)[])[]> {
  const added: RTCRtpTransceiverInit[] = [];
  vi.stubGlobal(
    'RTCPeerConnection',
    class {
      readonly connectionState = 'connected';
      readonly localDescription = { sdp: 'v=0' };
      addTransceiver(_kind: string, init: RTCRtpTransceiverInit): { mid: string } {
        if ((init.sendEncodings?.length ?? 0) > sizes) throw new TypeError('too many encodings');
        added.push(init);
        return { mid: String(added.length - 1) };
      }
      createOffer = async (): Promise<object> => ({});
      setLocalDescription = async (): Promise<void> => undefined;
      setRemoteDescription = async (): Promise<void> => undefined;
    },
  );
  const door = { open: true, relays: [], speech: false };
  const offers: unknown[] = [];
  await MediaLine.open({ door: async () => door as never, offer: async (offer) => (offers.push(offer), { sdp: 'v=0' }) as never }, 1);
  expect(offers).toMatchObject([{ microphone: '0', camera: '1', screen: '2', around: '3' }]);
  return added.slice(0, 4).map(({ sendEncodings }) => (sendEncodings ?? []).map(({ rid }) => rid));
}

test('a camera is sent in two sizes, a screen and a picture of all around in one', async () => {
  expect(await sent(2)).toEqual([[], ['h', 'l'], [undefined], [undefined]]);
});

test('a browser that refuses two sizes sends one', async () => {
  expect(await sent(1)).toEqual([[], [undefined], [undefined], [undefined]]);
});
