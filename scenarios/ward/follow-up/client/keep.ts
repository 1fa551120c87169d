/**
 * A patient's follow-ups on this device: what the server said last, and reports that it does not have yet.
 *
 * Without a line reports wait here, encrypted, and go when the line is back. The server keeps a report once, by the
 * name that it got here, so that one is sent again without harm.
 */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { ApiError, isClosed } from '../../../../client/core/api';
import type { App } from '../../../../client/core/app';
import { openVault, rememberedAccount } from '../../../../client/core/offline/vault';
import type { Vault } from '../../../../client/core/offline/vault';
import { createTurns } from '../../../../client/core/turns';
import { COURSES, coursePath } from './course';
import type { Form, OwnCourse, Unsent, Value } from './course';
import { newReport } from './days';

/** Counts up when what the server answers changes its shape: a copy of another shape is not shown. */
const SHAPE = 4;
/** What is kept stands beside what other scenarios keep. */
const PLACE = 'follow-up';
const ID_BYTES = 12;

interface Forms {
  readonly shape: number;
  readonly forms: readonly Form[];
}

interface Copy {
  readonly shape: number;
  readonly courses: readonly OwnCourse[];
}

type Waiting = Readonly<Record<string, readonly Unsent[]>>;

export interface Kept {
  readonly courses: Accessor<readonly OwnCourse[] | undefined>;
  /** What is asked, where nothing that was known may be read any more. */
  readonly forms: Accessor<readonly Form[]>;
  readonly offline: Accessor<boolean>;
  /** When what is shown was true, where it is a copy. */
  readonly asOf: Accessor<string | undefined>;
  readonly error: Accessor<ApiError | undefined>;
  /** Whether this browser can keep anything without a line. */
  readonly keeps: Accessor<boolean>;
  waiting(course: string): readonly Unsent[];
  /** All that waits, also of a follow-up that has ended or is not shown any more. */
  unsent(): readonly { readonly course: string; readonly one: Unsent }[];
  load(): Promise<void>;
  report(course: string, answers: Readonly<Record<string, Value | null>>): Promise<void>;
  /** The patient says that a report which was answered without signing in is theirs. */
  claim(course: string, report: string): Promise<void>;
  /** Gives up a report that the server does not take, or that is not the patient's. */
  discard(course: string, report: string): Promise<void>;
}

/**
 * What becomes of a report that was not taken: `refused` for what it says or when, which no later try changes; `held`
 * where the account may not send it now, as when a session ended or a consent changed; else it only waits.
 */
export function becomesOf(reason: unknown): 'refused' | 'held' | 'waits' {
  if (!(reason instanceof ApiError)) return 'waits';
  // Another was first, again and again: the report itself is none the worse for it.
  if (reason.status === 412) return 'waits';
  if (reason.kind === 'invalid' || reason.kind === 'conflict') return 'refused';
  return isClosed(reason) ? 'held' : 'waits';
}

