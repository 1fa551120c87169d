/**
 * A patient's follow-ups on this device: what the server said last, and reports that it does not have yet.
 *
 * Without a line reports wait here, encrypted, and go when the line is back. The server keeps a report once, by the
 * name that it got here, so that one is sent again without harm.
 */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { ApiError } from '../../../../client/core/api';
import type { App } from '../../../../client/core/app';
import { openVault } from '../../../../client/core/offline/vault';
import type { Vault } from '../../../../client/core/offline/vault';
import { COURSES, coursePath } from './course';
import type { OwnCourse, Unsent, Value } from './course';
import { newReport } from './days';

/** Counts up when what the server answers changes its shape: a copy of another shape is not shown. */
const SHAPE = 2;
/** What is kept stands beside what other scenarios keep. */
const PLACE = 'follow-up';
const ID_BYTES = 12;

interface Copy {
  readonly shape: number;
  readonly courses: readonly OwnCourse[];
}

type Waiting = Readonly<Record<string, readonly Unsent[]>>;

export interface Kept {
  readonly courses: Accessor<readonly OwnCourse[] | undefined>;
  readonly offline: Accessor<boolean>;
  /** When what is shown was true, where it is a copy. */
  readonly asOf: Accessor<string | undefined>;
  readonly error: Accessor<ApiError | undefined>;
  /** Whether this browser can keep anything without a line. */
  readonly keeps: Accessor<boolean>;
  waiting(course: string): readonly Unsent[];
  load(): Promise<void>;
  report(course: string, answers: Readonly<Record<string, Value | null>>): Promise<void>;
  /** Gives up a report that the server refused. */
  discard(course: string, report: string): Promise<void>;
}

export function keepOwn(app: App): Kept {
  const [courses, setCourses] = createSignal<readonly OwnCourse[]>();
  const [waiting, setWaiting] = createSignal<Waiting>({});
  const [offline, setOffline] = createSignal(false);
  const [asOf, setAsOf] = createSignal<string>();
  const [error, setError] = createSignal<ApiError>();
  const [keeps, setKeeps] = createSignal(true);
  let vault: Promise<Vault | undefined> | undefined;
  // One thing after the other: a report is not sent while older ones are on their way.
  let last: Promise<unknown> = Promise.resolve();
  let left = false;

  const device = async (): Promise<Vault | undefined> => {
    vault ??= openVault(app.me()?.id ?? '').catch(() => undefined);
    const found = await vault;
    setKeeps(found !== undefined);
    return found;
  };
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const turn = last.then(act, act);
    last = turn.catch(() => undefined);
    return turn;
  };
  const keepWaiting = async (course: string, reports: readonly Unsent[]): Promise<void> => {
    setWaiting((all) => ({ ...all, [course]: reports }));
    const on = await device();
    if (reports.length > 0) await on?.write('unsent', `${PLACE}/${course}`, reports);
    else await on?.remove('unsent', `${PLACE}/${course}`);
  };
  const show = async (fresh: readonly OwnCourse[]): Promise<void> => {
    setCourses(fresh);
    setOffline(false);
    setAsOf(undefined);
    setError(undefined);
    await (await device())?.write('copy', PLACE, { shape: SHAPE, courses: fresh } satisfies Copy);
  };
  /** What the device has, where the server does not answer. */
  const failed = async (reason: unknown): Promise<void> => {
    const refusal = reason instanceof ApiError ? reason : new ApiError('failed', 0, '', undefined, undefined);
    if (refusal.kind === 'unreachable') {
      const copy = await (await device())?.read<Copy>('copy', PLACE).catch(() => undefined);
      if (copy?.value.shape === SHAPE) {
        setCourses(copy.value.courses);
        setAsOf(copy.at);
        setOffline(true);
        return;
      }
    }
    setError(refusal);
  };
  /** Sends what waits, the oldest first. What the server cannot use stays, and says why. */
  const send = async (): Promise<void> => {
    for (const [course, reports] of Object.entries(waiting())) {
      for (const one of reports.filter(({ refused }) => refused === undefined)) {
        const rest = (): readonly Unsent[] => (waiting()[course] ?? []).filter(({ id }) => id !== one.id);
        try {
          const fresh = await app.api.put<OwnCourse>(coursePath(course, '/reports'), { reports: [one] });
          await keepWaiting(course, rest());
          await show((courses() ?? []).map((known) => (known.id === course ? fresh : known)));
        } catch (reason) {
          const refused = reason instanceof ApiError && ['invalid', 'conflict', 'not-found', 'refused'].includes(reason.kind);
          if (!refused) return failed(reason);
          await keepWaiting(course, [...rest(), { ...one, refused: app.explain(reason) }]);
        }
      }
    }
  };
  const load = async (): Promise<void> => {
    const on = await device();
    for (const id of (await on?.list('unsent').catch(() => [])) ?? []) {
      const course = id.startsWith(`${PLACE}/`) ? id.slice(PLACE.length + 1) : undefined;
      if (course === undefined || waiting()[course] !== undefined) continue;
      const kept = await on?.read<readonly Unsent[]>('unsent', id).catch(() => undefined);
      if (kept) setWaiting((all) => ({ ...all, [course]: kept.value }));
    }
    try {
      await show(await app.api.get<readonly OwnCourse[]>(COURSES));
    } catch (reason) {
      return failed(reason);
    }
    await send();
  };
  const reload = (): void => {
    if (!left) void inTurn(load);
  };
  addEventListener('online', reload);
  onCleanup(() => {
    left = true;
    removeEventListener('online', reload);
  });
  app.onServerEvent((event) => {
    if (['missed', 'case', 'waiting'].includes(event.kind)) reload();
  });

  return {
    courses,
    offline,
    asOf,
    error,
    keeps,
    waiting: (course) => waiting()[course] ?? [],
    load: () => inTurn(load),
    report: (course, answers) => {
      const made = newReport(answers, new Date(), crypto.getRandomValues(new Uint8Array(ID_BYTES)));
      // It is on the device before anything is tried with the line.
      return inTurn(async () => {
        await keepWaiting(course, [...(waiting()[course] ?? []), made]);
        await send();
      });
    },
    discard: (course, report) =>
      inTurn(() => keepWaiting(course, (waiting()[course] ?? []).filter(({ id }) => id !== report))),
  };
}
