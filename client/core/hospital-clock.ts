/** What the hospital's clock says. That of a device may be wrong by many minutes: what the hospital gave a time comes too early by it, or never. */

/** How far the hospital's clock is ahead of this device's; none where that is not known to be wrong. */
let ahead_ms = 0;

/** The `Date` of an answer has whole seconds, and those that went by since are cut off. */
const SECOND_ms = 1_000;

/** Takes in by the `Date` of an answer what the clock of the hospital said between asking and having it, both by this device. */
export function hearClock(date: string | null, asked_ms: number, had_ms: number): void {
  const said_ms = Date.parse(date ?? '');
  if (Number.isNaN(said_ms)) return;
  // Each answer narrows it as far as it was quick: the clocks differ by something between these two.
  ahead_ms = Math.max(said_ms - had_ms, Math.min(said_ms + SECOND_ms - asked_ms, ahead_ms));
}

/** Now by the hospital's clock, as far as its answers have told it. */
export const hospitalNow = (): number => Date.now() + ahead_ms;
