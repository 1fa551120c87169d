/** What a patient answers at home: the question's name and what is typed, or the word of the button. */

/** A day as usual with COPD. */
export const WELL: Readonly<Record<string, string>> = {
  dyspnoea_vas: '1',
  spo2_percent: '95',
  pulse_per_min: '74',
  respiratory_rate_per_min: '15',
  feels_worse: 'no',
};
/** Three signs of the Rome proposal; the breathing rate was not counted. */
export const ILL: Readonly<Record<string, string>> = {
  dyspnoea_vas: '7',
  spo2_percent: '89',
  pulse_per_min: '108',
  respiratory_rate_per_min: 'none',
  feels_worse: 'yes',
};
