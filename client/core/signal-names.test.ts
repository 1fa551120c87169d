import { expect, test } from 'vitest';
import { seriesName, streamName } from './signal-names';

const ECG = { title: { zh: '心电 II', en: 'ECG II' }, stream: 'ecg-ii', device: 'monitor-3', code: '131330', display: 'MDC_ECG_ELEC_POTL_II', unit: 'mV' };

test('a stream is called as the profile of its device has it, else by its id', () => {
  expect([streamName(ECG, 'zh'), streamName(ECG, 'en')]).toEqual(['心电 II', 'ECG II']);
  expect(streamName({ ...ECG, title: null }, 'zh')).toBe('ecg-ii');
});

test('a series names its device and unit too, and its code where no profile knows it', () => {
  expect([seriesName(ECG, 'zh'), seriesName(ECG, 'en')]).toEqual(['心电 II · monitor-3 · mV', 'ECG II · monitor-3 · mV']);
  const strange = { ...ECG, title: null, unit: '1' };
  expect(seriesName(strange, 'en')).toBe('MDC_ECG_ELEC_POTL_II · monitor-3 / ecg-ii');
  expect(seriesName({ ...strange, display: null }, 'en')).toBe('131330 · monitor-3 / ecg-ii');
});
