/** The scenario's own panel, loaded when the room is opened. */
import { ErrorBoundary, Show, Suspense, createMemo, createSignal, lazy } from 'solid-js';
import type { Component, JSX } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { useApp } from '../../core/app';
import type { RoomInfo } from '../../core/hospital';
import type { RoomControl } from '../../core/room-control';
import type { ScenarioModule, ScenarioPanelProps } from '../../core/scenario-panel';
import type { VolumeStore } from '../../core/volume/store';
import { PLACES } from '../../stage/places/design';
import type { PlaceId } from '../../stage/places/design';
import type { Stage } from '../../stage/stage';
import { EmptyState } from '../EmptyState';
import { Notice } from '../Notice';
import { Skeleton } from '../Skeleton';

const SCENARIOS = import.meta.glob<ScenarioModule>('../../../scenarios/*/*/client/index.tsx');

/** Where a scenario's panel lies: `…/room/id/client/index.tsx`. */
function pathOf(id: string): string | undefined {
  return Object.keys(SCENARIOS).find((one) => one.split('/').at(-3) === id);
}

/** The room of the hospital to which a scenario belongs; where people meet without a patient they learn. */
export function placeOf({ scenario, patient }: { readonly scenario?: string | null | undefined; readonly patient: string | null }): PlaceId {
  if (patient === null) return 'teaching';
  const room = pathOf(scenario ?? '')?.split('/').at(-4);
  return PLACES.find((one) => one === room) ?? 'consulting';
}

/** The panel of a scenario, by its id; the id is the folder's name. */
function panelOf(id: string): Component<ScenarioPanelProps> | undefined {
  const path = pathOf(id);
  const load = path === undefined ? undefined : SCENARIOS[path];
  return load && lazy(load);
}

interface CasePanelProps {
  readonly info: RoomInfo;
  readonly control: RoomControl;
  readonly stage: Stage | undefined;
  readonly store: VolumeStore | undefined;
}

export function CasePanel(props: CasePanelProps): JSX.Element {
  const app = useApp();
  const [version, setVersion] = createSignal(0);
  app.onServerEvent((event) => {
    const ours = event.id === undefined || event.id === props.info.case;
    if (event.kind === 'missed' || (event.kind === 'case' && ours)) setVersion((now) => now + 1);
  });
  const panel = createMemo(() => panelOf(props.info.scenario ?? 'remote-consult'));
  const stageHandle: NonNullable<ScenarioPanelProps['stage']> = {
    lookAt: (point) => props.control.lookAt(point),
    showLesion: (id) => {
      const lesion = props.store?.manifest.lesions.find((one) => one.id === id);
      if (lesion) props.control.lookAt(lesion.centre_lps_mm);
    },
  };
  return (
    <Show
      when={props.info.case && props.info.patient !== null && panel()}
      fallback={<EmptyState icon="document" title={app.t('panel.none')} hint={app.t('panel.noneHint')} />}
    >
      {(Panel) => (
        <ErrorBoundary
          fallback={(error: unknown) => {
            queueMicrotask(() => reportError(error));
            return <Notice kind="bad">{`${app.t('app.broken')}. ${app.t('app.brokenHint')}`}</Notice>;
          }}
        >
          <Suspense fallback={<Skeleton lines={6} />}>
            <Show when={app.me()}>
              {(me) => (
                <Dynamic
                  component={Panel()}
                  roomId={props.info.id}
                  caseId={props.info.case ?? ''}
                  patientId={props.info.patient ?? ''}
                  me={me()}
                  language={app.language()}
                  client={app.api}
                  participants={props.control
                    .people()
                    .map(({ actor, name, away }) => ({ id: actor, name, here: !away }))}
                  stage={stageHandle}
                  caseVersion={version()}
                  announce={app.announce}
                />
              )}
            </Show>
          </Suspense>
        </ErrorBoundary>
      )}
    </Show>
  );
}
