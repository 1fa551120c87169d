/** Who may see a patient's images, and why: read from the facts by which the hospital itself decides. */

/** As much of FHIR's care teams, requests and tasks as decides who sees a patient. */
interface Reference {
  readonly reference?: string;
  readonly display?: string;
}
interface Period {
  readonly start?: string;
  readonly end?: string;
}
export interface AccessFact {
  readonly resourceType: string;
  readonly status?: string;
  readonly name?: string;
  readonly period?: Period;
  readonly occurrencePeriod?: Period;
  readonly participant?: readonly { readonly member?: Reference; readonly period?: Period }[];
  readonly performer?: readonly Reference[];
  readonly owner?: Reference;
  readonly restriction?: { readonly period?: Period };
}

export interface Viewer {
  /** The account. */
  readonly id: string;
  /** As the record writes it, where it does. */
  readonly display: string | undefined;
  readonly why: 'care-team' | 'asked';
  /** Of the care team. */
  readonly team: string | undefined;
}

const OPEN_TASKS: ReadonlySet<string> = new Set(['requested', 'received', 'accepted', 'ready', 'in-progress']);

/** Whether a period holds now; one that says nothing holds always. A date counts to its end. */
function holds(period: Period | undefined, now: Date): boolean {
  const [from, to] = [period?.start, period?.end].map((text) => (text === undefined ? undefined : Date.parse(text)));
  const whole_ms = period?.end?.length === 10 ? 86_400_000 : 0;
  return (from === undefined || from <= now.getTime()) && (to === undefined || now.getTime() < to + whole_ms);
}

/** The people whom the facts let in, each once, those who treat the patient first. */
export function viewersOf(facts: readonly AccessFact[], now: Date): readonly Viewer[] {
  const found = new Map<string, Viewer>();
  const add = (reference: Reference | undefined, why: Viewer['why'], team?: string): void => {
    const [, id] = /(?:^|\/)Practitioner\/([^/]+)$/.exec(reference?.reference ?? '') ?? [];
    if (id !== undefined && found.get(id)?.why !== 'care-team') found.set(id, { id, display: reference?.display, why, team });
  };
  for (const fact of facts) {
    if (fact.resourceType === 'CareTeam' && (fact.status ?? 'active') === 'active' && holds(fact.period, now)) {
      for (const { member, period } of fact.participant ?? []) if (holds(period, now)) add(member, 'care-team', fact.name);
    } else if (fact.resourceType === 'ServiceRequest' && fact.status === 'active' && holds(fact.occurrencePeriod, now)) {
      for (const performer of fact.performer ?? []) add(performer, 'asked');
    } else if (fact.resourceType === 'Task' && OPEN_TASKS.has(fact.status ?? '') && holds(fact.restriction?.period, now)) {
      add(fact.owner, 'asked');
    }
  }
  return [...found.values()].sort((a, b) => Number(a.why === 'asked') - Number(b.why === 'asked') || a.id.localeCompare(b.id));
}

/** The facts in a search's answer. */
export function factsIn(bundle: unknown): readonly AccessFact[] {
  const entries: unknown = typeof bundle === 'object' && bundle !== null ? Reflect.get(bundle, 'entry') : undefined;
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    const resource: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'resource') : undefined;
    return typeof resource === 'object' && resource !== null && 'resourceType' in resource ? [resource as AccessFact] : [];
  });
}
