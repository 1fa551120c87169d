import { describe, expect, test, vi } from 'vitest';
import { ApiError, createApi } from './api';
import { clockOf, dayOf, dayOfMoment, momentOf, yearsBetween } from './dates';
import { openEvents, waitBefore_ms } from './events';
import { questionsOf, sourceAddress } from './hospital';
import type { StudyRow, TwinAnswer } from './hospital';
import { asideIn, clausesIn, colonIn, detailIn, nameIn, preferredLanguage } from './language';
import { goesOnUntil, onlyAnswering, readsUntil } from './offline/vault';
import { comings, placedWords } from './room-news';
import { handsBetween, knocked, orderedWords } from './room-order';
import { firstLook, steppedWindow, windowName } from './room-control';
import { pageOf } from './router';
import { ageLabel, roleWords, sinceQuitting } from '../panels/person';
import { WORDS, fill, translate } from '../words/words';
import type { Key } from '../words/words';
import type { VolumeManifest } from './volume/manifest';
import type { Event, Ordered, Participant } from '../../contract/room';

describe('addresses', () => {
  test.each([
    ['/', { name: 'home' }],
    ['/patients/p1', { name: 'patient', id: 'p1' }],
    ['/scenarios/screening', { name: 'scenario', id: 'screening' }],
    ['/scenarios/screening/p1', { name: 'scenario', id: 'screening', within: 'p1' }],
    ['/scenarios/screening/p1/deeper', { name: 'unknown' }],
    ['/rooms/a%2Fb', { name: 'room', id: 'a/b' }],
    ['/scenarios/remote-consult/', { name: 'scenario', id: 'remote-consult' }],
    ['/patients/p1/recordings', { name: 'recorded', id: 'p1' }],
    ['/patients/p1/recordings/2', { name: 'unknown' }],
    ['/rooms/r/recordings/2', { name: 'replay', id: 'r', within: '2' }],
    ['/called/c-1', { name: 'called', id: 'c-1' }],
    ['/patients', { name: 'unknown' }],
    ['/patients/p1/more', { name: 'unknown' }],
    ['/rooms/%E0%A4', { name: 'unknown' }],
    ['/elsewhere/x', { name: 'unknown' }],
  ])('%s', (path, page) => expect(pageOf(path)).toEqual(page));
});

describe('words', () => {
  test('both languages have all keys, none empty, with the same places to fill', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? '').sort();
    expect(Object.keys(WORDS.zh).sort()).toEqual(Object.keys(WORDS.en).sort());
    for (const key of Object.keys(WORDS.en) as Key[]) {
      expect(WORDS.en[key], key).not.toBe('');
      expect(new Set(places(WORDS.zh[key])), key).toEqual(new Set(places(WORDS.en[key])));
    }
  });

  test('Chinese is Chinese', () => {
    const withoutWords = new Set<string>(['inside.thing', 'app.full', 'waiting.about', 'marks.hu', 'tool.probe', 'documents.size', 'inside.does', 'inside.and']);
    const keys = (Object.keys(WORDS.zh) as Key[]).filter((key) => !withoutWords.has(key));
    for (const key of keys) expect(WORDS.zh[key], key).toMatch(/\p{Script=Han}/u);
  });

  test('numbers choose the form', () => {
    expect(fill('{n} {n|image|images}', { n: 1 })).toBe('1 image');
    expect(fill('{n} {n|image|images}', { n: 0 })).toBe('0 images');
    expect(fill('{who} left', {})).toBe('{who} left');
    expect(translate('zh', 'patient.years', { n: 61 })).toBe('61 岁');
  });

  test('the language that a browser asks for', () => {
    expect(preferredLanguage(['fr-FR', 'en-GB', 'zh-CN'])).toBe('en');
    expect(preferredLanguage(['zh-TW'])).toBe('zh');
    expect(preferredLanguage(['fr'])).toBe('zh');
  });

  test('a reason in both languages is shown in one', () => {
    expect(detailIn('没有照护关系 · no care relationship', 'en')).toBe('no care relationship');
    expect(detailIn('没有照护关系 · no care relationship', 'zh')).toBe('没有照护关系');
    expect(detailIn('send JSON · now', 'zh')).toBeUndefined();
  });

  test('a name in both languages is shown in one, every other as it was given', () => {
    expect([nameIn('3 床 · Bed 3', 'zh'), nameIn('3 床 · Bed 3', 'en')]).toEqual(['3 床', 'Bed 3']);
    expect([nameIn('输液泵 2（示例值）· Infusion pump 2', 'zh'), nameIn('输液泵 2（示例值）· Infusion pump 2', 'en')]).toEqual(['输液泵 2（示例值）', 'Infusion pump 2']);
    for (const name of ['3 床', 'Bed 3 · window', '呼吸内科 · 3 床', '李健 Li Jian']) {
      expect([nameIn(name, 'zh'), nameIn(name, 'en')]).toEqual([name, name]);
    }
    expect([colonIn('zh'), colonIn('en')]).toEqual(['：', ': ']);
    expect([`甲${asideIn('乙', 'zh')}`, `one${asideIn('two', 'en')}`]).toEqual(['甲（乙）', 'one (two)']);
    expect([clausesIn(['甲', '乙'], 'zh'), clausesIn(['one', 'two'], 'en'), clausesIn([], 'zh')]).toEqual(['甲；乙', 'one; two', '']);
  });
});

