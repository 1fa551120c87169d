/**
 * What is kept on the device for one account, so that a page that was opened works without a line.
 *
 * Everything that is about a patient is encrypted (AES-GCM) with a key of the account that the browser holds and
 * never hands out. ADR 0033 says what that protects from, and what not.
 */
import { isVisitor } from '../figures';
import type { Me } from '../scenario-panel';

/** What is kept, and since when. */
export interface Kept<T> {
  readonly value: T;
  readonly at: string;
}

/** One account's things on the device. */
export interface Vault {
  read<T>(kind: Kind, id: string): Promise<Kept<T> | undefined>;
  write(kind: Kind, id: string, value: unknown): Promise<void>;
  remove(kind: Kind, id: string): Promise<void>;
  /** The ids of what is kept of a kind. */
  list(kind: Kind): Promise<string[]>;
}

/**
 * `copy`: what the server said, to be read again. `unsent`: what was typed here and the server does not have.
 * `form`: what is asked, without whom and without any answer: a patient goes on with it where copies are gone.
 */
export type Kind = 'copy' | 'unsent' | 'form';

interface Account {
  readonly account: string;
  readonly key: CryptoKey;
  readonly me: Me;
  /** Until when the account may be gone on with without asking the server, in ms since 1970. */
  readonly until_ms: number;
  /** Until when what is kept may be read without asking the server, in ms since 1970. */
  readonly reads_ms?: number;
}

interface Sealed {
  readonly account: string;
  readonly kind: Kind;
  readonly id: string;
  readonly at: string;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly bytes: ArrayBuffer;
}

const DATABASE = 'yuanyi-offline';
/** As long as the server's session lasts. */
const SESSION_ms = 12 * 3600 * 1000;
/** Patients go on answering for as long as a line may be missed at home; a phone is often shared, so they read no longer. */
const OWN_ms = 3 * 24 * 3600 * 1000;

/** Until when an account may be gone on with without asking the server, in ms since 1970. */
export function goesOnUntil(me: Pick<Me, 'roles'>, now_ms: number): number {
  const isOnlyPatient = me.roles.includes('patient') && me.roles.every(isVisitor);
  return now_ms + (isOnlyPatient ? OWN_ms : SESSION_ms);
}

/** Until when copies may be read without asking the server: for nobody longer than a session lasts. */
export function readsUntil(now_ms: number): number {
  return now_ms + SESSION_ms;
}

/** Who goes on when the time to read is over: an account without a name that may only answer. */
export function onlyAnswering(me: Me): Me {
  return { id: me.id, name: '', roles: me.roles, answersOnly: true };
}

/** Whether this browser can keep anything: it needs a database, and a page that came over a safe line. */
export function canKeep(): boolean {
  return typeof indexedDB !== 'undefined' && typeof crypto !== 'undefined' && crypto.subtle !== undefined;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the database refused'));
  });
}

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('accounts', { keyPath: 'account' });
      request.result.createObjectStore('kept', { keyPath: ['account', 'kind', 'id'] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opened = undefined;
      reject(request.error ?? new Error('the database refused'));
    };
  });
  return opened;
}

async function store(name: 'accounts' | 'kept', mode: IDBTransactionMode): Promise<IDBObjectStore> {
  return (await database()).transaction(name, mode).objectStore(name);
}

/** All that is kept of a kind of an account, whatever its id. */
function allOf(account: string, kind: Kind): IDBKeyRange {
  return IDBKeyRange.bound([account, kind], [account, kind, []]);
}

async function accounts(): Promise<Account[]> {
  return done((await store('accounts', 'readonly')).getAll() as IDBRequest<Account[]>);
}

async function putAccount(account: Account): Promise<void> {
  await done((await store('accounts', 'readwrite')).put(account));
}

