import { describe, expect, test } from 'vitest';
import { bytesOfHex, hexOf, leafHash, nodeHash, readKey, readNote, rootFrom, verifyEntry } from './ledger';
import type { Evidence } from './ledger';

type Bytes = Uint8Array<ArrayBuffer>;
const bytes = (hex: string): Bytes => bytesOfHex(hex) ?? new Uint8Array();
const base64 = (data: Uint8Array): string => btoa(String.fromCharCode(...data));

// The leaves and roots that the Certificate Transparency project tests RFC 6962 with.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The root and the path of one leaf, by the definitions of RFC 6962 section 2.1, not by the checker's way. */
async function tree(leaves: readonly Bytes[], index: number): Promise<{ root: Bytes; path: string[] }> {
  const only = leaves[0];
  if (leaves.length === 1 && only) return { root: only, path: [] };
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = await tree(leaves.slice(0, split), index);
  const right = await tree(leaves.slice(split), index - split);
  const root = await nodeHash(left.root, right.root);
  return index < split ? { root, path: [...left.path, hexOf(right.root)] } : { root, path: [...right.path, hexOf(left.root)] };
}

describe('inclusion', () => {
  test.each(ROOTS.map((root, at) => [at + 1, root] as const))('every leaf of a tree of %i', async (size, expected) => {
    const leaves = await Promise.all(LEAVES.slice(0, size).map((leaf) => leafHash(bytes(leaf))));
    for (const [index, leaf] of leaves.entries()) {
      const { root, path } = await tree(leaves, index);
      expect(hexOf(root)).toBe(expected);
      const found = await rootFrom({ index, size, path }, leaf);
      expect(found && hexOf(found)).toBe(expected);
      // The same path for another place, another size or cut short leads elsewhere or nowhere.
      const wrong = [
        { index: index + 1, size, path },
        { index, size: size + 1, path: [...path, expected, expected] },
        { index, size, path: [...path, expected] },
        ...(path.length > 0 ? [{ index, size, path: path.slice(1) }] : []),
      ];
      for (const proof of wrong) {
        const other = await rootFrom(proof, leaf);
        expect(other && hexOf(other)).not.toBe(expected);
      }
    }
  });

  test('beyond 32 bits', async () => {
    const leaf = await leafHash(bytes('00'));
    const size = 2 ** 33 + 1;
    // The last leaf of such a tree stands alone on the right: its path is the one root on the left.
    const found = await rootFrom({ index: size - 1, size, path: [ROOTS[7] ?? ''] }, leaf);
    expect(found && hexOf(found)).toBe(hexOf(await nodeHash(bytes(ROOTS[7] ?? ''), leaf)));
  });
});

async function evidence(): Promise<Evidence> {
  const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  const name = 'yuanyi.test/log';
  const typed = Uint8Array.of(1, ...raw);
  const id = new Uint8Array(
    await crypto.subtle.digest('SHA-256', Uint8Array.of(...new TextEncoder().encode(`${name}\n`), ...typed)),
  ).slice(0, 4);
  const entry = new TextEncoder().encode('{"sequence":2}');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', entry));
  const leaves = await Promise.all([bytes('00'), bytes('01'), digest, bytes('03'), bytes('04')].map((one) => leafHash(one)));
  const { root, path } = await tree(leaves, 2);
  const text = `${name}\n5\n${base64(root)}\n`;
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', keys.privateKey, new TextEncoder().encode(text)));
  return {
    entry,
    proof: { index: 2, size: 5, leaf: hexOf(await leafHash(digest)), path },
    checkpoint: {
      size: 5,
      root: hexOf(root),
      note: `${text}\n\u2014 ${name} ${base64(Uint8Array.of(...id, ...signature))}\n`,
    },
    key: `${name}+${hexOf(id)}+${base64(typed)}`,
  };
}

const failed = async (changed: Evidence): Promise<string[]> =>
  (await verifyEntry(changed)).steps.filter(({ state }) => state === 'bad').map(({ name }) => name);

describe('a whole proof', () => {
  test('holds', async () => {
    const verdict = await verifyEntry(await evidence());
    expect(verdict.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'entry ok',
      'leaf ok',
      'inclusion ok',
      'checkpoint ok',
      'key ok',
      'signature ok',
    ]);
    expect(verdict.result).toBe('proved');
  });

  test('names the step at which it fails', async () => {
    const good = await evidence();
    const flipped = good.entry.slice();
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    expect(await failed({ ...good, entry: flipped })).toEqual(['leaf', 'inclusion']);

    const path = [...good.proof.path].reverse();
    expect(await failed({ ...good, proof: { ...good.proof, path } })).toEqual(['inclusion']);

    const older = { ...good.checkpoint, size: 4 };
    expect(await failed({ ...good, checkpoint: older })).toEqual(['checkpoint']);

    const note = good.checkpoint.note.replace('\n5\n', '\n6\n');
    expect(await failed({ ...good, checkpoint: { ...good.checkpoint, note } })).toEqual(['checkpoint', 'signature']);

    const other = await evidence();
    expect(await failed({ ...good, key: other.key })).toEqual(['key', 'signature']);
    expect(await failed({ ...good, checkpoint: { ...good.checkpoint, note: 'nothing' } })).toEqual([
      'inclusion',
      'checkpoint',
      'key',
      'signature',
    ]);
  });
});

// The example of the C2SP signed-note specification's implementation in Go (golang.org/x/mod/sumdb/note).
describe('keys and notes of others', () => {
  const KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

  test('a key is read and its number checked', async () => {
    expect((await readKey(KEY))?.name).toBe('PeterNeumann');
    expect(await readKey(KEY.replace('c74f', 'c74e'))).toBeUndefined();
    expect(await readKey('PeterNeumann')).toBeUndefined();
  });

  test('its signature holds over its text', async () => {
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const signature = bytesOfBase64(
      'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
    );
    const key = await readKey(KEY);
    if (!key) throw new Error('no key');
    expect(hexOf(signature.slice(0, 4))).toBe(key.id);
    const imported = await crypto.subtle.importKey('raw', key.key, 'Ed25519', false, ['verify']);
    const holds = await crypto.subtle.verify('Ed25519', imported, signature.slice(4), new TextEncoder().encode(text));
    expect(holds).toBe(true);
  });

  test('a note without size, root or signature is none', () => {
    expect(readNote('log\n1\nAAAA\n\n')).toBeUndefined();
    expect(readNote(`log\n01\n${base64(new Uint8Array(32))}\n\n`)).toBeUndefined();
    expect(readNote(`log\n1\n${base64(new Uint8Array(32))}\n\n`)?.signatures).toEqual([]);
  });
});

function bytesOfBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
