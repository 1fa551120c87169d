/** Fingers on a touch screen, as Chromium gets them from the glass. */
import type { CDPSession, Page } from '@playwright/test';

export type Point = readonly [x: number, y: number];

/** Steps in which fingers go from one place to another; each may wait for a frame. */
const STEPS = 4;

/** Puts fingers down, brings each from its first place to its last, and lifts them. */
export async function swipe(page: Page, ...fingers: readonly (readonly [from: Point, to: Point])[]): Promise<void> {
  const glass = await page.context().newCDPSession(page);
  const at = (share: number): { x: number; y: number; id: number }[] =>
    fingers.map(([from, to], id) => ({ x: from[0] + (to[0] - from[0]) * share, y: from[1] + (to[1] - from[1]) * share, id }));
  await touch(glass, 'touchStart', at(0));
  for (let step = 1; step <= STEPS; step++) await touch(glass, 'touchMove', at(step / STEPS));
  await touch(glass, 'touchEnd', []);
  await glass.detach();
}

function touch(glass: CDPSession, type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number; id: number }[]): Promise<unknown> {
  return glass.send('Input.dispatchTouchEvent', { type, touchPoints });
}
