/**
 * A programme on this device: what the server said last, and answers that it does not have yet.
 *
 * Without a line answers wait here, encrypted, each with the answer that was seen when it was given. When the line is
 * back they are sent; where somebody else has answered meanwhile the server's answer stays and both are shown.
 */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { ApiError } from '../../../../client/core/api';
import type { App } from '../../../../client/core/app';
import { openVault } from '../../../../client/core/offline/vault';
import type { Vault } from '../../../../client/core/offline/vault';
import { createTurns } from '../../../../client/core/turns';
import type { Conflict, Course, OwnPlan, Unsent } from './course';
import { basisOf, bodyOf, without } from './merge';

/** Counts up when what the server answers changes its shape: a copy of another shape is not shown. */
const SHAPE = 1;

interface Copy {
  readonly shape: number;
  readonly seen: Seen;
}

export type Seen = Course | OwnPlan;
export type Waiting = Readonly<Record<string, Unsent>>;

export interface Kept {
  readonly seen: Accessor<Seen | undefined>;
  readonly offline: Accessor<boolean>;
  /** When what is shown was true, where it is a copy. */
  readonly asOf: Accessor<string | undefined>;
  readonly unsent: Accessor<Waiting>;
  readonly conflicts: Accessor<readonly Conflict[]>;
  readonly busy: Accessor<boolean>;
  readonly error: Accessor<ApiError | undefined>;
  /** Whether this browser can keep anything without a line. */
  readonly keeps: Accessor<boolean>;
  load(): Promise<void>;
  answer(name: string, value: Unsent['value']): Promise<void>;
  /** Ends a conflict: `mine` is sent again, knowing theirs. */
  settle(conflict: Conflict, mine: boolean): Promise<void>;
  act(step: string, body?: unknown): Promise<boolean>;
}

export function isCourse(seen: Seen | undefined): seen is Course {
  return seen !== undefined && 'steps' in seen;
}

