/** What can be chosen of one kind of devices, by the browser's names for them: what was chosen stays among them while it is not plugged in. */
export function choosable(kind: MediaDeviceKind, found: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId'>[], chosen: string): readonly string[] {
  const there = found.filter((one) => one.kind === kind).flatMap(({ deviceId }) => (deviceId === '' || deviceId === 'default' ? [] : [deviceId]));
  return chosen === '' || there.includes(chosen) ? there : [...there, chosen];
}