/** Keeps who has signed in. What was kept to be read by others who used this device goes. */
export async function rememberAccount(me: Me, now_ms = Date.now()): Promise<void> {
  if (!canKeep()) return;
  const all = await accounts();
  for (const other of all.filter(({ account }) => account !== me.id)) await lockAccount(other.account);
  const known = all.find(({ account }) => account === me.id);
  const key =
    known?.key ?? (await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']));
  await putAccount({ account: me.id, key, me, until_ms: goesOnUntil(me, now_ms), reads_ms: readsUntil(now_ms) });
}

/**
 * Who may go on without a line: who has signed in last, neither signed out nor been away too long. Where the time to
 * read is over copies go, and whoever holds the device may only answer.
 */
export async function rememberedAccount(now_ms = Date.now()): Promise<Me | undefined> {
  if (!canKeep()) return undefined;
  const known = (await accounts()).find(({ until_ms }) => until_ms > now_ms);
  if (known === undefined || (known.reads_ms ?? 0) > now_ms) return known?.me;
  await done((await store('kept', 'readwrite')).delete(allOf(known.account, 'copy')));
  return onlyAnswering(known.me);
}

/**
 * The session is over, or somebody else is here: copies go, and nobody goes on without the server. What was typed
 * and not sent stays, encrypted, until its own account is back.
 */
export async function lockAccount(account: string): Promise<void> {
  if (!canKeep()) return;
  const known = (await accounts()).find((one) => one.account === account);
  if (!known) return;
  await putAccount({ ...known, until_ms: 0 });
  for (const kind of ['copy', 'form'] as const) {
    await done((await store('kept', 'readwrite')).delete(allOf(account, kind)));
  }
}

/** Signed out: everything of the account goes, its key first, so that nothing that may be left can be read. */
export async function forgetAccount(account: string): Promise<void> {
  if (!canKeep()) return;
  await done((await store('accounts', 'readwrite')).delete(account));
  for (const kind of ['copy', 'unsent', 'form'] as const) {
    await done((await store('kept', 'readwrite')).delete(allOf(account, kind)));
  }
}

/** How much of an account was typed here and not sent. */
export async function countUnsent(account: string): Promise<number> {
  if (!canKeep()) return 0;
  return done((await store('kept', 'readonly')).count(allOf(account, 'unsent')));
}

/** Opens what is kept for an account that has signed in on this device. */
export async function openVault(account: string): Promise<Vault | undefined> {
  if (!canKeep()) return undefined;
  const known = (await accounts()).find((one) => one.account === account);
  if (!known) return undefined;
  const { key } = known;
  // A sealed thing that is moved to another place does not open there.
  const place = (kind: Kind, id: string): Uint8Array<ArrayBuffer> =>
    new TextEncoder().encode(JSON.stringify([account, kind, id]));
  return {
    async read<T>(kind: Kind, id: string) {
      const found = await done(
        (await store('kept', 'readonly')).get([account, kind, id]) as IDBRequest<Sealed | undefined>,
      );
      if (!found) return undefined;
      const seal = { name: 'AES-GCM', iv: found.iv, additionalData: place(kind, id) };
      const bytes = await crypto.subtle.decrypt(seal, key, found.bytes);
      return { value: JSON.parse(new TextDecoder().decode(bytes)) as T, at: found.at };
    },
    async write(kind, id, value) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(JSON.stringify(value));
      const seal = { name: 'AES-GCM', iv, additionalData: place(kind, id) };
      const bytes = await crypto.subtle.encrypt(seal, key, plain);
      const sealed: Sealed = { account, kind, id, at: new Date().toISOString(), iv, bytes };
      await done((await store('kept', 'readwrite')).put(sealed));
    },
    async remove(kind, id) {
      await done((await store('kept', 'readwrite')).delete([account, kind, id]));
    },
    async list(kind) {
      const keys = await done((await store('kept', 'readonly')).getAllKeys(allOf(account, kind)));
      return keys.map((key_) => (Array.isArray(key_) ? String(key_[2]) : ''));
    },
  };
}
