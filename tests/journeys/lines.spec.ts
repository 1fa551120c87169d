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

/** Counts what goes by sessions of WebTransport, from the next page on. */
async function countTransports(page: Page): Promise<() => Promise<Omit<Counted, 'state'> | undefined>> {
  await page.addInitScript(() => {
    const Real = globalThis.WebTransport;
    globalThis.WebTransport = class extends Real {
      constructor(url: string | URL, options?: WebTransportOptions) {
        super(url, options);
        const counts = { heard: 0, sent: 0 };
        const { readable, writable } = this.datagrams;
        const { port, hostname } = new URL(url);
        Object.assign(globalThis, { lastTransport: () => ({ options: { port, hostname, ...options }, ...counts }) });
        const [getReader, getWriter] = [readable.getReader.bind(readable) as () => ReadableStreamDefaultReader, writable.getWriter.bind(writable)];
        Object.assign(readable, {
          getReader: () => {
            const reader = getReader();
            const read = reader.read.bind(reader);
            reader.read = async () => {
              const got = await read();
              counts.heard += 1;
              return got;
            };
            return reader;
          },
        });
        writable.getWriter = () => {
          const writer = getWriter();
          const write = writer.write.bind(writer);
          writer.write = (chunk) => {
            counts.sent += 1;
            return write(chunk);
          };
          return writer;
        };
      }
    };
  });
  await page.reload();
  return () =>
    page.evaluate(() => {
      const { lastTransport } = globalThis as { lastTransport?: () => Counted };
      return lastTransport?.();
    });
}

/** Counts what goes by data channels, from the next page on, in a browser that has nothing better. */
async function countChannels(page: Page): Promise<() => Promise<Counted | undefined>> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, 'WebTransport');
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

test('where people are goes beside the socket by WebTransport, without a question to anybody', async ({ li }) => {
  const transport = await countTransports(li);
  await askForConsultation(li);
  await expect(li.locator('.room-bar .line-state')).toContainText('Live');
  // The hospital says something each second by it, and so does who is in the room.
  await expect.poll(async () => (await transport())?.heard ?? 0, { timeout: 30_000 }).toBeGreaterThan(2);
  await expect.poll(async () => (await transport())?.sent ?? 0, { timeout: 30_000 }).toBeGreaterThan(3);
  expect((await transport())?.options).toMatchObject({ hostname: new URL(li.url()).hostname, requireUnreliable: true, congestionControl: 'low-latency' });
});

test('where there is no WebTransport it goes by a data channel', async ({ li }) => {
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
