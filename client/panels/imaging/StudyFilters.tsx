/** What is looked for: one box for words, modality and days beside it. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { NO_SEARCH } from '../../core/dicom/search';
import type { StudySearch } from '../../core/dicom/search';
import { Field } from '../Field';
import { Icon } from '../Icon';

const MODALITIES = ['CT', 'MR', 'DX', 'CR', 'US', 'MG', 'PT', 'NM', 'XA', 'RF', 'SM', 'ES', 'OT', 'SEG', 'SR'] as const;

export function StudyFilters(props: { search: StudySearch; onSearch(search: StudySearch): void }): JSX.Element {
  const app = useApp();
  const patch = (change: Partial<StudySearch>): void => props.onSearch({ ...props.search, ...change });
  const any = (): boolean => Object.values(props.search).some((value) => value !== '');
  return (
    <form class="study-filters" role="search" aria-label={app.t('imaging.search')} onSubmit={(event) => event.preventDefault()}>
      <Field label={app.t('imaging.searchBox')} hint={app.t('imaging.searchHint')}>
        {(control) => (
          <div class="search">
            <Icon name="search" />
            <input
              {...control}
              type="search"
              class="input"
              autocomplete="off"
              aria-keyshortcuts="/"
              value={props.search.text}
              onInput={(event) => patch({ text: event.currentTarget.value })}
              onKeyDown={(event) => {
                if (event.key !== 'ArrowDown') return;
                event.preventDefault();
                document.querySelector<HTMLElement>('.study-open')?.focus();
              }}
            />
          </div>
        )}
      </Field>
      <Field label={app.t('imaging.modality')}>
        {(control) => (
          <select {...control} class="input" value={props.search.modality} onChange={(event) => patch({ modality: event.currentTarget.value })}>
            <option value="">{app.t('imaging.anyModality')}</option>
            <For each={MODALITIES}>
              {(one) => (
                <option value={one} selected={one === props.search.modality}>
                  {one}
                </option>
              )}
            </For>
          </select>
        )}
      </Field>
      <Field label={app.t('imaging.from')}>
        {(control) => (
          <input {...control} type="date" class="input" max={props.search.to || undefined} value={props.search.from} onChange={(event) => patch({ from: event.currentTarget.value })} />
        )}
      </Field>
      <Field label={app.t('imaging.to')}>
        {(control) => (
          <input {...control} type="date" class="input" min={props.search.from || undefined} value={props.search.to} onChange={(event) => patch({ to: event.currentTarget.value })} />
        )}
      </Field>
      <Show when={props.search.patient !== ''}>
        <p class="row small study-patient">
          <span class="chip accent">{app.t('imaging.onlyPatient', { id: props.search.patient })}</span>
          <button type="button" class="button quiet small" onClick={() => patch({ patient: '' })}>
            {app.t('imaging.allPatients')}
          </button>
        </p>
      </Show>
      <Show when={any()}>
        <button type="button" class="button small study-clear" onClick={() => props.onSearch(NO_SEARCH)}>
          {app.t('imaging.clear')}
        </button>
      </Show>
    </form>
  );
}
