/** The edges of the hospital's wards: when each was heard, until when is known here what it has, and whether its clock is right. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { lackOf, skewIn } from '../../core/devices';
import type { EdgeRow, NotTaken, Skew } from '../../core/devices';
import { DataTable } from '../DataTable';
import type { Column } from '../DataTable';
import { Icon } from '../Icon';

export function Edges(props: { of: readonly EdgeRow[] }): JSX.Element {
  const { t, language } = useApp();
  const until = (edge: EdgeRow, at: string | null): string =>
    edge.last_heard === null ? '–' : at === null ? t('devices.edge.now') : momentOf(at, language());
  const columns = (): Column<EdgeRow>[] => [
    { heading: t('devices.name'), cell: (edge) => edge.id },
    { heading: t('devices.place'), cell: (edge) => edge.locations.join(', ') },
    {
      heading: t('devices.heard'),
      whole: true,
      cell: (edge) => (edge.last_heard === null ? t('devices.never') : momentOf(edge.last_heard, language())),
    },
    { heading: t('devices.edge.alarmsAsOf'), whole: true, cell: (edge) => until(edge, edge.alarms_as_of) },
    { heading: t('devices.edge.valuesAsOf'), whole: true, cell: (edge) => until(edge, edge.values_as_of) },
    { heading: t('devices.edge.clock'), cell: (edge) => <ClockOff by={edge.skew} /> },
    { heading: t('devices.edge.notTakenOf'), cell: (edge) => <Lacks of={edge.not_taken} /> },
  ];
  return (
    <Show when={props.of.length > 0}>
      <section id="edges">
        <h2>{t('devices.edges')}</h2>
        <DataTable stacks caption={t('devices.edges')} columns={columns()} rows={props.of} />
      </section>
    </Show>
  );
}

/** How far a clock is off, with a sign where that is too far. */
export function ClockOff(props: { by: Skew | null }): JSX.Element {
  const { t } = useApp();
  return (
    <Show when={props.by} fallback="–">
      {(skew) => (
        <span class="device-sign">
          <Show when={skew().is_wrong}>
            <Icon name="alert" size={14} />
          </Show>
          {t(skew().is_wrong ? 'devices.edge.clockWrong' : 'devices.edge.clockRight', skewIn(skew()))}
        </span>
      )}
    </Show>
  );
}

/** Why some of what an edge sent is not taken, how often and when last; nothing where all was. */
export function Lacks(props: { of: readonly NotTaken[] }): JSX.Element {
  const { t, language } = useApp();
  const words = (one: NotTaken): string => {
    const word = lackOf(one);
    return word === undefined ? one.why : t(word);
  };
  return (
    <Show when={props.of.length > 0} fallback="–">
      <ul>
        <For each={props.of}>
          {(one) => (
            <li>
              {words(one)} · {t('devices.edge.timesLast', { n: one.times, at: momentOf(one.at, language()) })}
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
