/** Who lies in a bed: who treats says that somebody comes, moves to another bed, or leaves. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import type { Home } from '../../../../client/core/hospital';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { Dialog } from '../../../../client/panels/Dialog';
import { nameWords } from '../../../../client/panels/person';
import type { BedView, WardView } from './ward';
import { sayIn } from './words';

interface StayProps {
  readonly ward: WardView;
  readonly bed: BedView;
  reload(): void;
}

export function Stay(props: StayProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const { busy, run } = createDoing(app);
  const [leaves, setLeaves] = createSignal<string>();
  const pathOf = (bed: string): string => `/api/wards/${encodeURIComponent(props.ward.id)}/beds/${encodeURIComponent(bed)}/patient`;
  const put = (bed: string, patient: string): void =>
    void run(async () => {
      await app.api.put(pathOf(bed), { patient });
      app.toast(() => say('stayKept'));
      props.reload();
    });
  // Who lay there as it was asked is meant: by now it may be somebody else.
  const leave = async (patient: string): Promise<void> => {
    if (props.bed.patient?.id === patient) {
      await run(async () => {
        await app.api.delete(pathOf(props.bed.id));
        app.toast(() => say('stayKept'));
        props.reload();
      });
    }
    setLeaves(undefined);
  };
  const chosen = (event: SubmitEvent & { currentTarget: HTMLFormElement }): string => {
    event.preventDefault();
    const value = new FormData(event.currentTarget).get('chosen');
    return typeof value === 'string' ? value : '';
  };
  const empty = (): readonly string[] => props.ward.beds.filter(({ occupied }) => !occupied).map(({ id }) => id);
  const bedName = (id: string): string => props.ward.beds.find((bed) => bed.id === id)?.name ?? id;
  return (
    <Show when={!props.bed.occupied || props.bed.patient !== null}>
      <details data-stay>
        <summary>{say('stay')}</summary>
        <Show when={props.bed.patient?.id} keyed fallback={<Comes busy={busy()} onCome={(patient) => put(props.bed.id, patient)} />}>
          {(patient) => (
            <>
              <Show when={empty().length > 0}>
                <form class="send-form acts" onSubmit={(event) => put(chosen(event), patient)}>
                  <label>
                    {say('movesTo')}
                    <select class="input" name="chosen">
                      <For each={empty()}>{(id) => <option value={id}>{bedName(id)}</option>}</For>
                    </select>
                  </label>
                  <button type="submit" class="button" disabled={busy()}>
                    {say('moves')}
                  </button>
                </form>
              </Show>
              <button type="button" class="button" disabled={busy()} onClick={() => setLeaves(patient)}>
                {say('leaves')}
              </button>
            </>
          )}
        </Show>
        <Show when={leaves()} keyed>
          {(patient) => (
            <Dialog open title={say('leaves')} onClose={() => setLeaves(undefined)}>
              <p>{say('leavesSure', { patient: props.bed.patient?.name ?? '', bed: props.bed.name })}</p>
              <div class="row">
                <button type="button" class="button primary" disabled={busy()} onClick={() => void leave(patient)}>
                  {say('leaves')}
                </button>
                <button type="button" class="button" onClick={() => setLeaves(undefined)}>
                  {say('cancel')}
                </button>
              </div>
            </Dialog>
          )}
        </Show>
      </details>
    </Show>
  );
}

/** Chooses among one's own patients who lies in an empty bed from now on. */
function Comes(props: { busy: boolean; onCome(patient: string): void }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const home = createQuery<Home>(() => (signal) => app.api.get('/api/home', { signal }));
  const come = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const patient = new FormData(event.currentTarget).get('patient');
    if (typeof patient === 'string' && patient !== '') props.onCome(patient);
  };
  return (
    <Answer of={home} lines={1}>
      {(answer) => (
        <form class="send-form acts" onSubmit={come}>
          <label>
            {say('whoComes')}
            <select class="input" name="patient">
              <option value="" />
              <For each={answer().patients.filter(({ relation }) => relation === 'care-team')}>
                {(one) => (
                  <option value={one.id}>
                    {nameWords(app, one.name)} {one.mrn}
                  </option>
                )}
              </For>
            </select>
          </label>
          <button type="submit" class="button" disabled={props.busy}>
            {say('comes')}
          </button>
        </form>
      )}
    </Answer>
  );
}
