import type { Language } from '../core/language';
import type { Lesion } from '../core/volume/manifest';
import { dot, subtract, type Vec3 } from '../core/frames';
import type { Measure } from './room-view';

/** A measure in words that need no translation: `13.7 mm`, `42.0°`, `−642 HU`; a dash where it could not be taken. */
export function measureWords(measure: Pick<Measure, 'kind' | 'value'>): string {
  if (measure.value.state !== 'assessed') return '—';
  if (measure.kind === 'volume') return volumeWords(measure.value.value);
  if (measure.kind === 'angle') return angleWords(measure.value.value);
  return measure.kind === 'length' ? lengthWords(measure.value.value) : huWords(measure.value.value);
}

export function lengthWords(length_mm: number): string {
  return `${length_mm.toFixed(1)} mm`;
}

export function angleWords(angle_deg: number): string {
  return `${angle_deg.toFixed(1)}°`;
}

/** The angle at the middle one of three points in degrees; undefined where a leg has no length. */
export function angleBetween([from, corner, to]: readonly [Vec3, Vec3, Vec3]): number | undefined {
  const [a, b] = [subtract(from, corner), subtract(to, corner)];
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  if (lengths === 0) return undefined;
  return (Math.acos(Math.min(1, Math.max(-1, dot(a, b) / lengths))) * 180) / Math.PI;
}

/** Small volumes keep a digit: a nodule's is told apart from the next one's. */
export function volumeWords(volume_ml: number): string {
  return `${volume_ml.toFixed(volume_ml < 100 ? 1 : 0)} mL`;
}

export function huWords(hu: number): string {
  return `${Math.round(hu).toString().replace('-', '−')} HU`;
}

/** What a lesion is called, and how large it is. */
export function lesionWords(lesion: Pick<Lesion, 'label' | 'mean_diameter_mm'>, language: Language): string {
  return `${lesion.label[language]} · ${lesion.mean_diameter_mm.toFixed(1)} mm`;
}
