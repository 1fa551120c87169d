/** The study browser: find, look at what a study holds, open it, and add images. */
import { Show, createEffect, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { StudyFilters } from '../../panels/imaging/StudyFilters';
import { StudyList } from '../../panels/imaging/StudyList';
import { UploadPanel } from '../../panels/imaging/UploadPanel';
import { EmptyState } from '../../panels/EmptyState';
import { Notice } from '../../panels/Notice';
import { Skeleton } from '../../panels/Skeleton';
import '../../styles/imaging.css';
import { ApiError } from '../api';
import { useApp } from '../app';
import type { Study } from '../dicom/dicom-web';
import { NO_SEARCH, StudyPages, addressOf, searchFrom } from '../dicom/search';
import type { StudySearch } from '../dicom/search';
import { createQuery } from '../query';

/** Words that could name a patient are kept by the tab, never by the address. */
const TEXT_KEY = 'yuanyi.imaging.text';
const PATIENT_KEY = 'yuanyi.imaging.patient';
const DEBOUNCE_ms = 250;

export interface ImagingPermissions {
  readonly read: boolean;
  readonly store: boolean;
}

export function ImagingPage(): JSX.Element {
  const app = useApp();
  const may = createQuery<ImagingPermissions>(() => (signal) => app.api.get('/api/imaging/permissions', { signal }));
  const [search, setSearch] = createSignal<StudySearch>(searchFrom(location.search, sessionStorage.getItem(TEXT_KEY), sessionStorage.getItem(PATIENT_KEY)));
  const found = createStudySearch(search);
  let page!: HTMLDivElement;

  createEffect(() => {
    const { text, patient } = search();
    for (const [key, value] of [[TEXT_KEY, text], [PATIENT_KEY, patient]] as const) {
      if (value === '') sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, value);
    }
    history.replaceState(history.state, '', `/imaging${addressOf(search())}`);
  });
  app.onServerEvent((event) => {
    if (event.kind === 'imaging') found.reload();
  });
  const onKey = (event: KeyboardEvent): void => {
    const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    page.querySelector<HTMLInputElement>('input[type=search]')?.focus();
  };
  onMount(() => document.addEventListener('keydown', onKey));
  onCleanup(() => document.removeEventListener('keydown', onKey));

  const refused = (): boolean => may.data()?.read === false || found.error()?.kind === 'refused';
  const searching = (): boolean => search() !== NO_SEARCH && Object.values(search()).some((value) => value !== '');

  return (
    <div ref={page} class="page imaging" data-accent="consulting">
      <h1>{app.t('imaging.title')}</h1>
      <Show when={!refused()} fallback={<Notice kind="warn">{app.t('imaging.refused')}</Notice>}>
        <UploadPanel may={may.data()?.store} onEnd={found.reload} />
        <section class="panel" aria-labelledby="imaging-list">
          <header>
            <h2 id="imaging-list">{app.t('imaging.list')}</h2>
            <p class="soft small" role="status">
              {found.loading()
                ? app.t('imaging.searching')
                : app.t(found.ended() ? 'imaging.found' : 'imaging.foundMore', { n: found.studies()?.length ?? 0 })}
            </p>
          </header>
          <div class="panel-body">
            <StudyFilters search={search()} onSearch={setSearch} />
            <Show when={found.error()}>
              {(error) => (
                <Notice kind="bad">
                  <p>{app.explain(error())}</p>
                  <button type="button" class="button small" onClick={() => found.reload()}>
                    {app.t('app.retry')}
                  </button>
                </Notice>
              )}
            </Show>
            <Show when={found.studies()} fallback={<Show when={!found.error()}><Skeleton lines={6} /></Show>}>
              {(studies) => (
                <Show
                  when={studies().length > 0}
                  fallback={
                    <Show when={!found.loading()} fallback={<Skeleton lines={3} />}>
                      <EmptyState
                        icon={searching() ? 'search' : 'image'}
                        title={app.t(searching() ? 'imaging.none' : 'imaging.empty')}
                        hint={app.t(searching() ? 'imaging.noneHint' : 'imaging.emptyHint')}
                      />
                    </Show>
                  }
                >
                  <StudyList
                    studies={studies()}
                    ended={found.ended()}
                    loading={found.loading()}
                    onMore={found.more}
                    onPatient={search().patient === '' ? (patient) => setSearch({ ...NO_SEARCH, patient }) : undefined}
                  />
                </Show>
              )}
            </Show>
          </div>
        </section>
      </Show>
    </div>
  );
}

/** A search that runs as one types: it waits a moment, and drops what is no longer wanted. */
function createStudySearch(search: () => StudySearch) {
  const [studies, setStudies] = createSignal<readonly Study[]>();
  const [error, setError] = createSignal<ApiError>();
  const [loading, setLoading] = createSignal(true);
  const [ended, setEnded] = createSignal(false);
  let pages: StudyPages | undefined;
  let running: AbortController | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  async function read(fresh: boolean): Promise<void> {
    running?.abort();
    const own = new AbortController();
    running = own;
    if (fresh || !pages) pages = new StudyPages(search());
    const asked = pages;
    setLoading(true);
    try {
      const rows = await asked.next(own.signal);
      if (own.signal.aborted) return;
      setStudies(rows);
      setEnded(asked.ended);
      setError(undefined);
    } catch (reason) {
      if (own.signal.aborted) return;
      pages = undefined;
      setError(reason instanceof ApiError ? reason : new ApiError('failed', 0, '', undefined, undefined));
    }
    setLoading(false);
  }

  createEffect(
    on(search, (_, before) => {
      clearTimeout(later);
      running?.abort();
      setLoading(true);
      later = setTimeout(() => void read(true), before === undefined ? 0 : DEBOUNCE_ms);
    }),
  );
  onCleanup(() => {
    clearTimeout(later);
    running?.abort();
  });
  return { studies, error, loading, ended, more: () => void read(false), reload: () => void read(true) };
}
