/** Which way a key leads what stands in space: right, up and to the eye. */
export const WAYS: Readonly<Record<string, readonly [right: number, up: number, towards: number]>> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  PageUp: [0, 0, -1],
  PageDown: [0, 0, 1],
};

/** Farther than this, in CSS pixels, a press is a drag and no click. */
export const CLICK_PIXELS = 6;

const ONCE: ReadonlySet<string> = new Set(['Enter', ' ', 'a', 'A']);

/** Whether a key is only held that does its work once a press; what leads or scales goes on. */
export function isHeld({ key, repeat }: Pick<KeyboardEvent, 'key' | 'repeat'>): boolean {
  return repeat && ONCE.has(key);
}
