/**
 * The search of the study browser: one box for names, numbers and descriptions, with modality and dates beside it.
 * QIDO-RS has no "or", so a text is asked for in each attribute at once and the answers are merged by date.
 */
import { DICOM_WEB, dicomJson, studyOf } from './dicom-web';
import type { Study } from './dicom-web';

export interface StudySearch {
  /** Part of a name, number, accession number or description. */
  readonly text: string;
  /** A patient's ID, whole; empty for all patients. */
  readonly patient: string;
  readonly modality: string;
  /** First and last day, `YYYY-MM-DD` or empty. */
  readonly from: string;
  readonly to: string;
}

export const NO_SEARCH: StudySearch = { text: '', patient: '', modality: '', from: '', to: '' };
/** Rows that are asked for at once, of each attribute. */
export const PAGE_ROWS = 50;

/** The attributes in which a text is looked for, each with the patterns to try. */
export function patternsOf(text: string, ofOnePatient = false): readonly (readonly [attribute: string, pattern: string])[] {
  const words = text.trim().replace(/[*?\\]/g, '');
  if (words === '') return [];
  // A name is written with carets inside; people type spaces. Letters' case counts in all but names.
  const name = `*${words.replace(/\s+/g, '*')}*`;
  const cased = new Set([words, words.toUpperCase(), words.charAt(0).toUpperCase() + words.slice(1).toLowerCase()]);
  const patterns: [string, string][] = [['PatientName', name]];
  // Chinese is written as "family^given" in some archives: each place may hold the caret.
  if (/^\p{Script=Han}{2,4}$/u.test(words)) patterns.push(['PatientName', `*${Array.from(words).join('*')}*`]);
  // Of one patient no other number is sought.
  for (const one of ofOnePatient ? [] : new Set([words, words.toUpperCase()])) patterns.push(['PatientID', `*${one}*`]);
  for (const one of cased) patterns.push(['StudyDescription', `*${one}*`]);
  if (/\d/.test(words)) patterns.push(['AccessionNumber', `*${words}*`]);
  return patterns;
}

/** A range of days as DICOM writes it; empty where both ends are open. */
export function dateRange(from: string, to: string): string {
  const plain = (day: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(day) ? day.replaceAll('-', '') : '');
  const [first, last] = [plain(from), plain(to)];
  if (first === '' && last === '') return '';
  return first === last ? first : `${first}-${last}`;
}

/** The questions that a search is made of. */
export function questionsOf(search: StudySearch): readonly URLSearchParams[] {
  const common = new URLSearchParams();
  // A wildcard in an identifier would find other patients too; they are left out when the rows come.
  if (search.patient !== '') common.set('PatientID', search.patient.replace(/[*?\\]/g, '?'));
  if (search.modality !== '') common.set('ModalitiesInStudy', search.modality);
  const days = dateRange(search.from, search.to);
  if (days !== '') common.set('StudyDate', days);
  const patterns = patternsOf(search.text, search.patient !== '');
  if (patterns.length === 0) return [common];
  return patterns.map(([attribute, pattern]) => {
    const question = new URLSearchParams(common);
    question.set(attribute, pattern);
    return question;
  });
}

/** What one question has brought so far. */
interface Stream {
  readonly question: URLSearchParams;
  readonly rows: Study[];
  ended: boolean;
}

/** A study's place in time; those without a date come last, as the server sorts them. */
const moment = (study: Study): string => `${study.date ?? ''}${study.time ?? ''}`;

/**
 * Merges what the questions brought, the newest first and each study once. Rows that are older than the oldest
 * row of a question that is not at its end are held back: a later page could bring something newer.
 */
export function merged(streams: readonly { readonly rows: readonly Study[]; readonly ended: boolean }[]): readonly Study[] {
  const horizon = streams.reduce((latest, { rows, ended }) => {
    const last = rows.at(-1);
    if (ended || !last) return latest;
    return moment(last) > latest ? moment(last) : latest;
  }, '');
  const once = new Map(streams.flatMap(({ rows }) => rows.map((study) => [study.uid, study] as const)));
  return [...once.values()]
    .filter((study) => moment(study) >= horizon)
    .sort((a, b) => moment(b).localeCompare(moment(a)) || a.uid.localeCompare(b.uid));
}

/** A search that is read page by page. */
export class StudyPages {
  readonly #streams: readonly Stream[];
  readonly #ask: typeof dicomJson;
  readonly #patient: string;

  constructor(search: StudySearch, ask: typeof dicomJson = dicomJson) {
    this.#streams = questionsOf(search).map((question) => ({ question, rows: [], ended: false }));
    this.#ask = ask;
    this.#patient = search.patient;
  }

  /** Whether all has been read. */
  get ended(): boolean {
    return this.#streams.every(({ ended }) => ended);
  }

  /** Reads on, and gives all that is found so far. */
  async next(signal?: AbortSignal): Promise<readonly Study[]> {
    await Promise.all(
      this.#streams.filter(({ ended }) => !ended).map(async (stream) => {
        const question = new URLSearchParams(stream.question);
        question.set('limit', String(PAGE_ROWS));
        question.set('offset', String(stream.rows.length));
        // What stands in a row without being asked for is settled by the standard; the description is not among it.
        question.set('includefield', 'StudyDescription');
        const rows = await this.#ask(`${DICOM_WEB}/studies?${question.toString()}`, signal);
        stream.rows.push(...rows.map(studyOf));
        stream.ended = rows.length < PAGE_ROWS;
      }),
    );
    const found = merged(this.#streams);
    return this.#patient === '' ? found : found.filter(({ patientId }) => patientId === this.#patient);
  }
}

/** What of a search may stand in the address: no word that could name a patient. */
export function addressOf(search: StudySearch): string {
  const kept = new URLSearchParams();
  if (search.modality !== '') kept.set('modality', search.modality);
  if (search.from !== '') kept.set('from', search.from);
  if (search.to !== '') kept.set('to', search.to);
  const text = kept.toString();
  return text === '' ? '' : `?${text}`;
}

/** The search that an address and the tab's own memory hold. */
export function searchFrom(address: string, text: string | null, patient: string | null): StudySearch {
  const kept = new URLSearchParams(address);
  const day = (name: string): string => {
    const value = kept.get(name) ?? '';
    return /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : '';
  };
  const modality = kept.get('modality') ?? '';
  return { text: text ?? '', patient: patient ?? '', modality: /^[A-Z0-9]{1,16}$/.test(modality) ? modality : '', from: day('from'), to: day('to') };
}