describe('dates', () => {
  test('DICOM and ISO days are the same day, what is none stays as it is', () => {
    expect(dayOf('20261102', 'en')).toBe('2 Nov 2026');
    expect(dayOf('2026-11-02', 'zh')).toBe('2026年11月2日');
    expect(dayOf('1950', 'en')).toBe('1950');
  });

  test('today needs no date', () => {
    const now = new Date(2026, 10, 20, 13, 5);
    expect(momentOf(new Date(2026, 10, 20, 9, 3).toISOString(), 'en', undefined, now)).toBe('09:03');
    expect(momentOf(new Date(2026, 10, 19, 9, 3).toISOString(), 'en', undefined, now)).toContain('19 Nov 2026');
  });

  test('a moment has the day and the clock of where it is said, and names the place whose clocks show another time than these', () => {
    const at = '2026-11-28T22:30:00Z';
    const now = new Date('2026-11-29T01:00:00Z');
    // Whichever this machine is not in; in both the day is that of `now`.
    const isInChina = new Date(at).getTimezoneOffset() === -480;
    const [zone, en, zh] = isInChina ? ['America/New_York', '17:30 New York Time', '纽约时间 17:30'] : ['Asia/Shanghai', '06:30 China Time', '中国时间 06:30'];
    expect([momentOf(at, 'en', zone, now), momentOf(at, 'zh', zone, now)]).toEqual([en, zh]);
    const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const here of [own, null, undefined, 'Nowhere/Atlantis']) expect(momentOf(at, 'en', here, now)).toMatch(/\d\d:\d\d$/);
  });

  test('the day of a moment is that of where it is said, not that of Greenwich', () => {
    expect(dayOfMoment('2026-11-28T22:30:00Z', 'en', 'Asia/Shanghai')).toBe('29 Nov 2026');
    expect(dayOfMoment('2026-11-28T22:30:00Z', 'zh', 'America/New_York')).toBe('2026年11月28日');
    const midnight = new Date(2026, 10, 29);
    expect(dayOfMoment(midnight.toISOString(), 'en')).toBe('29 Nov 2026');
    // A day is that day everywhere.
    expect(dayOfMoment('2026-11-29', 'en', 'America/New_York')).toBe('29 Nov 2026');
    expect(dayOfMoment('', 'en', 'Asia/Shanghai')).toBe('');
  });
});

describe('requests', () => {
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}): typeof fetch =>
    vi.fn(async () => new Response(JSON.stringify(body), { status, headers }));

  test('writing carries the header that no foreign page can send', async () => {
    const send = answer(200, {});
    await createApi(() => {}, send).post('/api/x', { a: 1 });
    const [, init] = vi.mocked(send).mock.calls[0] ?? [];
    expect(new Headers(init?.headers).get('x-yuanyi-client')).toBe('1');
    expect(init?.body).toBe('{"a":1}');
  });

  test.each([
    [401, 'signed-out'],
    [403, 'refused'],
    [404, 'not-found'],
    [409, 'conflict'],
    [429, 'too-many'],
    [500, 'failed'],
  ])('%i is %s', async (status, kind) => {
    const api = createApi(() => {}, answer(status, { detail: 'why', request_id: 'r1' }, { 'retry-after': '7' }));
    const error = await api.get('/api/x').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ kind, status, detail: 'why', requestId: 'r1', retryAfter_s: 7 });
  });

  test('a session that ended is told once, a line that broke is no answer', async () => {
    const ended = vi.fn();
    await createApi(ended, answer(401, {})).get('/api/x').catch(() => {});
    expect(ended).toHaveBeenCalledOnce();
    const broken = createApi(ended, () => Promise.reject(new TypeError('network')));
    await expect(broken.get('/api/x')).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('an error that is no problem document is still an error', async () => {
    const api = createApi(() => {}, async () => new Response('<html>', { status: 502 }));
    await expect(api.get('/api/x')).rejects.toMatchObject({ kind: 'failed', detail: '' });
  });
});

