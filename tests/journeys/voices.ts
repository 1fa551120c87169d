/** Voices between browsers: devices that Chromium plays itself, and what each browser has received. */
import type { Page } from '@playwright/test';
import { expect } from './people.ts';

// Devices that Chromium plays itself: a camera with a clock and a microphone that beeps each second.
export const FAKE_DEVICES = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
];
/** What a browser has received. */
export interface Received {
  /** Packets of voices, by the browser's own count. */
  readonly voice: number;
  /** The largest sample of any voice within somewhat more than a second: the fake microphone beeps once in it. */
  readonly loudest: number;
  readonly pictures: number;
  readonly open: number;
}

/** Lets the page's lines be counted from outside. */
export async function countLines(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const lines: RTCPeerConnection[] = [];
    Reflect.set(window, 'lines', lines);
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        lines.push(this);
      }
    };
  });
}

export function received(page: Page): Promise<Received> {
  return page.evaluate(async () => {
    const lines = (Reflect.get(window, 'lines') as RTCPeerConnection[]).filter((line) => line.connectionState !== 'closed');
    const sum = { voice: 0, loudest: 0, pictures: 0, open: lines.length };
    const ear = new AudioContext();
    await ear.resume();
    const tracks = lines.flatMap((line) => line.getReceivers().map(({ track }) => track));
    const voices = tracks.filter(({ kind }) => kind === 'audio').map((track) => {
      const analyser = ear.createAnalyser();
      ear.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      return analyser;
    });
    const wave = new Float32Array(2048);
    const end = performance.now() + 1_500;
    while (performance.now() < end) {
      await new Promise((go) => setTimeout(go, 30));
      for (const voice of voices) {
        voice.getFloatTimeDomainData(wave);
        for (const sample of wave) sum.loudest = Math.max(sum.loudest, Math.abs(sample));
      }
    }
    await ear.close();
    for (const line of lines) {
      for (const report of (await line.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        if (report.kind === 'audio') sum.voice += report.packetsReceived;
        else sum.pictures += report.framesDecoded ?? 0;
      }
    }
    return sum;
  });
}

/** Of a picture of others: whether it has more than a camera's points, and whether all of them are alike. */
export function pictureSeen(page: Page, source: 'camera' | 'screen'): Promise<{ isLarge: boolean; isPlain: boolean }> {
  return page.locator(`.picture[data-source=${source}][data-own=false] video`).evaluate((video: HTMLVideoElement) => {
    const paper = new OffscreenCanvas(64, 36).getContext('2d');
    paper?.drawImage(video, 0, 0, 64, 36);
    const shades = new Set(paper?.getImageData(0, 0, 64, 36).data.filter((_, i) => i % 4 === 1).map((green) => green >> 4));
    return { isLarge: video.videoWidth > 640, isPlain: shades.size < 3 };
  });
}

/** The sizes in which a browser sends its camera, by their names, once pictures went out in each. */
export function sizesSent(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const sizes: string[] = [];
    for (const line of Reflect.get(window, 'lines') as RTCPeerConnection[])
      for (const report of (await line.getStats()).values()) if (report.type === 'outbound-rtp' && report.rid && report.framesSent > 0) sizes.push(report.rid);
    return sizes.sort();
  });
}

export async function join(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Join voice' }).click();
  await expect(page.locator('.voice-bar')).toHaveAttribute('data-voice', 'in');
}
