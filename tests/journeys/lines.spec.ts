/** A room over lines that carry less than a WebSocket, or more. */
import type { Page } from '@playwright/test';
import { askForConsultation } from './consultation.ts';
import { expect, test } from './people.ts';

interface Counted {
  readonly state: string;
  readonly options: unknown;
  readonly heard: number;
  readonly sent: number;
}

/** Counts what goes by data channels, from the next page on. */
async function countChannels(page: Page): Promise<() => Promise<Counted | undefined>> {
  await page.addInitScript(() => {
    const made = RTCPeerConnection.prototype.createDataChannel;
    RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = made.call(this, label, options);
      const counts = { heard: 0, sent: 0 };
      channel.addEventListener('message', () => (counts.heard += 1));
      const send = channel.send.bind(channel) as (data: ArrayBufferView<ArrayBuffer>) => void;
      channel.send = (data: unknown) => {
        counts.sent += 1;
        send(data as ArrayBufferView<ArrayBuffer>);
      };
      Object.assign(globalThis, { lastChannel: () => ({ state: channel.readyState, options, ...counts }) });
      return channel;
    };
  });
  await page.reload();
  return () =>
    page.evaluate(() => {
      const { lastChannel } = globalThis as { lastChannel?: () => Counted };
      return lastChannel?.();
    });
}

test('where people are goes beside the socket as datagrams, without a question to anybody', async ({ li }) => {
  const channel = await countChannels(li);
  await askForConsultation(li);
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  await expect.poll(async () => (await channel())?.state, { timeout: 30_000 }).toBe('open');
  expect((await channel())?.options).toEqual({ ordered: false, maxRetransmits: 0 });
  // The hospital says something each second by it, and so does who is in the room.
  await expect.poll(async () => (await channel())?.heard ?? 0, { timeout: 30_000 }).toBeGreaterThan(2);
  await expect.poll(async () => (await channel())?.sent ?? 0, { timeout: 30_000 }).toBeGreaterThan(3);
});

test('where no WebSocket opens the room goes by events and requests', async ({ li }) => {
  await li.addInitScript(() => {
    globalThis.WebSocket = class extends EventTarget {
      constructor() {
        super();
        setTimeout(() => this.dispatchEvent(new Event('close')));
      }
      close(): void {
        // It never was open.
      }
    } as unknown as typeof WebSocket;
  });
  await li.reload();
  const streams: string[] = [];
  li.on('request', (request) => {
    if (/\/api\/rooms\/[^/]+\/(stream|frames)$/.test(request.url())) streams.push(request.url());
  });
  await askForConsultation(li);
  await expect(li.locator('.room-bar .line-state')).toContainText('Live', { timeout: 30_000 });
  await li.getByRole('tab', { name: 'View' }).click();
  await li.getByRole('radio', { name: 'Lung' }).check({ force: true });
  await expect(li.getByText('-600 HU')).toBeVisible();
  // The act must have reached the journal before the page goes away.
  await li.waitForTimeout(1_500);
  await li.reload();
  await expect(li.locator('.room-bar .line-state')).toContainText('Live', { timeout: 30_000 });
  await li.getByRole('tab', { name: 'View' }).click();
  await expect(li.getByRole('radio', { name: 'Lung' })).toBeChecked();
  expect(streams.some((url) => url.endsWith('/stream'))).toBe(true);
  expect(streams.some((url) => url.endsWith('/frames'))).toBe(true);
});