describe('events', () => {
  class FakeSource extends EventTarget {
    closed = false;
    close(): void {
      this.closed = true;
    }
  }

  test('a broken line is taken up again, and then everything may have changed', () => {
    vi.useFakeTimers();
    const sources: FakeSource[] = [];
    const states: string[] = [];
    const line = openEvents(
      (state) => states.push(state),
      () => {
        const source = new FakeSource();
        sources.push(source);
        return source as unknown as EventSource;
      },
    );
    const heard: unknown[] = [];
    line.listen((event) => heard.push(event));
    sources[0]?.dispatchEvent(new Event('open'));
    sources[0]?.dispatchEvent(new MessageEvent('waiting', { data: '{"id":"c1"}' }));
    sources[0]?.dispatchEvent(new MessageEvent('case', { data: 'no json' }));
    sources[0]?.dispatchEvent(new MessageEvent('imaging', { data: '{"id":""}' }));
    sources[0]?.dispatchEvent(new Event('error'));
    expect(sources[0]?.closed).toBe(true);
    vi.advanceTimersByTime(waitBefore_ms(0) * 1.25);
    sources[1]?.dispatchEvent(new Event('open'));
    expect(heard).toEqual([
      { kind: 'waiting', id: 'c1' },
      { kind: 'case', id: undefined },
      { kind: 'imaging', id: undefined },
      { kind: 'missed', id: undefined },
    ]);
    expect(states).toEqual(['connecting', 'live', 'lost', 'connecting', 'live']);
    line.close();
    vi.useRealTimers();
  });

  test('waiting grows and ends', () => {
    expect([0, 1, 4, 20].map(waitBefore_ms)).toEqual([500, 1000, 8000, 15_000]);
  });
});

describe('the hospital', () => {
  test('a source opens where it is a resource', () => {
    expect(sourceAddress('Observation/a-1')).toBe('/fhir/Observation/a-1');
    expect(sourceAddress('series/1.2.3')).toBeUndefined();
    expect(sourceAddress('actor/li.terminal')).toBeUndefined();
    expect(sourceAddress('Observation/a/../b')).toBeUndefined();
  });

  test('a question of two models is one', () => {
    const question = { name: 'age_years', label: { zh: '年龄', en: 'Age' } };
    const found = questionsOf([
      { id: 'mayo', inputs: [question] },
      { id: 'va', inputs: [question] },
    ]);
    expect([...found.keys()]).toEqual(['age_years']);
  });

  test('one looks first where something is', () => {
    const grid = {
      size: [10, 10, 10],
      spacing_mm: [2, 2, 2],
      origin_lps_mm: [100, 0, 0],
      direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      lesions: [],
    } as unknown as VolumeManifest;
    expect(firstLook(grid, [104, 4, 4])).toBeUndefined();
    expect(firstLook(grid, [0, 0, 0])).toEqual([109, 9, 9]);
    const lesion = { centre_lps_mm: [102, 2, 2] } as unknown as VolumeManifest['lesions'][number];
    expect(firstLook({ ...grid, lesions: [lesion] }, [0, 0, 0])).toEqual([102, 2, 2]);
  });

  test('a window has its name', () => {
    expect(windowName({ centre_hu: -600, width_hu: 1500 })).toBe('lung');
    expect(windowName({ centre_hu: -600, width_hu: 1501 })).toBeUndefined();
  });

  test('a window goes step by step, as far as its sliders go', () => {
    const lung = { centre_hu: -600, width_hu: 1500 };
    expect(steppedWindow(lung, 'centre_hu', 1)).toEqual({ centre_hu: -580, width_hu: 1500 });
    expect(steppedWindow(lung, 'width_hu', -1)).toEqual({ centre_hu: -600, width_hu: 1450 });
    expect(steppedWindow({ centre_hu: -990, width_hu: 40 }, 'centre_hu', -1).centre_hu).toBe(-1000);
    expect(steppedWindow({ centre_hu: -990, width_hu: 40 }, 'width_hu', -1).width_hu).toBe(10);
  });
});

