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

/** What is open, as far as it is listed, and how much more there is. */
export interface OpenTasks {
  readonly tasks: readonly Task[];
  readonly more: number;
}

/** No more of each kind are listed. */
const MOST = 50;

interface Bundle {
  readonly total?: number;
  readonly entry?: readonly { readonly resource?: Task }[];
}

const OPEN = {
  Task: ['requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold'],
  ServiceRequest: ['active', 'on-hold'],
} as const;
type OpenStatus = (typeof OPEN)[keyof typeof OPEN][number];

/** Those of both kinds, or a refusal: half of them would look like all. */
export async function openTasks(api: Pick<Api, 'get'>, patient: string, signal: AbortSignal): Promise<OpenTasks> {
  const found = await Promise.all(
    Object.entries(OPEN).map(([kind, status]) =>
      api.get<Bundle>(`/fhir/${kind}?patient=${encodeURIComponent(patient)}&status=${status.join(',')}&_count=${MOST}`, { signal }),
    ),
  );
  const tasks = found.flatMap(({ entry }) => (entry ?? []).flatMap(({ resource }) => resource ?? []));
  const more = found.map(({ total, entry }) => Math.max(0, (total ?? 0) - (entry ?? []).length));
  return { tasks, more: more.reduce((sum, one) => sum + one, 0) };
}

/** What it is about, as whoever asked for it wrote; undefined where they wrote nothing. */
export function titleOf({ description, code }: Pick<Task, 'description' | 'code'>): string | undefined {
  const coding = code?.coding?.[0];
  return description ?? code?.text ?? coding?.display ?? coding?.code;
}
