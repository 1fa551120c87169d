/** Asks an expert for a remote consultation about one series of a patient. */
import { For, Show, createEffect, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { dayOf } from '../core/dates';
import type { PatientTwin, SeriesRow, StaffRow, StudyRow } from '../core/hospital';
import { canStand, roomPath } from '../core/hospital';
import { createQuery } from '../core/query';
import { askForPlace } from '../core/room-setting';
import { go } from '../core/router';
import { PLACES } from '../stage/places/design';
import type { PlaceId } from '../stage/places/design';
import { Answer } from './Answer';
import { Dialog } from './Dialog';
import { Field } from './Field';
import { Icon } from './Icon';
import { Notice } from './Notice';
import { ReasonField } from './ReasonField';

const LONGEST_REASON = 500;
/** Where a consultation takes place that nobody has be elsewhere. */
const USUAL: PlaceId = 'consulting';

interface AskDialogProps {
  readonly open: boolean;
  readonly patient: PatientTwin;
  readonly series: string | undefined;
  onClose(): void;
}

export function AskDialog(props: AskDialogProps): JSX.Element {
  const { t } = useApp();
  return (
    <Show when={props.open}>
      <Dialog open title={t('ask.title')} onClose={() => props.onClose()}>
        <AskForm {...props} />
      </Dialog>
    </Show>
  );
}

function AskForm(props: AskDialogProps): JSX.Element {
  const app = useApp();
  // Outlines, reports and pictures of rooms lie among the series; a room is about images.
  const all = createMemo(() =>
    props.patient.studies.flatMap((study) =>
      study.series.filter(canStand).map((series) => ({ study, series })),
    ),
  );
  const [series, setSeries] = createSignal(props.series ?? (all().length === 1 ? all()[0]?.series.uid : undefined));
  const [expert, setExpert] = createSignal('');
  const [reason, setReason] = createSignal('');
  const [place, setPlace] = createSignal<PlaceId>(USUAL);
  const [tried, setTried] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  const experts = createQuery<StaffRow[]>(() => (signal) => app.api.get('/api/staff?role=expert', { signal }));
  // Where one person only can be asked, nobody need choose.
  createEffect(() => {
    const [only, ...others] = experts.data() ?? [];
    if (only && others.length === 0 && expert() === '') setExpert(only.id);
  });

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (busy() || !series() || expert() === '' || reason().trim() === '') return;
    setBusy(true);
    setRefusal(undefined);
    try {
      const made = await app.api.post<{ room: string }>('/api/scenarios/remote-consult/requests', {
        patient: props.patient.id,
        series: series(),
        expert: expert(),
        reason: reason().trim(),
      });
      const name = experts.data()?.find(({ id }) => id === expert())?.name ?? '';
      app.toast(() => app.t('ask.sent', { name }));
      props.onClose();
      if (place() !== USUAL) askForPlace(made.room, place());
      go(roomPath(made.room));
    } catch (error) {
      setRefusal(app.explain(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form class="stack" onSubmit={(event) => void send(event)} noValidate>
      <fieldset class="choices">
        <legend class="legend">{app.t('ask.series')}</legend>
        <Show when={all().length > 0} fallback={<Notice kind="warn">{app.t('ask.noSeries')}</Notice>}>
          <For each={all()}>
            {(one) => <SeriesChoice {...one} chosen={series() === one.series.uid} onChoose={setSeries} />}
          </For>
        </Show>
        <Show when={tried() && !series()}>
          <span class="wrong row small">
            <Icon name="alert" size={16} />
            {app.t('ask.needSeries')}
          </span>
        </Show>
      </fieldset>
      <Answer of={experts} lines={1}>
        {(answer) => (
          <Field
            label={app.t('ask.expert')}
            hint={answer().length === 0 ? app.t('ask.noExpert') : undefined}
            wrong={tried() && expert() === '' ? app.t('ask.needExpert') : undefined}
          >
            {(control) => (
              <select
                {...control}
                class="input"
                value={expert()}
                onChange={(event) => setExpert(event.currentTarget.value)}
              >
                <option value="">—</option>
                <For each={answer()}>
                  {(one) => (
                    <option value={one.id} selected={one.id === expert()}>
                      {one.name}
                    </option>
                  )}
                </For>
              </select>
            )}
          </Field>
        )}
      </Answer>
      <ReasonField
        label={app.t('ask.reason')}
        hint={`${app.t('ask.reasonHint')} · ${app.t('ask.left', { n: LONGEST_REASON - reason().length })}`}
        wrong={tried() && reason().trim() === '' ? app.t('ask.needReason') : undefined}
        longest={LONGEST_REASON}
        value={reason()}
        onInput={setReason}
      />
      <Field label={app.t('ask.place')} hint={app.t('ask.placeHint')}>
        {(control) => (
          <select {...control} class="input" onChange={(event) => setPlace(PLACES.find((one) => one === event.currentTarget.value) ?? USUAL)}>
            <For each={PLACES}>
              {(one) => (
                <option value={one} selected={one === place()}>
                  {app.t(`room.${one}`)}
                </option>
              )}
            </For>
          </select>
        )}
      </Field>
      <p class="soft small">{app.t('ask.consent')}</p>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <footer>
        <button type="button" class="button" onClick={() => props.onClose()}>
          {app.t('app.cancel')}
        </button>
        <button type="submit" class="button primary" aria-busy={busy()}>
          {app.t('ask.send')}
        </button>
      </footer>
    </form>
  );
}

interface SeriesChoiceProps {
  readonly study: StudyRow;
  readonly series: SeriesRow;
  readonly chosen: boolean;
  onChoose(uid: string): void;
}

function SeriesChoice(props: SeriesChoiceProps): JSX.Element {
  const app = useApp();
  return (
    <label class="choice">
      <input type="radio" name="series" value={props.series.uid} checked={props.chosen} onChange={() => props.onChoose(props.series.uid)} />
      <span>
        {props.series.description || app.t('patient.seriesUnnamed')}
        <span class="soft small">
          {' '}
          · {props.study.modality} ·{' '}
          <time dateTime={props.study.date}>{dayOf(props.study.date, app.language())}</time> ·{' '}
          {app.t('patient.imageCount', { n: props.series.images })}
        </span>
      </span>
    </label>
  );
}