test('no years since quitting are no years for who never quit', () => {
  const app = { t: (key: Key, params?: Record<string, string | number>): string => translate('en', key, params) };
  const known = (value: number | boolean): TwinAnswer => ({ state: 'known', value, source: { reference: 'Observation/a' }, certainty: 'recorded' });
  const said = (years: number, smoked: boolean): string | undefined =>
    sinceQuitting(app, 'years_since_quit', { answers: { years_since_quit: known(years), ever_smoker: known(smoked) } });
  expect([said(0, false), said(0, true), said(7, true)]).toEqual(['never smoked', 'smokes now', undefined]);
  expect(sinceQuitting(app, 'age_years', { answers: { age_years: known(0) } })).toBeUndefined();
});

test('ages are whole years, counted by birthdays', () => {
  expect(yearsBetween('19630607', '20260606')).toBe(62);
  expect(yearsBetween('1963-06-07', '20260607')).toBe(63);
  expect([yearsBetween('1963', '20260607'), yearsBetween('20300101', '20260607'), yearsBetween(undefined, '20260607')]).toEqual([undefined, undefined, undefined]);
  expect([clockOf('101500.25'), clockOf('10:15'), clockOf(undefined), clockOf('9')]).toEqual(['10:15', '10:15', undefined, undefined]);
});

test('an age says on which day it holds', () => {
  const app = { t: (key: Key, params?: Record<string, string | number>): string => translate('en', key, params), language: () => 'en' as const };
  const study = (modality: string, date: string): StudyRow => ({ uid: date, modality, date, description: '', series: [] });
  const twin = { studies: [study('CT SEG', '20190104'), study('MR', '20230607'), study('CT', '2021-03-02')] };
  const said = (how: string | null): string | undefined => ageLabel(app, twin, { source: { reference: 'Patient/a', how } });
  expect(said('age on the day of the newest CT')).toBe('Age at the CT of 2 Mar 2021');
  expect(said('age today')).toBe('Age today');
  expect(said(null)).toBeUndefined();
});

