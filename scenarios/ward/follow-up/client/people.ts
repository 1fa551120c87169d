/** People who may be named in a follow-up. */
import type { App } from '../../../../client/core/app';
import type { StaffRow } from '../../../../client/core/hospital';
import type { Person } from './course';

/** People, each once, in the order in which they come first. */
export function eachOnce<P extends Person>(people: readonly P[]): readonly P[] {
  return people.filter(({ id }, at) => people.findIndex((one) => one.id === id) === at);
}

/** All doctors. */
export async function doctors(app: App, signal: AbortSignal): Promise<readonly Person[]> {
  const of = (role: string) => app.api.get<StaffRow[]>(`/api/staff?role=${role}`, { signal });
  return eachOnce((await Promise.all([of('terminal-doctor'), of('expert')])).flat());
}
