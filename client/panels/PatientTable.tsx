/** The patients that one may see, to be found by name or number. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { dayOf } from '../core/dates';
import { imagesIn, matches, patientPath } from '../core/hospital';
import type { PatientRow } from '../core/hospital';
import { Link } from '../core/router';
import { EmptyState } from './EmptyState';
import { Icon } from './Icon';
import { Segmented } from './Segmented';
import { ageWords, nameWords, sexWords } from './person';

type Shown = 'all' | 'images';

interface PatientTableProps {
  readonly patients: readonly PatientRow[];
  /** What is added to a patient's address, such as the wish to ask. */
  readonly then?: string;
}

export function PatientTable(props: PatientTableProps): JSX.Element {
  const app = useApp();
  const [typed, setTyped] = createSignal('');
  const [shown, setShown] = createSignal<Shown>('all');
  const found = createMemo(() =>
    props.patients.filter(
      (patient) => matches(patient, typed()) && (shown() === 'all' || patient.studies.length > 0),
    ),
  );

  return (
    <Show
      when={props.patients.length > 0}
      fallback={<EmptyState icon="people" title={app.t('home.patientsNone')} hint={app.t('home.patientsNoneHint')} />}
    >
      <div class="patient-find">
        <div class="search">
          <Icon name="search" />
          <input
            type="search"
            class="input"
            aria-label={app.t('home.search')}
            placeholder={app.t('home.search')}
            value={typed()}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </div>
        <Segmented
          label={app.t('home.filter')}
          chosen={shown()}
          onChoose={setShown}
          options={[
            { value: 'all', label: app.t('home.all') },
            { value: 'images', label: app.t('home.withImages') },
          ]}
        />
      </div>
      <p class="soft small" role="status">
        {app.t('home.found', { n: found().length, all: props.patients.length })}
      </p>
      <Show
        when={found().length > 0}
        fallback={
          <EmptyState icon="search" title={app.t('home.noneFound')} hint={app.t('home.noneFoundHint')}>
            <button type="button" class="button small" onClick={() => (setTyped(''), setShown('all'))}>
              {app.t('home.clear')}
            </button>
          </EmptyState>
        }
      >
        <ul class="patients">
          <For each={found()}>{(patient) => <PatientLine patient={patient} then={props.then ?? ''} />}</For>
        </ul>
      </Show>
    </Show>
  );
}

function PatientLine(props: { patient: PatientRow; then: string }): JSX.Element {
  const app = useApp();
  const latest = (): string | undefined => {
    const [first] = [...props.patient.studies].sort((a, b) => b.date.localeCompare(a.date));
    return first && `${first.modality} · ${dayOf(first.date, app.language())}`;
  };
  const images = (): number => props.patient.studies.reduce((sum, study) => sum + imagesIn(study), 0);
  return (
    <li>
      <Link class="patient-line" href={`${patientPath(props.patient.id)}${props.then}`}>
        <span class="patient-who">
          <strong>{nameWords(app, props.patient.name)}</strong>
          <span class="soft small">
            {sexWords(app, props.patient.sex)} · {ageWords(app, props.patient.age)} ·{' '}
            <span class="number">{props.patient.mrn ?? '—'}</span>
          </span>
        </span>
        <span class="patient-has small">
          <Show when={latest()} fallback={<span class="soft">{app.t('patient.noImages')}</span>}>
            {(text) => (
              <>
                <Icon name="image" size={16} />
                <span>{text()}</span>
                <span class="soft">{app.t('patient.imageCount', { n: images() })}</span>
              </>
            )}
          </Show>
        </span>
        <span class="chip">{app.t(`relation.${props.patient.relation}`)}</span>
      </Link>
    </li>
  );
}
