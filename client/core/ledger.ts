/**
 * Checks in the browser that an entry stands in the hospital's ledger, taking the server's word for nothing:
 * entry bytes → digest → leaf → inclusion proof (RFC 6962) → root → signed checkpoint (C2SP signed-note, Ed25519).
 */

/** What `/api/ledger/inclusion/{seq}` answers. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  /** Hexadecimal, as all hashes here. */
  readonly leaf: string;
  readonly path: readonly string[];
}

/** What `/api/ledger/checkpoint` answers. */
export interface Checkpoint {
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

export type StepName = 'entry' | 'leaf' | 'inclusion' | 'checkpoint' | 'key' | 'signature';

/** One step of the proof, with the hash that this browser computed. */
export interface Step {
  readonly name: StepName;
  readonly state: 'ok' | 'bad' | 'skipped';
  readonly computed: string;
}

export interface Verdict {
  /** `partly`: all that this browser can check holds, but it lacks Ed25519. */
  readonly result: 'proved' | 'partly' | 'failed';
  readonly steps: readonly Step[];
}

/** What is to be proved, and with what. */
export interface Evidence {
  readonly entry: Uint8Array<ArrayBuffer>;
  readonly proof: InclusionProof;
  readonly checkpoint: Checkpoint;
  /** The log's verifier key: `name+keyid+base64`. */
  readonly key: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

const ED25519 = 1;

async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

/** Hexadecimal of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes of hexadecimal, or nothing where it is none. */
export function bytesOfHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
}

function bytesOfBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The hash of a leaf: SHA-256 of a zero byte and the leaf's data. */
export function leafHash(data: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(0), data);
}

/** The hash of an inner node: SHA-256 of a one byte and both children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right);
}

/** The root that a proof leads to (RFC 9162 section 2.1.3.2), or nothing where it cannot be one. */
export async function rootFrom(proof: Omit<InclusionProof, 'leaf'>, leaf: Bytes): Promise<Bytes | undefined> {
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (!whole(proof.index) || !whole(proof.size) || proof.index >= proof.size) return undefined;
  // Halving by division: a ledger may outgrow the 32 bits of JavaScript's shifts.
  let index = proof.index;
  let last = proof.size - 1;
  let root = leaf;
  for (const text of proof.path) {
    const sibling = bytesOfHex(text);
    if (sibling?.length !== 32 || last === 0) return undefined;
    if (index % 2 === 1 || index === last) {
      root = await nodeHash(sibling, root);
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = await nodeHash(root, sibling);
    }
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}

interface Note {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  /** The bytes that are signed. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly bytes: Bytes }[];
}

/** Reads a signed note (C2SP `signed-note`, `tlog-checkpoint`). */
export function readNote(note: string): Note | undefined {
  const split = note.indexOf('\n\n');
  if (split < 0) return undefined;
  const text = note.slice(0, split + 1);
  const [origin, size, root] = text.split('\n');
  const rootBytes = bytesOfBase64(root ?? '');
  if (!origin || !size || !/^(0|[1-9]\d*)$/.test(size) || rootBytes?.length !== 32) return undefined;
  const signatures = note
    .slice(split + 2)
    .split('\n')
    .flatMap((line) => {
      const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
      const bytes = encoded === undefined ? undefined : bytesOfBase64(encoded);
      return name !== undefined && bytes?.length === 68 ? [{ name, bytes }] : [];
    });
  return { origin, size: Number(size), root: hexOf(rootBytes), text, signatures };
}

interface Key {
  readonly name: string;
  readonly id: string;
  readonly key: Bytes;
}

/** Reads a verifier key, and checks that its number is that of its name and bytes. */
export async function readKey(text: string): Promise<Key | undefined> {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const typed = encoded === undefined ? undefined : bytesOfBase64(encoded);
  if (name === undefined || id === undefined || typed?.length !== 33 || typed[0] !== ED25519) return undefined;
  const hash = await sha256(new TextEncoder().encode(`${name}\n`), typed);
  return hexOf(hash.subarray(0, 4)) === id ? { name, id, key: typed.slice(1) } : undefined;
}

/** Checks an Ed25519 signature; nothing where this browser cannot. */
async function signatureHolds(key: Bytes, signature: Bytes, text: string): Promise<boolean | undefined> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  } catch (error) {
    // A key that is no point of the curve is a failure; an unknown algorithm is the browser's.
    return error instanceof DOMException && error.name === 'NotSupportedError' ? undefined : false;
  }
  return crypto.subtle.verify('Ed25519', imported, signature, new TextEncoder().encode(text));
}

/** Goes through all steps; a failed step does not hide the others. */
export async function verifyEntry(evidence: Evidence): Promise<Verdict> {
  const { proof, checkpoint } = evidence;
  const note = readNote(checkpoint.note);
  const key = await readKey(evidence.key);

  const digest = await sha256(evidence.entry);
  const leaf = await leafHash(digest);
  const root = await rootFrom(proof, leaf);
  const rootText = root ? hexOf(root) : '';
  const signed = note?.signatures.find((one) => one.name === key?.name && hexOf(one.bytes.subarray(0, 4)) === key.id);
  const holds =
    note && key && signed ? await signatureHolds(key.key, signed.bytes.slice(4), note.text) : false;

  const step = (name: StepName, ok: boolean, computed: string): Step => ({ name, state: ok ? 'ok' : 'bad', computed });
  const steps: Step[] = [
    step('entry', evidence.entry.length > 0, hexOf(digest)),
    step('leaf', hexOf(leaf) === proof.leaf.toLowerCase(), hexOf(leaf)),
    step('inclusion', note !== undefined && rootText === note.root, rootText),
    step(
      'checkpoint',
      note?.size === proof.size && note.size === checkpoint.size && note.root === checkpoint.root.toLowerCase(),
      note ? `${note.origin} · ${note.size} · ${note.root}` : '',
    ),
    step('key', key !== undefined && note?.origin === key.name && signed !== undefined, key ? `${key.name}+${key.id}` : ''),
    holds === undefined
      ? { name: 'signature', state: 'skipped', computed: '' }
      : step('signature', holds, signed ? hexOf(signed.bytes.slice(4)) : ''),
  ];
  if (steps.some(({ state }) => state === 'bad')) return { result: 'failed', steps };
  return { result: steps.some(({ state }) => state === 'skipped') ? 'partly' : 'proved', steps };
}
