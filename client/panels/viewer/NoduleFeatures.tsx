/** Features of the nodule in hand by the names of IBSI, with their settings; computed once somebody wants to see them. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Feature } from '../../../contract/nodule';
import type { NoduleFeatures as Found } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import type { NoduleDoors, NoduleWork } from '../../core/nodules';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { DataTable } from '../DataTable';

interface NoduleFeaturesProps {
  readonly work: NoduleWork;
  readonly doors: Pick<NoduleDoors, 'features'>;
}

/** So few voxels give texture no meaning: a few dozen, as the function that computes them says. */
const FEW = 50;

/** As many digits as are worth comparing. */
const written = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(5));

export function NoduleFeatures(props: NoduleFeaturesProps): JSX.Element {
  const app = useApp();
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)} data-features="">
      <summary>{app.t('features.title')}</summary>
      <Show when={isOpen()}>
        <Table {...props} />
      </Show>
    </details>
  );
}

function Table(props: NoduleFeaturesProps): JSX.Element {
  const app = useApp();
  const found = createQuery(() => {
    const now = props.work.inHand();
    const settled = props.work.state() === 'shown' || props.work.state() === 'failed';
    return async (signal) => (now && settled ? await props.doors.features(now.series, now.mask, signal) : undefined);
  });
  const families = (all: readonly Feature[]): readonly string[] => [...new Set(all.map(({ family }) => family))];
  return (
    <Answer of={found} lines={6}>
      {(answer) => (
        <Show when={answer()}>
          {(now) => (
            <div class="stack tight nodule-features">
              <Settings of={now()} />
              <For each={families(now().features.values)}>
                {(family) => (
                  <>
                    <h3 class="small">{app.t(`features.${family}` as 'features.morphology')}</h3>
                    <DataTable
                      caption={app.t(`features.${family}` as 'features.morphology')}
                      columns={[
                        { heading: app.t('features.name'), cell: ({ name }) => <span lang="en">{name}</span> },
                        { heading: app.t('nodule.value'), numeric: true, cell: ({ value }) => written(value) },
                      ]}
                      rows={now().features.values.filter((one) => one.family === family)}
                    />
                  </>
                )}
              </For>
            </div>
          )}
        </Show>
      )}
    </Answer>
  );
}

function Settings(props: { of: Found }): JSX.Element {
  const app = useApp();
  return (
    <>
      <p class="small soft">
        {app.t('features.settings', {
          bin: props.of.features.settings.bin_width,
          n: props.of.voxels,
          spacing: props.of.spacing_mm.map((mm) => Number(mm.toFixed(2))).join(' × '),
        })}
      </p>
      <Show when={props.of.voxels < FEW}>
        <p class="small">{app.t('features.few')}</p>
      </Show>
      <p class="small soft">{app.t('features.compare')}</p>
      <p class="small soft">{app.t('features.definitions', { source: props.of.definitions })}</p>
    </>
  );
}
