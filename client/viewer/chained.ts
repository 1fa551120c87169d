/** Joins pieces of an outline end to end, so that dashes run along it and corners are joined. */

/** Lines of many points, `[x, y, x, y, …]`; one that closes ends where it began. */
export function chained(pieces: readonly (readonly number[])[]): number[][] {
  const ends = new Map<string, number[]>();
  const name = (x = 0, y = 0): string => `${x} ${y}`;
  pieces.forEach(([x0, y0, x1, y1], at) => {
    for (const end of [name(x0, y0), name(x1, y1)]) ends.set(end, [...(ends.get(end) ?? []), at]);
  });
  const used = new Set<number>();
  /** Goes on from the end of a line as long as a piece begins or ends there. */
  const extend = (line: number[]): void => {
    for (;;) {
      const [x, y] = line.slice(-2);
      const next = ends.get(name(x, y))?.find((at) => !used.has(at));
      const piece = next === undefined ? undefined : pieces[next];
      if (next === undefined || !piece) return;
      used.add(next);
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = piece;
      if (x0 === x && y0 === y) line.push(x1, y1);
      else line.push(x0, y0);
    }
  };
  const lines: number[][] = [];
  pieces.forEach((piece, at) => {
    if (used.has(at)) return;
    used.add(at);
    const line = [...piece];
    extend(line);
    lines.push(line);
  });
  return lines;
}