export function keepOwn(app: App): Kept {
  const [courses, setCourses] = createSignal<readonly OwnCourse[]>();
  const [forms, setForms] = createSignal<readonly Form[]>([]);
  const [waiting, setWaiting] = createSignal<Waiting>({});
  const [offline, setOffline] = createSignal(false);
  const [asOf, setAsOf] = createSignal<string>();
  const [error, setError] = createSignal<ApiError>();
  const [keeps, setKeeps] = createSignal(true);
  let vault: Promise<Vault | undefined> | undefined;
  // One thing after the other: a report is not sent while older ones are on their way.
  const inTurn = createTurns();
  let left = false;

  const device = async (): Promise<Vault | undefined> => {
    vault ??= openVault(app.me()?.id ?? '').catch(() => undefined);
    const found = await vault;
    setKeeps(found !== undefined);
    return found;
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
    const on = await device();
    await on?.write('copy', PLACE, { shape: SHAPE, courses: fresh } satisfies Copy);
    const asked = fresh.filter(({ is_active }) => is_active).map(({ id, questions, time_zone }) => ({ id, questions, time_zone }));
    await on?.write('form', PLACE, { shape: SHAPE, forms: asked } satisfies Forms);
  };
  /** What the device has, where the server does not answer. */
  const failed = async (reason: unknown): Promise<void> => {
    const refusal = reason instanceof ApiError ? reason : new ApiError('failed', 0, '', undefined, undefined);
    // A page that stayed open is no way to read on when the time for it is over.
    if (refusal.kind === 'unreachable' && !app.me()?.answersOnly) {
      const who = await rememberedAccount().catch(() => undefined);
      if (who?.answersOnly) return void (await app.restore());
    }
    if (refusal.kind === 'unreachable' && app.me()?.answersOnly) {
      const kept = await (await device())?.read<Forms>('form', PLACE).catch(() => undefined);
      setForms(kept?.value.shape === SHAPE ? kept.value.forms : []);
      setOffline(true);
      return;
    }
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
  /** Sends what waits, the oldest first. What the server does not take stays, and says why. */
  const send = async (): Promise<void> => {
    for (const [course, reports] of Object.entries(waiting())) {
      for (const one of reports.filter(({ refused, unclaimed }) => refused === undefined && unclaimed === undefined)) {
        const all = (): readonly Unsent[] => waiting()[course] ?? [];
        const { held: _, ...report } = one;
        try {
          const fresh = await app.api.put<OwnCourse>(coursePath(course, '/reports'), { reports: [report] });
          await keepWaiting(course, all().filter(({ id }) => id !== one.id));
          await show((courses() ?? []).map((known) => (known.id === course ? fresh : known)));
        } catch (reason) {
          const becomes = becomesOf(reason);
          if (becomes === 'waits') return failed(reason);
          const marked = { ...report, [becomes]: app.explain(reason) };
          await keepWaiting(course, all().map((known) => (known.id === one.id ? marked : known)));
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
      const fresh = await app.api.get<readonly OwnCourse[]>(COURSES);
      // The server still knows who this is: the page begins anew with all that belongs to them.
      if (app.me()?.answersOnly) return void (await app.restore());
      await show(fresh);
    } catch (reason) {
      return failed(reason);
    }
    await send();
  };
  const reload = (): void => {
    if (!left) void inTurn(load);
  };
  const seenAgain = (): void => {
    if (document.visibilityState === 'visible') reload();
  };
  addEventListener('online', reload);
  document.addEventListener('visibilitychange', seenAgain);
  onCleanup(() => {
    left = true;
    removeEventListener('online', reload);
    document.removeEventListener('visibilitychange', seenAgain);
  });
  app.onServerEvent((event) => {
    if (['missed', 'case', 'waiting'].includes(event.kind)) reload();
  });

  return {
    courses,
    forms,
    offline,
    asOf,
    error,
    keeps,
    waiting: (course) => waiting()[course] ?? [],
    unsent: () => Object.entries(waiting()).flatMap(([course, all]) => all.map((one) => ({ course, one }))),
    load: () => inTurn(load),
    report: (course, answers) => {
      const zone = [...(courses() ?? []), ...forms()].find(({ id }) => id === course)?.time_zone;
      const made = newReport(answers, new Date(), zone, crypto.getRandomValues(new Uint8Array(ID_BYTES)));
      // It is on the device before anything is tried with the line.
      return inTurn(async () => {
        const alone = app.me()?.answersOnly;
        await keepWaiting(course, [...(waiting()[course] ?? []), alone ? { ...made, unclaimed: true } : made]);
        if (!alone) await send();
      });
    },
    claim: (course, report) =>
      inTurn(async () => {
        const mine = (waiting()[course] ?? []).map((one) => {
          if (one.id !== report) return one;
          const { unclaimed: _, ...claimed } = one;
          return claimed;
        });
        await keepWaiting(course, mine);
        await send();
      }),
    discard: (course, report) =>
      inTurn(() => keepWaiting(course, (waiting()[course] ?? []).filter(({ id }) => id !== report))),
  };
}
