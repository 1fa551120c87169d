/** What series of readings are called: as the profile of their device has it; else by their ids. */
import type { SignalRow } from '../../contract/signals';
import { inLanguage } from './language';
import type { Language } from './language';

export const streamName = ({ title, stream }: Pick<SignalRow, 'title' | 'stream'>, language: Language): string => inLanguage(title ?? stream, language);

/** One series among all of a patient. */
export function seriesName({ title, display, code, device, stream, unit }: Pick<SignalRow, 'title' | 'display' | 'code' | 'device' | 'stream' | 'unit'>, language: Language): string {
  const parts = title ? [inLanguage(title, language), device] : [display ?? code, `${device} / ${stream}`];
  return [...parts, ...(unit === '1' ? [] : [unit])].join(' · ');
}
