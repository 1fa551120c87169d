import { describe, expect, test } from 'vitest';
import type { Study } from './dicom-web';
import type { DataSet } from './json';
import { NO_SEARCH, PAGE_ROWS, StudyPages, addressOf, dateRange, merged, patternsOf, questionsOf, searchFrom } from './search';

const study = (uid: string, date: string): Study => ({
  uid,
  date,
  patientName: undefined,
  patientId: undefined,
  sex: undefined,
  birthDate: undefined,
  time: undefined,
  description: undefined,
  accession: undefined,
  modalities: [],
  series: undefined,
  images: undefined,
});

describe('a search', () => {
  test('looks for a text in each attribute', () => {
    const questions = questionsOf({ ...NO_SEARCH, text: 'chest', modality: 'CT', from: '2020-01-01' });
    expect(questions.map((question) => question.get('StudyDescription')).filter(Boolean)).toEqual([
      '*chest*',
      '*CHEST*',
      '*Chest*',
    ]);
    for (const question of questions) {
      expect(question.get('ModalitiesInStudy')).toBe('CT');
      expect(question.get('StudyDate')).toBe('20200101-');
    }
  });

  test('finds Chinese names written with a caret inside', () => {
    expect(patternsOf('赵敏')).toContainEqual(['PatientName', '*赵*敏*']);
  });

  test('of one patient asks for no other number, and takes no wildcard for the patient’s own', async () => {
    const questions = questionsOf({ ...NO_SEARCH, patient: 'A*1', text: 'chest' });
    expect(new Set(questions.map((question) => question.get('PatientID')))).toEqual(new Set(['A?1']));
    const row = (id: string): DataSet => ({ '0020000D': { vr: 'UI', Value: [`1.${id.length}`] }, '00100020': { vr: 'LO', Value: [id] } });
    const pages = new StudyPages({ ...NO_SEARCH, patient: 'A*1' }, async () => [row('A*1'), row('AB1x')]);
    expect((await pages.next()).map(({ patientId }) => patientId)).toEqual(['A*1']);
  });

  test('takes no wildcard from what is typed', () => {
    expect(patternsOf('*')).toEqual([]);
    expect(patternsOf('a*b?')[0]).toEqual(['PatientName', '*ab*']);
  });

  test.each([
    ['', '', ''],
    ['2020-01-01', '', '20200101-'],
    ['', '2020-01-31', '-20200131'],
    ['2020-01-01', '2020-01-01', '20200101'],
    ['01.01.2020', '', ''],
  ])('writes the days from %j to %j as %j', (from, to, expected) => {
    expect(dateRange(from, to)).toBe(expected);
  });

  test('keeps words out of the address', () => {
    const search = { text: '赵敏', patient: 'YY100001', modality: 'CT', from: '2020-01-01', to: '' };
    expect(addressOf(search)).toBe('?modality=CT&from=2020-01-01');
    expect(searchFrom(addressOf(search), '赵敏', 'YY100001')).toEqual(search);
    expect(searchFrom('?modality=%3Cscript%3E&from=now', null, null)).toEqual(NO_SEARCH);
  });
});

describe('merging', () => {
  test('holds back what a later page could precede', () => {
    const short = { rows: [study('a', '20240301'), study('b', '20200101')], ended: true };
    const long = { rows: [study('c', '20240201'), study('a', '20240301')], ended: false };
    expect(merged([short, { ...long, rows: [study('a', '20240301'), study('c', '20240201')] }]).map(({ uid }) => uid)).toEqual(['a', 'c']);
    expect(merged([short, { ...long, ended: true }]).map(({ uid }) => uid)).toEqual(['a', 'c', 'b']);
  });

  test('reads page by page to the end', async () => {
    const all = Array.from({ length: PAGE_ROWS + 3 }, (_, at) => String(20_240_999 - at));
    const pages = new StudyPages(NO_SEARCH, async (path) => {
      const offset = Number(new URLSearchParams(path.split('?')[1]).get('offset'));
      return all.slice(offset, offset + PAGE_ROWS).map(
        (date): DataSet => ({ '0020000D': { vr: 'UI', Value: [`1.${date}`] }, '00080020': { vr: 'DA', Value: [date] } }),
      );
    });
    expect(await pages.next()).toHaveLength(PAGE_ROWS);
    expect(pages.ended).toBe(false);
    expect(await pages.next()).toHaveLength(PAGE_ROWS + 3);
    expect(pages.ended).toBe(true);
  });
});
