import type { Measure } from './room-view';

/** A measure in words that need no translation: `13.7 mm`, `−642 HU`; a dash where it could not be taken. */
export function measureWords(measure: Pick<Measure, 'kind' | 'value'>): string {
  if (measure.value.state !== 'assessed') return '—';
  return measure.kind === 'length' ? lengthWords(measure.value.value) : huWords(measure.value.value);
}

export function lengthWords(length_mm: number): string {
  return `${length_mm.toFixed(1)} mm`;
}

export function huWords(hu: number): string {
  return `${Math.round(hu).toString().replace('-', '−')} HU`;
}