export function keepProgramme(app: App, id: string): Kept {
  const path = `/api/scenarios/screening/programmes/${encodeURIComponent(id)}`;
  const [shown, setShown] = createStore<{ seen?: Seen }>({});
  const seen = (): Seen | undefined => shown.seen;
  // What has not changed stays as it is on the page, with its focus and what is being typed.
  const setSeen = (fresh: Seen): void => setShown('seen', reconcile(fresh, { key: 'name', merge: true }));
  const [offline, setOffline] = createSignal(false);
  const [asOf, setAsOf] = createSignal<string>();
  const [unsent, setUnsent] = createSignal<Waiting>({});
  const [conflicts, setConflicts] = createSignal<readonly Conflict[]>([]);
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<ApiError>();
  const [keeps, setKeeps] = createSignal(true);
  let vault: Promise<Vault | undefined> | undefined;
  // One thing after the other: an answer is not sent while older ones are on their way.
  const inTurn = createTurns();
  let left = false;
  onCleanup(() => {
    left = true;
  });

  const device = async (): Promise<Vault | undefined> => {
    vault ??= openVault(app.me()?.id ?? '').catch(() => undefined);
    const found = await vault;
    setKeeps(found !== undefined);
    return found;
  };
  const show = async (fresh: Seen): Promise<void> => {
    setSeen(fresh);
    setOffline(false);
    setAsOf(undefined);
    setError(undefined);
    if (isCourse(fresh) && fresh.conflicts && fresh.conflicts.length > 0) {
      const names = new Set(fresh.conflicts.map(({ name }) => name));
      setConflicts((all) => [...all.filter(({ name }) => !names.has(name)), ...(fresh.conflicts ?? [])]);
    }
    const copy: Copy = { shape: SHAPE, seen: fresh };
    await (await device())?.write('copy', id, copy);
  };
  const keepUnsent = async (waiting: Waiting): Promise<void> => {
    setUnsent(waiting);
    const on = await device();
    if (Object.keys(waiting).length > 0) await on?.write('unsent', id, waiting);
    else await on?.remove('unsent', id);
  };
  /** What the device has, where the server does not answer. */
  const fromDevice = async (): Promise<boolean> => {
    const copy = await (await device())?.read<Copy>('copy', id).catch(() => undefined);
    if (copy?.value.shape !== SHAPE) return false;
    setSeen(copy.value.seen);
    setAsOf(copy.at);
    setOffline(true);
    return true;
  };
  const failed = async (reason: unknown): Promise<void> => {
    const refusal = reason instanceof ApiError ? reason : new ApiError('failed', 0, '', undefined, undefined);
    if (refusal.kind === 'unreachable' && (await fromDevice())) return;
    setError(refusal);
  };
  /** Sends what waits. What the server cannot use goes back to the person as a conflict. */
  const send = async (): Promise<void> => {
    const waiting = unsent();
    if (Object.keys(waiting).length === 0) return;
    try {
      await show(await app.api.put<Course>(`${path}/answers`, bodyOf(waiting)));
      await keepUnsent(without(unsent(), waiting));
    } catch (reason) {
      const refused = reason instanceof ApiError && (reason.kind === 'invalid' || reason.kind === 'conflict');
      if (!refused) return failed(reason);
      setError(reason);
      await returned(waiting);
    }
  };
  /** The plan was signed meanwhile, or an answer cannot be used: nothing is dropped without a word. */
  const returned = async (waiting: Waiting): Promise<void> => {
    const fresh = await app.api.get<Seen>(path).catch(() => undefined);
    if (fresh) await show(fresh);
    const now = seen();
    const back = Object.entries(waiting).map(([name, { value }]) => ({
      name,
      yours: value,
      theirs: isCourse(now) ? basisOf(now, name) : null,
    }));
    setConflicts((all) => [...all.filter(({ name }) => waiting[name] === undefined), ...back]);
    await keepUnsent(without(unsent(), waiting));
  };
  const load = async (): Promise<void> => {
    const waiting = await (await device())?.read<Waiting>('unsent', id).catch(() => undefined);
    if (waiting) setUnsent((here) => ({ ...waiting.value, ...here }));
    try {
      await show(await app.api.get<Seen>(path));
    } catch (reason) {
      await failed(reason);
      return;
    }
    await send();
  };
  const reload = (): void => {
    if (!left) void inTurn(load);
  };
  addEventListener('online', reload);
  onCleanup(() => removeEventListener('online', reload));
  app.onServerEvent((event) => {
    if (event.kind === 'missed' || (event.kind === 'case' && event.id === id)) reload();
  });

  return {
    seen,
    offline,
    asOf,
    unsent,
    conflicts,
    busy,
    error,
    keeps,
    load: () => inTurn(load),
    async answer(name, value) {
      const now = seen();
      if (!isCourse(now)) return;
      const base = unsent()[name]?.base ?? basisOf(now, name);
      setUnsent((all) => ({ ...all, [name]: { value, base } }));
      await inTurn(async () => {
        await keepUnsent(unsent());
        await send();
      });
    },
    async settle(conflict, mine) {
      setConflicts((all) => all.filter(({ name }) => name !== conflict.name));
      if (!mine) return;
      const base = conflict.theirs as Unsent['base'];
      const value = conflict.yours as Unsent['value'];
      setUnsent((all) => ({ ...all, [conflict.name]: { value, base } }));
      await inTurn(async () => {
        await keepUnsent(unsent());
        await send();
      });
    },
    async act(step, body) {
      setBusy(true);
      setError(undefined);
      try {
        return await inTurn(async () => {
          await show(await app.api.post<Course>(`${path}/${step}`, body ?? {}));
          return true;
        });
      } catch (reason) {
        const refusal = reason instanceof ApiError ? reason : new ApiError('failed', 0, '', undefined, undefined);
        if (refusal.kind === 'unreachable') setOffline(true);
        else if (refusal.kind === 'conflict') await inTurn(load);
        setError(refusal);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
