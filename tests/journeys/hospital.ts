/**
 * Starts the real hospital with its demo data before the journeys and stops it after them.
 * `YUANYI_BIN` names the program; `YUANYI_URL` names a hospital that runs already, `YUANYI_MQTT` its door for devices.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installModels } from './model.ts';
import { startSpeechService } from './speech-service.ts';

/** The password of all demo accounts in the journeys. */
export const PASSWORD = process.env['YUANYI_PASSWORD'] ?? 'demo-pass-1';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = join(PROJECT, 'tests/journeys/out');
const LONGEST_START_ms = 300_000;

function program(): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? join(PROJECT, 'target');
  return process.env['YUANYI_BIN'] ?? join(target, 'debug/yuanyi');
}

interface Doors {
  /** Where a browser opens it. */
  readonly http: string;
  /** Where devices send. */
  readonly mqtt: string;
}

/** Waits for the words with which the program says where it is and that it is filled. */
function ready(hospital: ChildProcess): Promise<Doors> {
  return new Promise((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => reject(new Error(`the hospital was not ready in time; it said:\n${said}`)), LONGEST_START_ms);
    hospital.on('error', reject);
    hospital.on('exit', (code) => reject(new Error(`the hospital ended with ${code}; it said:\n${said}`)));
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const [, http] = /^\s*open\s+(http\S+)/m.exec(said) ?? [];
      const [, mqtt] = /^\s*MQTT\s+(\S+:\d+)/m.exec(said) ?? [];
      if (http === undefined || mqtt === undefined || !said.includes('ready after')) return;
      clearTimeout(late);
      resolve({ http: http.replace(/\/$/, ''), mqtt });
    };
    hospital.stdout?.on('data', hear);
    hospital.stderr?.on('data', hear);
  });
}

export default async function start(): Promise<() => Promise<void>> {
  if (process.env['YUANYI_URL']) return async () => {};
  mkdirSync(OUT, { recursive: true });
  const models = join(OUT, 'models');
  installModels(models);
  const speech = await startSpeechService();
  const ports = ['--http', '127.0.0.1:0', '--dicom', '127.0.0.1:0', '--mqtt', '127.0.0.1:0'];
  const hospital = spawn(program(), ['demo', '--demo-password', PASSWORD, ...ports], {
    cwd: PROJECT,
    // Journeys are of many days, and the same people walk them without a rest: each is reminded by its own time.
    env: { ...process.env, YUANYI_MODELS: models, YUANYI_SPEECH_URL: speech.url, YUANYI_ROOM_REST_S: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(OUT, 'hospital.txt'));
  hospital.stdout.pipe(log, { end: false });
  hospital.stderr.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => hospital.once('exit', () => resolve()));
  try {
    const { http, mqtt } = await ready(hospital);
    const answer = await fetch(`${http}/readyz`);
    if (!answer.ok) throw new Error(`/readyz answered ${answer.status}`);
    // The tests' own processes begin after this one and inherit what is said here.
    process.env['YUANYI_URL'] = http;
    process.env['YUANYI_MQTT'] = mqtt;
  } catch (error) {
    hospital.kill('SIGKILL');
    speech.server.close();
    throw error;
  }
  return async () => {
    hospital.kill('SIGINT');
    await ended;
    speech.server.close();
    delete process.env['YUANYI_URL'];
    delete process.env['YUANYI_MQTT'];
  };
}
