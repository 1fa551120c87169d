/** Tasks and orders of a patient that are still open: what is asked of the record, and what stands there of each. */
import type { Api } from '../../../../client/core/api';

export interface Task {
  readonly resourceType: 'Task' | 'ServiceRequest';
  readonly id: string;
  readonly status: OpenStatus;
  readonly description?: string;
  readonly code?: { readonly text?: string; readonly coding?: readonly { readonly code?: string; readonly display?: string }[] };
  readonly authoredOn?: string;
}

interface Bundle {
  readonly entry?: readonly { readonly resource?: Task }[];
}

const OPEN = {
  Task: ['requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold'],
  ServiceRequest: ['active', 'on-hold'],
} as const;
type OpenStatus = (typeof OPEN)[keyof typeof OPEN][number];

/** All of both kinds, or a refusal: half of them would look like all. */
export async function openTasks(api: Pick<Api, 'get'>, patient: string, signal: AbortSignal): Promise<Task[]> {
  const found = await Promise.all(
    Object.entries(OPEN).map(([kind, status]) =>
      api.get<Bundle>(`/fhir/${kind}?patient=${encodeURIComponent(patient)}&status=${status.join(',')}&_count=50`, { signal }),
    ),
  );
  return found.flatMap(({ entry }) => (entry ?? []).flatMap(({ resource }) => resource ?? []));
}

/** What it is about, as whoever asked for it wrote; undefined where they wrote nothing. */
export function titleOf({ description, code }: Pick<Task, 'description' | 'code'>): string | undefined {
  const coding = code?.coding?.[0];
  return description ?? code?.text ?? coding?.display ?? coding?.code;
}
