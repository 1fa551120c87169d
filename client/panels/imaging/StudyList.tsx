/** Studies as lines, or as cards where the screen is narrow; each opens, or shows its series in place. */
import { For, Show, createSignal, createUniqueId, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { Study } from '../../core/dicom/dicom-web';
import { studyAddress } from '../../core/hospital';
import { Link } from '../../core/router';
import { Icon } from '../Icon';
import { sexWords } from '../person';
import { StudyDetail } from './StudyDetail';

interface StudyListProps {
  readonly studies: readonly Study[];
  readonly ended: boolean;
  readonly loading: boolean;
  onMore(): void;
  /** Shows one patient's studies only, where all are shown. */
  readonly onPatient: ((id: string) => void) | undefined;
}

export function StudyList(props: StudyListProps): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal<string>();
  let list!: HTMLUListElement;
  let end!: HTMLDivElement;

  // Arrows go from study to study; Home and End to the first and the last.
  const onKey = (event: KeyboardEvent): void => {
    if (!(event.target instanceof HTMLElement) || !event.target.matches('.study-open')) return;
    const links = [...list.querySelectorAll<HTMLElement>('.study-open')];
    const at = links.indexOf(event.target);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    const uid = props.studies[at]?.uid;
    if (next !== undefined) links[Math.min(links.length - 1, Math.max(0, next))]?.focus();
    else if (event.key === 'ArrowRight') setOpen(uid);
    else if (event.key === 'ArrowLeft') setOpen(undefined);
    else return;
    event.preventDefault();
  };
  onMount(() => {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting) && !props.ended && !props.loading) props.onMore();
    });
    seen.observe(end);
    onCleanup(() => seen.disconnect());
  });

  return (
    <>
      <div class="study-heads soft" aria-hidden="true">
        <span>{app.t('imaging.patient')}</span>
        <span>{app.t('imaging.id')}</span>
        <span>{app.t('imaging.date')}</span>
        <span>{app.t('imaging.description')}</span>
        <span>{app.t('imaging.series')}</span>
      </div>
      <ul ref={list} class="study-list" onKeyDown={onKey}>
        <For each={props.studies}>
          {(study) => (
            <StudyLine study={study} onPatient={props.onPatient} open={open() === study.uid} onToggle={() => setOpen((now) => (now === study.uid ? undefined : study.uid))} />
          )}
        </For>
      </ul>
      <div ref={end} class="study-end">
        <Show when={!props.ended}>
          <button type="button" class="button small" aria-busy={props.loading} onClick={() => props.onMore()}>
            {app.t('imaging.more')}
          </button>
        </Show>
      </div>
    </>
  );
}

/** A study in a few words. */
export function studyWords(app: ReturnType<typeof useApp>, study: Study): string {
  const day = study.date === undefined ? app.t('imaging.undated') : dayOf(study.date, app.language());
  return `${study.modalities.join(' ')} · ${study.description ?? app.t('imaging.undescribed')} · ${day}`;
}

function StudyLine(props: { study: Study; open: boolean; onPatient: StudyListProps['onPatient']; onToggle(): void }): JSX.Element {
  const app = useApp();
  const detail = createUniqueId();
  const name = (): string => props.study.patientName ?? app.t('imaging.nameless');
  return (
    <li class="study-item" data-study={props.study.uid}>
      <div class="study-row">
        <Link class="study-open" href={studyAddress(props.study.uid)}>
          <span class="study-who">
            <strong>{name()}</strong>
            <span class="soft small">
              {sexWords(app, props.study.sex)}
              <Show when={props.study.birthDate}>{(born) => <> · {dayOf(born(), app.language())}</>}</Show>
            </span>
          </span>
          <span class="number study-id">{props.study.patientId ?? '—'}</span>
          <time class="small" dateTime={props.study.date}>
            {props.study.date === undefined ? app.t('imaging.undated') : dayOf(props.study.date, app.language())}
          </time>
          <span class="study-what">
            <span class="study-kinds">
              <For each={props.study.modalities}>{(one) => <span class="chip accent">{one}</span>}</For>
            </span>
            <span>{props.study.description ?? app.t('imaging.undescribed')}</span>
          </span>
        </Link>
        <button
          type="button"
          class="button small study-toggle"
          aria-expanded={props.open}
          aria-controls={detail}
          aria-label={`${app.t('imaging.showSeries', { what: studyWords(app, props.study) })} · ${app.t('imaging.seriesCount', { n: props.study.series ?? 0 })}`}
          onClick={() => props.onToggle()}
        >
          <span>{app.t('imaging.seriesCount', { n: props.study.series ?? 0 })}</span>
          <Icon name="chevron" size={16} />
        </button>
      </div>
      <div id={detail} hidden={!props.open}>
        <Show when={props.open}>
          <StudyDetail study={props.study} onPatient={props.onPatient} />
        </Show>
      </div>
    </li>
  );
}
