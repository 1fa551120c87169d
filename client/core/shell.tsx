/** Around every page: who is signed in, the way home, the language, and what the thing is not. */
import { ErrorBoundary, Match, Show, Suspense, Switch, createEffect, lazy, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { AlarmSound } from '../panels/AlarmSound';
import { CallsBanner } from '../panels/CallsBanner';
import { DeadEnd } from '../panels/DeadEnd';
import { EmptyState } from '../panels/EmptyState';
import { Icon } from '../panels/Icon';
import { Notice } from '../panels/Notice';
import { Skeleton } from '../panels/Skeleton';
import { Toasts } from '../panels/Toasts';
import { OwnCallsContext, createOwnCalls } from '../panels/own-calls';
import { LanguageSwitch } from '../panels/LanguageSwitch';
import { AlarmSoundContext, createAlarmSound } from './alarm-sound';
import { useApp } from './app';
import { onlyAccompanies } from './figures';
import { seesFigures } from './functions';
import { HomePage } from './pages/home';
import { SignInPage } from './pages/sign-in';
import { countUnsent } from './offline/vault';
import { Link, page } from './router';
import { sayDeviations } from './quality-news';
import { initialOf } from './words-of';
import type { Page } from './router';

const PatientPage = lazy(async () => ({ default: (await import('./pages/patient')).PatientPage }));
const ScenarioPage = lazy(async () => ({ default: (await import('./pages/scenario')).ScenarioPage }));
const ImagingPage = lazy(async () => ({ default: (await import('./pages/imaging')).ImagingPage }));
const StudyPage = lazy(async () => ({ default: (await import('./pages/study')).StudyPage }));
const SecurityPage = lazy(async () => ({ default: (await import('./pages/security')).SecurityPage }));
const DevicesPage = lazy(async () => ({ default: (await import('./pages/devices')).DevicesPage }));
const SanctionsPage = lazy(async () => ({ default: (await import('./pages/sanctions')).SanctionsPage }));
const PseudonymsPage = lazy(async () => ({ default: (await import('./pages/pseudonyms')).PseudonymsPage }));
const LicencePage = lazy(async () => ({ default: (await import('./pages/licence')).LicencePage }));
const CalledPage = lazy(async () => ({ default: (await import('./pages/called')).CalledPage }));
const FunctionsPage = lazy(async () => ({ default: (await import('./pages/functions')).FunctionsPage }));
const QualityPage = lazy(async () => ({ default: (await import('./pages/quality')).QualityPage }));
const TeachingPage = lazy(async () => ({ default: (await import('./pages/teaching')).TeachingPage }));
const TeachingCasePage = lazy(async () => ({ default: (await import('./pages/teaching-case')).TeachingCasePage }));
const RecordingsPage = lazy(async () => ({ default: (await import('./pages/replay')).RecordingsPage }));
const RecordedPage = lazy(async () => ({ default: (await import('./pages/recorded')).RecordedPage }));
const ReplayPage = lazy(async () => ({ default: (await import('./pages/replay')).ReplayPage }));
const RoomPage = lazy(async () => ({ default: (await import('./pages/room')).RoomPage }));

export function Shell(): JSX.Element {
  const app = useApp();
  onMount(() => void app.restore());
  createEffect(() => {
    document.title = app.t('app.full');
  });

  return (
    <>
      <a class="skip" href="#main">
        {app.t('app.skip')}
      </a>
      <Switch fallback={<Starting />}>
        <Match when={app.session() === 'unreachable'}>
          <div class="narrow" id="main" tabIndex={-1}>
            <Notice kind="bad">
              <p>{app.t('signIn.unreachable')}</p>
              <button type="button" class="button small" onClick={() => void app.restore()}>
                {app.t('app.retry')}
              </button>
            </Notice>
          </div>
        </Match>
        <Match when={app.session() === 'signed-out'}>
          <SignInPage />
        </Match>
        <Match when={app.session() === 'signed-in'}>
          <AlarmSoundContext.Provider value={createAlarmSound()}>
            <SignedIn />
          </AlarmSoundContext.Provider>
        </Match>
      </Switch>
      <Toasts />
    </>
  );
}

function Starting(): JSX.Element {
  return (
    <div class="narrow">
      <Skeleton lines={5} />
    </div>
  );
}

function SignedIn(): JSX.Element {
  const app = useApp();
  const { t } = app;
  sayDeviations();
  const id = (name: Page['name']): string | undefined => {
    const now = page();
    return now.name === name && 'id' in now ? now.id : undefined;
  };
  const within = (): string | undefined => {
    const now = page();
    return now.name === 'scenario' || now.name === 'quality' || now.name === 'replay' ? now.within : undefined;
  };
  // Rooms and images fill the screen and bring their own bar.
  const fills = (): boolean => ['room', 'study', 'replay'].includes(page().name);
  return (
    <OwnCallsContext.Provider value={createOwnCalls(app)}>
      <Show when={!fills()}>
        <TopBar />
      </Show>
      <CallsBanner />
      <AlarmSound />
      <main id="main" tabIndex={-1} class={fills() ? 'main-room' : 'main'}>
        <ErrorBoundary fallback={(error: unknown) => <Broken error={error} />}>
          <Suspense fallback={<Starting />}>
            <Switch fallback={<UnknownPage />}>
              <Match when={page().name === 'home'}>
                <HomePage />
              </Match>
              <Match when={id('patient')} keyed>
                {(patient) => <PatientPage id={patient} />}
              </Match>
              <Match when={id('scenario')} keyed>
                {(scenario) => <ScenarioPage id={scenario} within={within()} />}
              </Match>
              <Match when={page().name === 'imaging'}>
                <ImagingPage />
              </Match>
              <Match when={page().name === 'security'}>
                <SecurityPage />
              </Match>
              <Match when={page().name === 'devices'}>
                <DevicesPage />
              </Match>
              <Match when={page().name === 'sanctions'}>
                <SanctionsPage />
              </Match>
              <Match when={page().name === 'pseudonyms'}>
                <PseudonymsPage />
              </Match>
              <Match when={id('called')} keyed>
                {(call) => <CalledPage id={call} />}
              </Match>
              <Match when={page().name === 'licence'}>
                <LicencePage />
              </Match>
              <Match when={page().name === 'functions'}>
                <FunctionsPage />
              </Match>
              <Match when={page().name === 'quality'}>
                <QualityPage within={within()} />
              </Match>
              <Match when={page().name === 'teaching'}>
                <TeachingPage />
              </Match>
              <Match when={id('teaching-case')} keyed>
                {(one) => <TeachingCasePage id={one} />}
              </Match>
              <Match when={id('study')} keyed>
                {(study) => <StudyPage id={study} />}
              </Match>
              <Match when={id('recordings')} keyed>
                {(room) => <RecordingsPage room={room} />}
              </Match>
              <Match when={id('recorded')} keyed>
                {(patient) => <RecordedPage id={patient} />}
              </Match>
              <Match when={id('replay')} keyed>
                {(room) => <ReplayPage room={room} recording={within() ?? ''} />}
              </Match>
              <Match when={id('room')} keyed>
                {(room) => <RoomPage id={room} />}
              </Match>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
      <Show when={!fills()}>
        <footer class="foot">
          <Icon name="info" size={14} />
          <span>{t('app.notDevice')}</span>
        </footer>
      </Show>
    </OwnCallsContext.Provider>
  );
}

/** Who teaches with cases, and who is taught. */
const TEACHING: ReadonlySet<string> = new Set(['trainee', 'expert', 'terminal-doctor']);

/** Who looks after devices, or relies on them. */
const DEVICES: ReadonlySet<string> = new Set(['admin', 'manager', 'nurse', 'technician']);

/** Who is licensed to practise in virtual rooms, and who looks after that. */
const LICENSED: ReadonlySet<string> = new Set(['expert', 'terminal-doctor', 'nurse', 'admin']);

function TopBar(): JSX.Element {
  const app = useApp();
  return (
    <header class="top-bar">
      <Link href="/" class="brand-mark" aria-label={`${app.t('app.full')} · ${app.t('app.home')}`}>
        <img src="/icon.svg" width="28" height="28" alt="" />
        <span>{app.t('app.full')}</span>
      </Link>
      {/* Who only comes with a patient has no page to go to but the first. */}
      <Show when={!onlyAccompanies(app.me()?.roles)}>
        <nav class="top-nav" aria-label={app.t('app.main')}>
          <Link href="/imaging" title={app.t('imaging.title')} aria-current={page().name === 'imaging' ? 'page' : undefined}>
            <Icon name="image" />
            <span>{app.t('imaging.title')}</span>
          </Link>
          <Show when={seesFigures(app.me()?.roles)}>
            <Link href="/quality" title={app.t('quality.title')} aria-current={page().name === 'quality' ? 'page' : undefined}>
              <Icon name="check" />
              <span>{app.t('quality.title')}</span>
            </Link>
          </Show>
          <Show when={app.me()?.roles.some((role) => DEVICES.has(role))}>
            <Link href="/devices" title={app.t('devices.title')} aria-current={page().name === 'devices' ? 'page' : undefined}>
              <Icon name="measure" />
              <span class="wide-only">{app.t('devices.title')}</span>
            </Link>
          </Show>
          <Show when={seesFigures(app.me()?.roles)}>
            <Link href="/functions" title={app.t('functions.title')} aria-current={page().name === 'functions' ? 'page' : undefined}>
              <Icon name="management" />
              <span class="wide-only">{app.t('functions.title')}</span>
            </Link>
          </Show>
          <Show when={app.me()?.roles.some((role) => TEACHING.has(role))}>
            <Link href="/teaching" title={app.t('teaching.title')} aria-current={page().name.startsWith('teaching') ? 'page' : undefined}>
              <Icon name="teaching" />
              <span class="wide-only">{app.t('teaching.title')}</span>
            </Link>
          </Show>
        </nav>
      </Show>
      <span class={`line-state ${app.line()}`} role="status">
        <span class="line-dot" aria-hidden="true" />
        <span class="line-words for-listeners">{app.t(`line.${app.line()}`)}</span>
      </span>
      <div class="top-bar-end">
        <LanguageSwitch />
        <Account />
      </div>
    </header>
  );
}

function AccountName(props: { name: string }): JSX.Element {
  return (
    <span class="account">
      <span class="person-mark" aria-hidden="true">
        {initialOf(props.name)}
      </span>
      <span class="account-name">{props.name}</span>
    </span>
  );
}

function Account(): JSX.Element {
  const app = useApp();
  const leave = async (): Promise<void> => {
    try {
      const unsent = await countUnsent(app.me()?.id ?? '').catch(() => 0);
      // What was typed without a line would be lost.
      if (unsent > 0 && !confirm(app.t('app.signOutUnsent'))) return;
      await app.signOut();
    } catch (error) {
      app.toast(() => app.explain(error));
    }
  };
  return (
    <Show when={app.me()}>
      {(me) => (
        <>
          <Show when={me().roles.some((role) => LICENSED.has(role))} fallback={<AccountName name={me().name} />}>
            <Link href="/licence" class="account-link" title={app.t('licence.title')} aria-current={page().name === 'licence' ? 'page' : undefined}>
              <AccountName name={me().name} />
              <span class="for-listeners">{app.t('licence.title')}</span>
            </Link>
          </Show>
          <button type="button" class="button quiet small" onClick={() => void leave()}>
            <Icon name="leave" />
            <span class="wide-only">{app.t('app.signOut')}</span>
            <span class="for-listeners narrow-only">{app.t('app.signOut')}</span>
          </button>
        </>
      )}
    </Show>
  );
}

function UnknownPage(): JSX.Element {
  const { t } = useApp();
  return <DeadEnd isPage icon="help" title={t('app.unknownPage')} hint={t('app.unknownPageHint')} />;
}

function Broken(props: { error: unknown }): JSX.Element {
  const { t } = useApp();
  // The browser's own console is for whoever looks into it; the page says only what helps.
  queueMicrotask(() => reportError(props.error));
  return (
    <EmptyState icon="alert" title={t('app.broken')} hint={t('app.brokenHint')}>
      <button type="button" class="button" onClick={() => location.reload()}>
        {t('app.retry')}
      </button>
    </EmptyState>
  );
}
