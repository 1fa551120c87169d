/** One patient: who they are, their images, what the record knows, what was found and decided. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { AskDialog } from '../../panels/AskDialog';
import { CompanionSwitch } from '../../panels/CompanionSwitch';
import { DeadEnd } from '../../panels/DeadEnd';
import { EmptyState } from '../../panels/EmptyState';
import { FollowUps } from '../../panels/FollowUps';
import { Icon } from '../../panels/Icon';
import { PatientFacts } from '../../panels/PatientFacts';
import { ageWords, sexWords } from '../../panels/person';
import { Signals } from '../../panels/signals/Signals';
import { MakeCase } from '../../panels/teaching/MakeCase';
import { TakeAway } from '../../panels/timeline/TakeAway';
import { TwinTimeline } from '../../panels/timeline/TwinTimeline';
import { useApp } from '../app';
import { dayOf } from '../dates';
import { kindOfModality } from '../dicom/sop-class';
import { canStand, isImages, recordedPath, studyAddress } from '../hospital';
import type { PatientTwin, StudyRow } from '../hospital';
import { createQuery } from '../query';
import { Link } from '../router';
import { initialOf } from '../words-of';

export function PatientPage(props: { id: string }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/patients/${encodeURIComponent(props.id)}/twin`;
  const twin = createQuery<PatientTwin>(() => {
    const address = path();
    return (signal) => app.api.get(address, { signal });
  });
  const wantsToAsk = new URLSearchParams(location.search).has('ask');
  const [asking, setAsking] = createSignal(wantsToAsk);
  const [series, setSeries] = createSignal<string>();
  app.onServerEvent((event) => {
    if (event.kind !== 'waiting') twin.reload();
  });

  const mayAsk = (): boolean => app.me()?.roles.includes('terminal-doctor') ?? false;
  const treats = (): boolean => app.me()?.roles.some((role) => ['nurse', 'terminal-doctor', 'expert'].includes(role)) ?? false;
  const mayTeach = (): boolean => app.me()?.roles.some((role) => role === 'terminal-doctor' || role === 'expert') ?? false;
  const ask = (uid?: string): void => {
    setSeries(uid);
    setAsking(true);
  };
  const closed = (): 'refused' | 'absent' | undefined => {
    const kind = twin.error()?.kind;
    if (kind === 'refused') return 'refused';
    return kind === 'not-found' || kind === 'invalid' ? 'absent' : undefined;
  };

  return (
    <Show when={!closed()} fallback={<ClosedPatient why={closed() ?? 'absent'} />}>
      <div class="page" data-accent="consulting">
        <Link href="/" class="row small back">
          <Icon name="back" size={16} />
          {app.t('app.home')}
        </Link>
        <Answer of={twin} lines={8}>
          {(answer) => (
            <>
              <PatientHead patient={answer()}>
                <Link class="button" href={recordedPath(props.id)}>
                  <Icon name="record" />
                  {app.t('recorded.open')}
                </Link>
                <TakeAway patient={props.id} studies={answer().studies} />
                <Show when={mayTeach()}>
                  <MakeCase twin={answer()} />
                </Show>
                <Show when={mayAsk()}>
                  <Link class="button" href={`/scenarios/screening?patient=${encodeURIComponent(props.id)}`}>
                    <Icon name="document" />
                    {app.t('patient.programme')}
                  </Link>
                  <button type="button" class="button primary" onClick={() => ask()}>
                    <Icon name="consulting" />
                    {app.t('patient.ask')}
                  </button>
                </Show>
              </PatientHead>
              <div class="patient-grid">
                <div>
                  <section class="panel" aria-labelledby="patient-imaging">
                    <header>
                      <h2 id="patient-imaging">{app.t('patient.imaging')}</h2>
                      <span class="chip number">{app.t('patient.studies', { n: answer().studies.length })}</span>
                    </header>
                    <div class="panel-body">
                      <Show
                        when={answer().studies.length > 0}
                        fallback={
                          <EmptyState
                            icon="image"
                            title={app.t('patient.imagingNone')}
                            hint={app.t('patient.imagingNoneHint')}
                          />
                        }
                      >
                        <For each={answer().studies}>
                          {(study) => <Study study={study} onAsk={mayAsk() ? ask : undefined} />}
                        </For>
                      </Show>
                    </div>
                  </section>
                  <TwinTimeline patient={props.id} />
                  <Signals patient={props.id} />
                </div>
                <div class="stack">
                  <PatientFacts twin={answer()} />
                  <Show when={treats()}>
                    <section class="panel" aria-labelledby="patient-follow-ups">
                      <header>
                        <h2 id="patient-follow-ups">{app.t('patient.followUps')}</h2>
                      </header>
                      <div class="panel-body">
                        <FollowUps patient={props.id} />
                      </div>
                    </section>
                  </Show>
                  <CompanionSwitch patient={props.id} />
                </div>
              </div>
              <Show when={mayAsk()}>
                <AskDialog
                  open={asking()}
                  patient={answer()}
                  series={series()}
                  onClose={() => setAsking(false)}
                />
              </Show>
            </>
          )}
        </Answer>
      </div>
    </Show>
  );
}

function ClosedPatient(props: { why: 'refused' | 'absent' }): JSX.Element {
  const { t } = useApp();
  return (
    <div class="panel" role="alert">
      <DeadEnd isPage icon="alert" title={t(`patient.${props.why}`)} hint={t(props.why === 'refused' ? 'error.refused' : 'error.not-found')} />
    </div>
  );
}

function PatientHead(props: { patient: PatientTwin; children: JSX.Element }): JSX.Element {
  const app = useApp();
  return (
    <header class="patient-head">
      <span class="person-mark" aria-hidden="true">
        {initialOf(props.patient.name ?? '')}
      </span>
      <div>
        <h1>{props.patient.name ?? app.t('patient.nameless')}</h1>
        <dl class="facts small">
          <div>
            <dt>{app.t('patient.sex')}</dt>
            <dd>{sexWords(app, props.patient.sex)}</dd>
          </div>
          <div>
            <dt>{app.t('patient.ageToday')}</dt>
            <dd>{ageWords(app, props.patient.age)}</dd>
          </div>
          <div>
            <dt>{app.t('patient.born')}</dt>
            <dd>{props.patient.birth_date ? dayOf(props.patient.birth_date, app.language()) : app.t('patient.notKnown')}</dd>
          </div>
          <div>
            <dt>{app.t('patient.mrn')}</dt>
            <dd class="number">{props.patient.mrn ?? app.t('patient.notKnown')}</dd>
          </div>
        </dl>
      </div>
      {props.children}
    </header>
  );
}

function Study(props: { study: StudyRow; onAsk: ((series: string) => void) | undefined }): JSX.Element {
  const app = useApp();
  return (
    <article class="study">
      <h3>
        <span class="chip accent">{props.study.modality}</span>
        {props.study.description || app.t('patient.studyUnnamed')}
        <time class="soft small" dateTime={props.study.date}>
          {dayOf(props.study.date, app.language())}
        </time>
        <Link class="button small" href={studyAddress(props.study.uid)}>
          <Icon name="image" size={16} />
          {app.t('imaging.open')}
          <span class="for-listeners">{props.study.description}</span>
        </Link>
      </h3>
      <ul>
        <For each={props.study.series}>
          {(series) => (
            <li class="series-line">
              <Icon name="layers" />
              <span class="series-words">
                {series.description || app.t('patient.seriesUnnamed')}
                <span class="soft small">
                  {' · '}
                  {isImages(series) ? app.t('patient.imageCount', { n: series.images }) : app.t(`kindOf.${kindOfModality(series.modality)}`)}
                </span>
              </span>
              <Show when={canStand(series) && props.onAsk}>
                {(onAsk) => (
                  <button type="button" class="button small" onClick={() => onAsk()(series.uid)}>
                    {app.t('patient.askSeries')}
                  </button>
                )}
              </Show>
            </li>
          )}
        </For>
      </ul>
    </article>
  );
}
