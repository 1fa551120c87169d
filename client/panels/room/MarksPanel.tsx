/** Measurements and notes as a list: the same that stand on the images. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { App } from '../../core/app';
import { inLanguage } from '../../core/language';
import type { Mark, RoomControl } from '../../core/room-control';
import { keepMarks } from '../../core/room-marks';
import type { MarksKept } from '../../core/room-marks';
import { mayTakeAway } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import { measureWords } from '../../stage/measure-words';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { Notice } from '../Notice';
import { RemoveButton } from '../RemoveButton';

/** What a mark says. */
export function markWords({ entity }: Mark, t: App['t']): string {
  if (entity.type === 'measure') return measureWords(entity);
  if (entity.type === 'stroke') return t('marks.strokeOf', { count: entity.points_lps_mm.length });
  return entity.type === 'landmark' ? entity.name : entity.text;
}

type Kind = 'length' | 'hu' | 'angle' | 'volume' | 'note' | 'landmark' | 'stroke';

function kindOf({ entity }: Mark): Kind {
  if (entity.type === 'measure') return entity.kind;
  return entity.type === 'annotation' ? 'note' : entity.type;
}

const SIGNS: Readonly<Record<Kind, IconName>> = { length: 'measure', hu: 'hu', angle: 'angle', volume: 'layers', note: 'annotate', landmark: 'landmark', stroke: 'pen' };

interface MarksPanelProps {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly room: string;
  /** What a surface is called. */
  labelOf(layer: string): string;
}

export function MarksPanel(props: MarksPanelProps): JSX.Element {
  const app = useApp();
  const show = (mark: Mark): void => {
    const point = 'points_lps_mm' in mark.entity ? mark.entity.points_lps_mm[0] : mark.entity.at_lps_mm;
    if (point) props.control.lookAt(point);
  };
  return (
    <section class="stack tight" aria-labelledby="marks-title">
      <h2 class="legend" id="marks-title">
        {app.t('marks.title')}
      </h2>
      <Show
        when={props.control.marks().length > 0}
        fallback={<p class="soft small">{app.t('marks.none')}</p>}
      >
        <ul class="marks" data-marks>
          <For each={props.control.marks()}>
            {(mark) => (
              <li>
                <Icon name={SIGNS[kindOf(mark)]} />
                <span class="mark-words">
                  <strong class="number">{markWords(mark, app.t)}</strong>
                  <span class="soft small">
                    {' '}
                    {app.t(`marks.${kindOf(mark)}`)}
                    {mark.entity.type === 'measure' && mark.entity.layer ? ` · ${props.labelOf(mark.entity.layer)}` : ''} · {mark.author}
                  </span>
                </span>
                <button type="button" class="button quiet small" onClick={() => show(mark)}>
                  {app.t('marks.go')}
                </button>
                <Show when={mayTakeAway(props.order.own(), mark, props.control.locked(mark.entity.hologram))}>
                  <RemoveButton what={app.t('marks.removeThis', { what: markWords(mark, app.t) })} onRemove={() => props.control.remove(mark.id)} />
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.order.works()}>
        <KeepWithImages room={props.room} />
      </Show>
    </section>
  );
}

/** Puts what was measured, noted and shown as surfaces beside the images, for every other DICOM program. */
function KeepWithImages(props: { room: string }): JSX.Element {
  const app = useApp();
  const [busy, setBusy] = createSignal(false);
  const [kept, setKept] = createSignal<MarksKept>();
  const [refusal, setRefusal] = createSignal('');
  const keep = async (): Promise<void> => {
    setBusy(true);
    setRefusal('');
    try {
      setKept(await keepMarks(app.api, props.room));
    } catch (error) {
      setKept(undefined);
      setRefusal(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <div class="stack tight">
      <button type="button" class="button" disabled={busy()} onClick={() => void keep()}>
        {app.t(busy() ? 'marks.keeping' : 'marks.keep')}
      </button>
      <p class="soft small">{app.t('marks.keepHint')}</p>
      <div role="status">
        <Show when={kept()}>
          {(now) => (
            <Notice kind="good">
              {app.t('marks.kept', { count: String(now().objects.length) })}
              <For each={now().left_out}>{(text) => <p class="small">{inLanguage(text, app.language())}</p>}</For>
            </Notice>
          )}
        </Show>
      </div>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
    </div>
  );
}
