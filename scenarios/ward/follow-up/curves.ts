/** A session of spirometry as a file: exponential expirations, whose volumes have a closed form. */
const PER_SECOND = 100;
const STILL_s = 0.5;
const LASTS_s = 8.5;

function blow(fvc_l: number, tau_s: number): { values: number[]; seen: Record<string, boolean> } {
  const values = Array.from({ length: PER_SECOND * LASTS_s }, (_, at) =>
    Number((fvc_l * (1 - Math.exp(-Math.max(at / PER_SECOND - STILL_s, 0) / tau_s))).toFixed(4)),
  );
  return { values, seen: { cough: false, glottic_closure: false, leak: false } };
}

/** Three blows before a bronchodilator and three after it. */
export function session(): string {
  return JSON.stringify({
    curve: 'volume-l',
    per_second: PER_SECOND,
    blows: [blow(2.6, 1.1), blow(2.55, 1.1), blow(2.5, 1.1)],
    after_bronchodilator: [blow(2.8, 1.1), blow(2.78, 1.1), blow(2.75, 1.1)],
  });
}
