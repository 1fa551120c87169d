/** How a picture was made, in the few figures that readers look for in its corner. */
import { numberOf, textOf } from '../core/dicom/json';
import type { DataSet } from '../core/dicom/json';

export interface Acquisition {
  /** Figures with their units, such as `120 kV`; the abbreviations are those of the trade in every language. */
  readonly figures: readonly string[];
  /** `YYYYMMDD` and `HHMMSS` of the picture, else of its series. */
  readonly date: string | undefined;
  readonly time: string | undefined;
  readonly seriesNumber: number | undefined;
  readonly number: number | undefined;
  /** Where the slice lies by its own word, in millimetres. */
  readonly location_mm: number | undefined;
  readonly institution: string | undefined;
  readonly station: string | undefined;
}

const TAGS = {
  acquisitionDate: '00080022',
  contentDate: '00080023',
  seriesDate: '00080021',
  acquisitionTime: '00080032',
  contentTime: '00080033',
  seriesTime: '00080031',
  institution: '00080080',
  station: '00081010',
  contrast: '00180010',
  kvp: '00180060',
  current_mA: '00181151',
  exposure_mAs: '00181152',
  kernel: '00181210',
  view: '00185101',
  laterality: '00200062',
  repetition_ms: '00180080',
  echo_ms: '00180081',
  inversion_ms: '00180082',
  field_T: '00180087',
  flip_deg: '00181314',
  seriesNumber: '00200011',
  instanceNumber: '00200013',
  sliceLocation: '00201041',
} as const;

const plain = (value: number): string => String(Number(value.toFixed(2)));

export function acquisitionOf(set: DataSet): Acquisition {
  const number = (tag: keyof typeof TAGS): number | undefined => numberOf(set, TAGS[tag]);
  const text = (tag: keyof typeof TAGS): string | undefined => textOf(set, TAGS[tag]);
  const figure = (tag: keyof typeof TAGS, before: string, after: string): string[] => {
    const value = number(tag);
    return value === undefined ? [] : [`${before}${plain(value)}${after}`];
  };
  const exposure = number('exposure_mAs') === undefined ? figure('current_mA', '', ' mA') : figure('exposure_mAs', '', ' mAs');
  return {
    figures: [
      ...figure('kvp', '', ' kV'),
      ...exposure,
      ...figure('repetition_ms', 'TR ', ' ms'),
      ...figure('echo_ms', 'TE ', ' ms'),
      ...figure('inversion_ms', 'TI ', ' ms'),
      ...figure('flip_deg', 'FA ', '°'),
      ...figure('field_T', '', ' T'),
      ...[text('kernel'), [text('laterality'), text('view')].filter(Boolean).join(' '), text('contrast')].filter((word): word is string => Boolean(word)),
    ],
    date: text('acquisitionDate') ?? text('contentDate') ?? text('seriesDate'),
    time: text('acquisitionTime') ?? text('contentTime') ?? text('seriesTime'),
    seriesNumber: number('seriesNumber'),
    number: number('instanceNumber'),
    location_mm: number('sliceLocation'),
    institution: text('institution'),
    station: text('station'),
  };
}
