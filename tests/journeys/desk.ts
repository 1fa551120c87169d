/** A made-up real room for an emulated headset: it has one desk, and no walls that bear anything. */
import type { Page } from '@playwright/test';
import type { XRDevice } from 'iwer';

/** How high it is and from where to where it reaches, x and z in metres of the headset's own floor. */
export const DESK = { high: 0.74, from: [-0.6, -1.8], to: [0.6, -0.7] } as const;

/** Puts the desk there; before augmented reality is entered. */
export async function layDesk(page: Page): Promise<void> {
  await page.evaluate((desk) => {
    /** What the emulated device knows of the real room. */
    class RealRoom {
      readonly environmentCanvas = document.createElement('canvas');
      readonly trackedPlanes = new Set();
      readonly trackedMeshes = new Set();
      render(): void {
        // Nobody looks at it.
      }
      computeHitTestResults(ray: ArrayLike<number>): Float32Array[] {
        const [x = 0, y = 0, z = 0] = [ray[12], ray[13], ray[14]];
        const [dx = 0, dy = 0, dz = 0] = [ray[8], ray[9], ray[10]].map((part) => -(part ?? 0));
        const far = (desk.high - y) / dy;
        const [u, v] = [x + far * dx, z + far * dz];
        if (!(far > 0) || u < desk.from[0] || u > desk.to[0] || v < desk.from[1] || v > desk.to[1]) return [];
        return [new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, u, desk.high, v, 1])];
      }
    }
    const device = Reflect.get(window, '__xr') as XRDevice | undefined;
    device?.installSEM(RealRoom as unknown as Parameters<XRDevice['installSEM']>[0]);
  }, DESK);
}
