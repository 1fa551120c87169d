/** Where a tag was over any period, and who was there too: asked for part by part, and told as rows. */
import type { Contact, Contacts, Stretch, TracePlace, TracePoint } from './command';

export const MINUTE_ms = 60_000;
export const HOUR_ms = 60 * MINUTE_ms;
export const DAY_ms = 24 * HOUR_ms;
/** So many parts are asked for at most: 5,000 readings or a day each. */
export const MOST_PARTS = 300;
/** So many rows a table has at most. */
const MOST_ROWS = 720;

export interface Period {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** All parts of a period, one after the other; the last says where it ends where there are too many. */
export async function allParts<Part extends { readonly next: string | null }>(
  ask: (query: string) => Promise<Part>,
  { from_ms, to_ms }: Period,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let from: string | null = new Date(from_ms).toISOString();
  while (from !== null && parts.length < MOST_PARTS) {
    const query = new URLSearchParams({ from, to: new Date(to_ms).toISOString() });
    // Each begins where the one before ended.
    const part: Part = await ask(query.toString());
    parts.push(part);
    from = part.next;
  }
  return parts;
}

/** A moment of a trace: metres, or a place by its name, drawn or not. */
export interface TraceRow {
  readonly at: number;
  readonly place: string | null;
  readonly floor_m: readonly [number, number] | null;
}

/** How far apart the rows of a period are: a minute, or more where they would be too many. */
export function stepOf({ from_ms, to_ms }: Period): number {
  return MINUTE_ms * Math.max(1, Math.ceil((to_ms - from_ms) / MINUTE_ms / MOST_ROWS));
}

/** The last of each step, the oldest first: what is drawn and what the table says. */
export function traceRows(points: readonly TracePoint[], places: readonly TracePlace[], step_ms: number): readonly TraceRow[] {
  const all: readonly TraceRow[] = [
    ...points.map(([at, x, y]) => ({ at, place: null, floor_m: [x, y] as const })),
    ...places.map(({ at, name, floor_m }) => ({ at, place: name, floor_m })),
  ].toSorted((one, other) => one.at - other.at);
  return [...new Map(all.map((row) => [Math.floor(row.at / step_ms), row])).values()];
}

/** What parts say of the same people and things, together: a while that goes on in the next part is one. */
export function joined(parts: readonly Contacts[]): { readonly contacts: readonly Contact[]; readonly hidden: number; readonly located_s: number } {
  const all = new Map<string, Contact>();
  for (const contact of parts.flatMap(({ contacts }) => contacts)) {
    const key = `${contact.kind} ${contact.id}`;
    const before = all.get(key);
    all.set(key, before ? { ...before, stretches: goneOn(before.stretches, contact.stretches) } : contact);
  }
  return {
    contacts: [...all.values()].toSorted((one, other) => minutesOf(other.stretches) - minutesOf(one.stretches)),
    // Whether those of one part are those of another nobody says here.
    hidden: Math.max(0, ...parts.map(({ hidden }) => hidden)),
    located_s: parts.reduce((sum, { located_s }) => sum + located_s, 0),
  };
}

function goneOn(before: readonly Stretch[], more: readonly Stretch[]): readonly Stretch[] {
  const [last, first] = [before.at(-1), more[0]];
  if (!last || !first || last.place !== first.place || Date.parse(first.from) > Date.parse(last.to) + 1) return [...before, ...more];
  const metres = [last.least_m, first.least_m].filter((one) => one !== null);
  const one = { ...last, to: first.to, least_m: metres.length === 0 ? null : Math.min(...metres) };
  return [...before.slice(0, -1), one, ...more.slice(1)];
}

/** How long these are, in minutes. */
export function minutesOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from) + 1) / MINUTE_ms, 0);
}

/** Where a while stands in a period, in thousandths of its width. */
export function barOf({ from, to }: Stretch, { from_ms, to_ms }: Period): { readonly x: number; readonly width: number } {
  const part = (ms: number): number => (Math.min(Math.max(ms - from_ms, 0), to_ms - from_ms) / (to_ms - from_ms)) * 1000;
  const x = part(Date.parse(from));
  return { x, width: Math.max(part(Date.parse(to)) - x, 4) };
}
