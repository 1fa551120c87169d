import { afterEach, expect, test, vi } from 'vitest';
import { requestXr, wearsHeadset, xrModes } from './modes';

afterEach(() => vi.unstubAllGlobals());

test('a headset is worn from when a session begins until it ends, whoever asked for it', async () => {
  const session = new EventTarget();
  vi.stubGlobal('navigator', { xr: { requestSession: () => Promise.resolve(session) } });
  const coming = requestXr('vr');
  expect(wearsHeadset()).toBe(false);
  await coming;
  expect(wearsHeadset()).toBe(true);
  session.dispatchEvent(new Event('end'));
  expect(wearsHeadset()).toBe(false);
});

test('surfaces and anchors are asked for where the real room is seen, and nobody is kept out for lacking them', async () => {
  const asked: [string, XRSessionInit | undefined][] = [];
  vi.stubGlobal('navigator', { xr: { requestSession: (mode: string, init?: XRSessionInit) => {
    asked.push([mode, init]);
    return Promise.resolve(new EventTarget());
  } } });
  await requestXr('vr');
  await requestXr('ar');
  expect(asked.map(([mode]) => mode)).toEqual(['immersive-vr', 'immersive-ar']);
  for (const [, init] of asked) expect(init?.requiredFeatures).toEqual(['local-floor']);
  const [vr, ar] = asked.map(([, init]) => init?.optionalFeatures ?? []);
  for (const feature of ['hit-test', 'anchors']) {
    expect(ar).toContain(feature);
    expect(vr).not.toContain(feature);
  }
  expect(ar).toContain('hand-tracking');
});

test('a browser without headsets, or one that may not even be asked, offers none', async () => {
  vi.stubGlobal('navigator', {});
  expect(await xrModes()).toEqual({ vr: false, ar: false });
  await expect(requestXr('vr')).rejects.toThrow('no WebXR');
  vi.stubGlobal('navigator', { xr: { isSessionSupported: () => Promise.reject(new Error('forbidden')) } });
  expect(await xrModes()).toEqual({ vr: false, ar: false });
});
