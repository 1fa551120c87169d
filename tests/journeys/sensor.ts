/** A device that sends over MQTT 3.1.1: one message after the other, each once the one before was acknowledged. */
import { connect } from 'node:net';

export interface Message {
  /** The stream, below the device's own name. */
  readonly stream: string;
  readonly says: Readonly<Record<string, unknown>>;
}

const CONNECT = 0x10;
/** With QoS 1: the hospital answers each, whether it is taken or refused. */
const PUBLISH = 0x32;
const DISCONNECT = 0xe0;
const CONNECTED = 0x20;
const ACKNOWLEDGED = 0x40;
/** A clean session, with a name and a password. */
const FLAGS = 0xc2;
/** Answers to a connection and to a message are of one length. */
const ANSWER_bytes = 4;

const short = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([short(bytes.length), bytes]);
}

function packet(kind: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; length.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from([kind, ...length]), body]);
}

/** Connects as this device, sends all, and leaves. */
export function send(mqtt: string, device: { readonly id: string; readonly token: string }, messages: readonly Message[]): Promise<void> {
  const { hostname, port } = new URL(`tcp://${mqtt}`);
  const left = [...messages];
  return new Promise((resolve, reject) => {
    const line = connect(Number(port), hostname);
    let heard: Buffer = Buffer.alloc(0);
    let number = 0;
    const next = (): void => {
      const message = left.shift();
      if (message === undefined) {
        line.end(packet(DISCONNECT));
        resolve();
        return;
      }
      number += 1;
      const says = Buffer.from(JSON.stringify(message.says));
      line.write(packet(PUBLISH, text(`yuanyi/v1/${device.id}/${message.stream}`), short(number), says));
    };
    const fail = (why: string): void => {
      reject(new Error(why));
      line.destroy();
    };
    line.on('error', reject);
    // After all was acknowledged nobody listens to this any more.
    line.on('close', () => reject(new Error(`the hospital ended the line with ${left.length} messages left`)));
    line.on('data', (piece: Buffer) => {
      heard = Buffer.concat([heard, piece]);
      for (; heard.length >= ANSWER_bytes; heard = heard.subarray(ANSWER_bytes)) {
        const [kind, , , code] = heard;
        if (kind === CONNECTED && code !== 0) fail(`the device is turned away with ${code}`);
        else if (kind === CONNECTED || kind === ACKNOWLEDGED) next();
        else fail(`the hospital answers with a packet of kind ${kind}`);
      }
    });
    const alive_s = short(60);
    const head = Buffer.concat([text('MQTT'), Buffer.from([4, FLAGS]), alive_s]);
    line.write(packet(CONNECT, head, text(device.id), text(device.id), text(device.token)));
  });
}
