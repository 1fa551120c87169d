/**
 * What can be chosen of one kind of devices, by the browser's names for them: what was chosen stays among them while it is
 * not plugged in. Where the browser does not name those of a kind yet, nothing can be.
 */
export function choosable(kind: MediaDeviceKind, found: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId'>[], chosen: string): readonly string[] {
  const there = found.filter((one) => one.kind === kind).flatMap(({ deviceId }) => (deviceId === '' || deviceId === 'default' ? [] : [deviceId]));
  if (there.length === 0 && found.some((one) => one.kind === kind && one.deviceId === '')) return [];
  return chosen === '' || there.includes(chosen) ? there : [...there, chosen];
}
