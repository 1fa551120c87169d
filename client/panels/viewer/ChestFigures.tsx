/** Figures of the chest that was scanned: lung density, the airway tree, and what was not assessed. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { AirwayBranch, AirwayTree, ChestEntry, Emphysema, VolumeManifest } from '../../../contract/volume';
import { useApp } from '../../core/app';
import { createQuery } from '../../core/query';
import { DataTable } from '../DataTable';
import { Notice } from '../Notice';
import { mm } from './NoduleTable';

export function ChestFigures(props: { series: string }): JSX.Element {
  const app = useApp();
  const manifest = createQuery(() => {
    const path = `/api/series/${encodeURIComponent(props.series)}/volume`;
    return async (signal) => await app.api.get<Partial<VolumeManifest>>(path, { signal });
  });
  const chest = (): ChestEntry | undefined => manifest.data()?.chest;
  return (
    <details class="chest-figures">
      <summary>{app.t('chest.heading')}</summary>
      <Show when={chest()} fallback={<p class="soft small">{manifest.error() ? app.explain(manifest.error()) : app.t('chest.none')}</p>}>
        {(found) => (
          <div class="stack tight">
            <Show when={found().emphysema}>{(emphysema) => <Density emphysema={emphysema()} />}</Show>
            <Show when={found().airway}>{(airway) => <Airway airway={airway()} />}</Show>
            <For each={found().not_assessed}>{(notice) => <Notice>{notice.text[app.language()]}</Notice>}</For>
          </div>
        )}
      </Show>
    </details>
  );
}

const SIDES = { lungs: 'chest.side.lungs', 'lung-left': 'chest.side.lung-left', 'lung-right': 'chest.side.lung-right' } as const;

function Density(props: { emphysema: Emphysema }): JSX.Element {
  const app = useApp();
  return (
    <>
      <DataTable
        caption={app.t('chest.density')}
        columns={[
          { heading: app.t('chest.lung'), cell: ({ name }) => (name in SIDES ? app.t(SIDES[name as keyof typeof SIDES]) : name) },
          { heading: app.t('nodule.volume'), numeric: true, cell: (lung) => `${Math.round(lung.volume_ml)} ml` },
          { heading: app.t('chest.low', { hu: props.emphysema.low_attenuation_hu }), numeric: true, cell: (lung) => `${lung.low_attenuation_percent.toFixed(1)} %` },
          { heading: app.t('chest.percentile', { n: props.emphysema.percentile }), numeric: true, cell: (lung) => `${Math.round(lung.percentile_hu)} HU` },
        ]}
        rows={props.emphysema.lungs}
      />
      <For each={props.emphysema.warnings}>{(notice) => <Notice kind="warn">{notice.text[app.language()]}</Notice>}</For>
      <details>
        <summary>{app.t('nodule.method')}</summary>
        <p class="small">{props.emphysema.method[app.language()]}</p>
      </details>
    </>
  );
}

/** The branches of one generation together. */
interface Generation {
  readonly generation: number;
  readonly branches: readonly AirwayBranch[];
}

function generationsOf(tree: AirwayTree): readonly Generation[] {
  const most = Math.max(-1, ...tree.branches.map(({ generation }) => generation));
  return Array.from({ length: most + 1 }, (_, generation) => ({
    generation,
    branches: tree.branches.filter((branch) => branch.generation === generation),
  }));
}

/** The mean of what is known; nothing where nothing is. */
function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function Airway(props: { airway: AirwayTree }): JSX.Element {
  const app = useApp();
  const words = (value: number | undefined): string => (value === undefined ? app.t('chest.notAssessed') : mm(value));
  return (
    <>
      <DataTable
        caption={app.t('chest.airway')}
        columns={[
          { heading: app.t('chest.generation'), numeric: true, cell: ({ generation }) => generation },
          { heading: app.t('chest.branches'), numeric: true, cell: ({ branches }) => branches.length },
          { heading: app.t('chest.diameter'), numeric: true, cell: ({ branches }) => words(meanOf(branches.map((branch) => branch.mean_diameter_mm))) },
          { heading: app.t('chest.wall'), numeric: true, cell: ({ branches }) => words(meanOf(branches.map((branch) => branch.wall_mm))) },
        ]}
        rows={generationsOf(props.airway)}
      />
      <details>
        <summary>{app.t('nodule.method')}</summary>
        <p class="small">{props.airway.method[app.language()]}</p>
      </details>
    </>
  );
}
