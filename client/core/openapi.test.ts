import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the description of the calls is what the types and the list of calls say', () => {
  const script = fileURLToPath(new URL('../../contract/openapi/write.mjs', import.meta.url));
  expect(() => execFileSync('node', [script, '--check'])).not.toThrow();
}, 60_000);
