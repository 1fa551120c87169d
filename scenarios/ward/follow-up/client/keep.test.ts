import { createRoot } from 'solid-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError } from '../../../../client/core/api';
import type { App } from '../../../../client/core/app';
import type { OwnCourse, Unsent } from './course';
import { becomesOf, keepOwn } from './keep';
import type { Kept } from './keep';

const COURSE = { id: 'c1', is_active: true, questions: [], time_zone: 'UTC' } as unknown as OwnCourse;
const refusal = (kind: ApiError['kind'], status: number): ApiError => new ApiError(kind, status, `because ${status}`, undefined, undefined);

describe('a report that was not taken', () => {
  test.each([
    ['invalid', 422, 'refused'],
    ['invalid', 400, 'refused'],
    ['conflict', 409, 'refused'],
    // Others wrote at the same moment.
    ['conflict', 412, 'waits'],
    ['refused', 403, 'held'],
    ['not-found', 404, 'held'],
    ['signed-out', 401, 'waits'],
    ['too-many', 429, 'waits'],
    ['failed', 503, 'waits'],
    ['unreachable', 0, 'waits'],
  ] as const)('for %s (%i) is %s', (kind, status, becomes) => {
    expect(becomesOf(refusal(kind, status))).toBe(becomes);
  });

  test('for another fault waits', () => {
    expect(becomesOf(new TypeError('no'))).toBe('waits');
  });
});

describe('what a phone kept', () => {
  beforeEach(() => {
    vi.stubGlobal('addEventListener', () => {});
    vi.stubGlobal('removeEventListener', () => {});
    vi.stubGlobal('document', { addEventListener() {}, removeEventListener() {}, visibilityState: 'visible' });
  });
  afterEach(() => void vi.unstubAllGlobals());

  /** A phone whose reports meet these refusals, one after the other, and then are taken. */
  async function phone(refusals: ApiError[], act: (kept: Kept, sent: unknown[]) => Promise<void>): Promise<void> {
    const sent: unknown[] = [];
    const app = {
      me: () => ({ id: 'zhao.patient', name: 'Zhao', roles: ['patient'] }),
      api: {
        get: () => Promise.resolve([COURSE]),
        put: (_: string, body: { reports: Unsent[] }) => {
          sent.push(...body.reports);
          const no = refusals.shift();
          return no === undefined ? Promise.resolve(COURSE) : Promise.reject(no);
        },
      },
      explain: (error: ApiError) => error.detail,
      onServerEvent: () => {},
    } as unknown as App;
    let dispose = (): void => {};
    const kept = createRoot((end) => {
      dispose = end;
      return keepOwn(app);
    });
    await kept.load();
    await act(kept, sent);
    dispose();
  }

  test('stays and is tried again where the account may not send it now', async () => {
    await phone([refusal('refused', 403), refusal('not-found', 404)], async (kept, sent) => {
      await kept.report('c1', { spo2_percent: 95 });
      expect(kept.waiting('c1')).toMatchObject([{ held: 'because 403', answers: { spo2_percent: 95 } }]);
      await kept.load();
      expect(kept.waiting('c1')).toMatchObject([{ held: 'because 404' }]);
      expect(kept.waiting('c1')[0]?.refused).toBeUndefined();
      await kept.load();
      expect(kept.waiting('c1')).toEqual([]);
      // The server is told nothing but the report.
      expect(sent).toHaveLength(3);
      for (const one of sent) expect(Object.keys(one as object).toSorted()).toEqual(['answers', 'at', 'day', 'id']);
    });
  });

  test('is refused for good where the report itself cannot be used', async () => {
    await phone([refusal('invalid', 422)], async (kept, sent) => {
      await kept.report('c1', { spo2_percent: 950 });
      await kept.load();
      expect(kept.waiting('c1')).toMatchObject([{ refused: 'because 422' }]);
      expect(sent).toHaveLength(1);
      expect(kept.unsent()).toMatchObject([{ course: 'c1', one: { refused: 'because 422' } }]);
      await kept.discard('c1', kept.waiting('c1')[0]?.id ?? '');
      expect(kept.unsent()).toEqual([]);
    });
  });
});
