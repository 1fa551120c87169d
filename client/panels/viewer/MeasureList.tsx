/** All marks with their values, and the key images: what is drawn on a canvas can be read here. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { ViewerControl } from '../../core/viewer-control';
import type { Mark } from '../../viewer/measure';
import { wordsOfMark } from '../../viewer/words';
import { EmptyState } from '../EmptyState';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { RemoveButton } from '../RemoveButton';
import { measureWordsOf } from './PaneView';
import type { KeyImages, Marked } from './key-images';
import type { Saving, SavingState } from './saving';

interface MeasureListProps {
  readonly control: ViewerControl;
  readonly keyImages: KeyImages;
  readonly saving: Saving;
}

export function MeasureList(props: MeasureListProps): JSX.Element {
  const app = useApp();
  /** Where a mark's picture stands now, if anywhere. */
  const placeOf = (picture: string): { readonly pane: number; readonly index: number } | undefined => {
    for (const [pane, model] of props.control.panes.entries()) {
      const { stack } = model();
      const index = stack?.planes.findIndex((_, at) => stack.pictureKey(at) === picture) ?? -1;
      if (index >= 0) return { pane, index };
    }
    return undefined;
  };
  const words = (mark: Mark): string => {
    props.control.news();
    const place = placeOf(mark.picture);
    const stack = place && props.control.panes[place.pane]?.().stack;
    const plane = place && stack?.planes[place.index];
    if (!place || !stack || !plane) return '';
    const picture = { plane, pixels: stack.pixels(place.index), rescale: stack.rescaleOf(place.index), unit: stack.unitOf(place.index) };
    return wordsOfMark(mark, picture, measureWordsOf(app.t)).join(', ');
  };
  const goTo = (picture: string): void => {
    const place = placeOf(picture);
    if (!place) return;
    props.control.activate(place.pane);
    props.control.goTo(place.pane, place.index);
  };

  return (
    <div class="stack">
      <Show
        when={props.control.marks.all().length > 0}
        fallback={<EmptyState icon="measure" title={app.t('measure.none')} hint={app.t('measure.noneHint')} />}
      >
        <ul class="marks" aria-label={app.t('measure.list')}>
          <For each={props.control.marks.all()}>
            {(mark) => {
              // What was measured stays readable while its picture stands in no pane.
              const said = createMemo<string>((before) => words(mark) || before, '');
              const name = (): string => `${app.t(`vtool.${mark.kind}`)} ${said()}`;
              return (
                <li data-mark={mark.kind} data-saved={props.control.marks.isSaved(mark)}>
                  <span class="chip accent">{app.t(`vtool.${mark.kind}`)}</span>
                  <span class="mark-words number">
                    {said()}
                    <Show when={props.control.marks.isSaved(mark)}>
                      <span class="mark-saved" title={app.t('saving.saved')}>
                        <Icon name="check" size={14} />
                        <span class="for-listeners">{app.t('saving.saved')}</span>
                      </span>
                    </Show>
                  </span>
                  <button type="button" class="button quiet small" aria-label={app.t('measure.goTo', { what: name() })} onClick={() => (goTo(mark.picture), props.control.marks.choose(mark.id))}>
                    <Icon name="eye" size={16} />
                  </button>
                  <RemoveButton what={app.t('measure.remove', { what: name() })} onRemove={() => props.control.marks.remove(mark.id)} />
                </li>
              );
            }}
          </For>
        </ul>
        <Show when={props.control.marks.all().some(({ of }) => !of)}>
          <p class="soft small">{app.t('measure.local')}</p>
        </Show>
      </Show>
      <KeyImageList {...props} onGoTo={goTo} />
      <SavingRow saving={props.saving} />
    </div>
  );
}

/** What is kept and what is not, and the way to keep it. */
function SavingRow(props: { saving: Saving }): JSX.Element {
  const app = useApp();
  const mayNot = (): boolean => !props.saving.may() && props.saving.state() !== 'nothing';
  return (
    <>
      <Show when={props.saving.may() && props.saving.state() !== 'nothing'}>
        <div class="row saving" data-saving={props.saving.state()}>
          <button
            type="button"
            class="button small primary"
            disabled={props.saving.state() === 'saved' || props.saving.state() === 'saving'}
            aria-busy={props.saving.state() === 'saving'}
            onClick={() => void props.saving.save()}
          >
            {app.t('saving.save')}
          </button>
          <span class="small row" classList={{ wrong: props.saving.state() === 'failed', soft: props.saving.state() !== 'failed' }}>
            <Icon name={SAVING_SIGNS[props.saving.state()]} size={16} />
            {app.t(`saving.${props.saving.state()}`)}
          </span>
          <Show when={props.saving.state() === 'failed'}>
            <p class="small wrong">{props.saving.why()}</p>
          </Show>
        </div>
      </Show>
      <Show when={mayNot()}>
        <p class="soft small">{app.t('saving.mayNot')}</p>
      </Show>
    </>
  );
}

const SAVING_SIGNS: Readonly<Record<SavingState, IconName>> = { nothing: 'info', unsaved: 'alert', saving: 'wait', saved: 'check', failed: 'alert' };

function KeyImageList(props: MeasureListProps & { onGoTo(picture: string): void }): JSX.Element {
  const app = useApp();
  const name = (one: Marked): string => `${app.t('viewer.picture')} ${one.index + 1}`;
  return (
    <section class="stack tight">
      <h2 class="series-heading">{app.t('key.list')}</h2>
      <Show when={props.keyImages.marked().length > 0} fallback={<p class="soft small">{app.t('key.none')}</p>}>
        <ul class="marks">
          <For each={props.keyImages.marked()}>
            {(one) => (
              <li data-key-image={one.sop}>
                <Icon name="key" size={16} />
                <span>{name(one)}</span>
                <button type="button" class="button quiet small" aria-label={app.t('measure.goTo', { what: name(one) })} onClick={() => props.onGoTo(one.key)}>
                  <Icon name="eye" size={16} />
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}
