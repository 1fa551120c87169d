import { createSignal } from 'solid-js';

export type XrMode = 'vr' | 'ar';

const SESSION: Record<XrMode, XRSessionMode> = { vr: 'immersive-vr', ar: 'immersive-ar' };

/** What finds surfaces of the real room, and holds something in it. */
const REAL: Record<XrMode, readonly string[]> = { vr: [], ar: ['hit-test', 'anchors'] };

/** Which of "Enter VR" and "Enter AR" to show on this device. */
export async function xrModes(): Promise<Record<XrMode, boolean>> {
  const supported = async (mode: XrMode): Promise<boolean> => {
    try {
      return (await navigator.xr?.isSessionSupported(SESSION[mode])) ?? false;
    } catch {
      // A page policy may forbid even asking.
      return false;
    }
  };
  const [vr, ar] = await Promise.all([supported('vr'), supported('ar')]);
  return { vr, ar };
}

const [worn, setWorn] = createSignal(false);

/** Whether a headset is worn, wherever it was put on: what is on the page is not seen meanwhile. */
export const wearsHeadset = worn;

/** Asks for a session; must be called from a click. */
export async function requestXr(mode: XrMode): Promise<XRSession> {
  if (!navigator.xr) throw new Error('no WebXR on this device');
  const session = await navigator.xr.requestSession(SESSION[mode], {
    requiredFeatures: ['local-floor'],
    optionalFeatures: ['hand-tracking', 'bounded-floor', ...REAL[mode]],
  });
  setWorn(true);
  session.addEventListener('end', () => setWorn(false), { once: true });
  return session;
}