describe('people in a room', () => {
  const person = (id: number, name: string): Participant => ({
    id,
    actor: name,
    name,
    role: 'expert', licence: 'valid',
     colour: '#123456',
     place: 0,
    may_act: true,
    standing: 'speaker',
    hand_since: null,
    muted: false,
    may_accompany: true,
  stays_until: null,
    joined: '',
    away: false,
  });
  const event = (act: Event['act'], entity: unknown): Event =>
    ({ number: 0, actor: 'chen', at: '', act, changes: [{ id: 2, placed: { by: 'chen', at: '', entity } }] }) as Event;
  const t = (key: Key, params?: Record<string, string | number>): string => translate('en', key, params);

  test('whose hand went up and down, and who became the host', () => {
    const [chen, li] = [person(1, 'Chen'), person(2, 'Li')];
    const raised = { ...li, hand_since: '2026-01-01T00:00:00Z' };
    const host = { ...chen, standing: 'host' as const };
    expect(handsBetween([chen, li], [chen, raised])).toEqual({ up: [raised], down: [], word: [], wordBack: [], host: undefined });
    expect(handsBetween([chen, raised], [host, li])).toEqual({ up: [], down: [li], word: [], wordBack: [], host });
    // Who is given the word has asked for it no longer, and that is said once.
    const speaks = { ...li, has_word: true };
    expect(handsBetween([host, raised], [host, speaks])).toEqual({ up: [], down: [], word: [speaks], wordBack: [], host: undefined });
    expect(handsBetween([host, speaks], [host, li]).wordBack).toEqual([li]);
    // Who comes in with a hand up raises it for everybody who is there.
    expect(handsBetween([host], [host, raised]).up).toEqual([raised]);
    const knock = { id: 3, actor: 'w', name: 'Wang', role: 'nurse', since: '', needs_companion: false, needs_licence: false, blocked_until: null };
    expect(knocked([], [knock])).toEqual([knock]);
    expect(knocked([knock], [knock])).toEqual([]);
  });

  test('what was done to keep order, in words', () => {
    const said = (order: Ordered): string => orderedWords(order, 'Chen', { t, language: () => 'en' });
    expect(said({ whom: 'w', name: 'Wang', did: 'put-out', reason: 'shouts' })).toBe('Chen put Wang out: shouts');
    expect(said({ whom: 'w', name: 'Wang', did: 'appointed', standing: 'observer' })).toBe('Chen made Wang observer.');
    expect(said({ whom: 'w', name: 'Wang', did: 'showing-ended', what: 'screen', reason: 'a name' })).toBe('Chen ended the shared screen of Wang: a name');
    expect(said({ whom: 'w', name: 'Wang', did: 'showing-let', what: 'camera' })).toBe('Chen lets Wang show the camera again.');
    const blocked = said({ whom: 'w', name: 'Wang', did: 'blocked', reason: 'shouts', until: '2026-01-01T10:00:00Z' });
    expect(blocked).toMatch(/^Chen blocked Wang until .+: shouts$/);
    expect(said({ whom: 'w', name: 'Wang', did: 'appealed', against: 'muted', reason: 'I was asked' })).toBe('Wang objects (muted): I was asked');
    // As older journals have it.
    expect(said({ whom: 'w', name: 'Wang', did: 'appealed', reason: 'I was asked' })).toBe('Wang objects (blocked): I was asked');
    const decided = { whom: 'w', name: 'Wang', against: 'put-out', reason: 'nobody shouted', decider: 'Sun' } as const;
    expect(said({ ...decided, did: 'appeal-granted' })).toBe('Sun granted the objection of Wang (put out): nobody shouted');
    expect(said({ ...decided, did: 'appeal-refused' })).toBe('Sun refused the objection of Wang (put out): nobody shouted');
  });

  test('whoever comes into a room is said to be what they are', () => {
    const roles = ['related-person', 'technician', 'admin', 'somebody'];
    expect(roles.map((role) => roleWords({ t }, role))).toEqual(['Relative or carer', 'Device technician', 'Administrator', '']);
  });

  test('who came and who left', () => {
    const [chen, li] = [person(1, 'Chen'), person(2, 'Li')];
    expect(comings([chen], [chen, li])).toEqual({ came: [li], left: [] });
    expect(comings([chen, li], [li])).toEqual({ came: [], left: [chen] });
  });

  test('what was placed is said, what only turns is not', () => {
    const measure = { type: 'measure', kind: 'length', points_lps_mm: [], value: { state: 'assessed', value: 9.24 }, unit: 'mm' };
    expect(placedWords(event('add', measure), 'Chen', t)).toBe('Chen measured 9.2 mm.');
    expect(placedWords(event('add', { type: 'annotation', text: 'spiculated' }), 'Chen', t)).toBe('Chen noted: spiculated');
    expect(placedWords(event('set', { type: 'hologram' }), 'Chen', t)).toBeUndefined();
    expect(placedWords(event('add', { type: 'hologram' }), 'Chen', t)).toBe('Chen has taken other images from the shelf.');
    expect(placedWords({ ...event('add', { type: 'hologram' }), actor: 'hospital' }, 'hospital', t)).toBe('The images stand in the room.');
    const took = (...shelved: boolean[]): Event => ({ ...event('set', {}), changes: shelved.flatMap((one) => event('set', { type: 'hologram', shelved: one }).changes) });
    expect(placedWords(took(true, false), 'Chen', t)).toBe('Chen has taken other images from the shelf.');
    expect(placedWords(took(false), 'Chen', t)).toBeUndefined();
    expect(placedWords(event('lock', { type: 'hologram' }), 'Chen', t)).toBe('Chen locked something in place.');
  });
});

describe('without a line', () => {
  const hour = 3_600_000;

  test('staff go on for as long as a session lasts, patients for three days with what is their own', () => {
    expect(goesOnUntil({ roles: ['nurse'] }, 0)).toBe(12 * hour);
    expect(goesOnUntil({ roles: ['patient', 'nurse'] }, 0)).toBe(12 * hour);
    expect(goesOnUntil({ roles: [] }, 0)).toBe(12 * hour);
    expect(goesOnUntil({ roles: ['patient'] }, hour)).toBe(73 * hour);
    // Whoever also comes with somebody else is a patient all the same; who only does that has nothing of their own.
    expect(goesOnUntil({ roles: ['patient', 'related-person'] }, hour)).toBe(73 * hour);
    expect(goesOnUntil({ roles: ['related-person'] }, 0)).toBe(12 * hour);
  });

  test('nobody reads what is kept for longer than a session, and who then goes on has no name and no patient', () => {
    expect(readsUntil(hour)).toBe(13 * hour);
    const me = { id: 'zhao.patient', name: 'Zhao', roles: ['patient'], patient: 'p1' };
    expect(onlyAnswering(me)).toEqual({ id: 'zhao.patient', name: '', roles: ['patient'], answersOnly: true });
  });
});
