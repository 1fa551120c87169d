/** Who says who is on duty: what a person may say there, and until when they come. */

/** What `/api/wards/{ward}/duty` answers. */
export interface MayView {
  /** The duties that the caller may take. */
  readonly take: readonly string[];
  /** Those on duty there whom they may send off, themselves included. */
  readonly end: readonly string[];
}

/** The next moment at which clocks here show an hour, such as `07:30`; none where none was said. */
export function untilOf(hour: string, now: Date): string | undefined {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(hour) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const until = new Date(now);
  until.setHours(Number(hours), Number(minutes), 0, 0);
  if (until <= now) until.setDate(until.getDate() + 1);
  return until.toISOString();
}
