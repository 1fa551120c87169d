/** Small things that stand for people in the client. */

/** The letter or character that stands for a person. */
export function initialOf(name: string): string {
  return Array.from(name.trim())[0]?.toUpperCase() ?? '?';
}
