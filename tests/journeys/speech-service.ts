/**
 * A speech service for the journeys, by the interface of OpenAI's transcriptions. It understands no speech: of whatever
 * sound browsers record it says the same words, and refuses what is no such sound.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it says it has heard: an order, and a caption like any other. */
export const HEARD = { zh: '请举手。', en: 'Raise hand, please.' } as const;

/** How a file of WebM begins. */
const WEBM = Buffer.from([0x1a, 0x45, 0xdf, 0xa3]);

/** Starts it on this machine alone; answers the base of its interface. */
export async function startSpeechService(port = 0): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const language = /name="language"\r\n\r\n(zh|en)\r\n/.exec(body.toString('latin1'))?.[1];
      const isSound = body.includes(Buffer.concat([Buffer.from('content-type: audio/webm\r\n\r\n'), WEBM]));
      const known = request.method === 'POST' && request.url === '/v1/audio/transcriptions' && isSound && (language === 'zh' || language === 'en');
      response.writeHead(known ? 200 : 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify(known ? { text: HEARD[language] } : { error: { message: 'no sound' } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server };
}
