/** All marks with their values, and the key images: what is drawn on a canvas can be read here. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { ViewerControl } from '../../core/viewer-control';
import type { Mark } from '../../viewer/measure';
import { wordsOfMark } from '../../viewer/words';
import { EmptyState } from '../EmptyState';
import { Icon } from '../Icon';
import { measureWordsOf } from './PaneView';
import type { KeyImages, Marked } from './key-images';

interface MeasureListProps {
  readonly control: ViewerControl;
  readonly keyImages: KeyImages;
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
                <li data-mark={mark.kind}>
                  <span class="chip accent">{app.t(`vtool.${mark.kind}`)}</span>
                  <span class="mark-words number">{said()}</span>
                  <button type="button" class="button quiet small" aria-label={app.t('measure.goTo', { what: name() })} onClick={() => (goTo(mark.picture), props.control.marks.choose(mark.id))}>
                    <Icon name="eye" size={16} />
                  </button>
                  <button type="button" class="button quiet small" aria-label={app.t('measure.remove', { what: name() })} onClick={() => props.control.marks.remove(mark.id)}>
                    <Icon name="close" size={16} />
                  </button>
                </li>
              );
            }}
          </For>
        </ul>
        <p class="soft small">{app.t('measure.local')}</p>
      </Show>
      <KeyImageList {...props} onGoTo={goTo} />
    </div>
  );
}

function KeyImageList(props: MeasureListProps & { onGoTo(picture: string): void }): JSX.Element {
  const app = useApp();
  async function save(): Promise<void> {
    try {
      const n = await props.keyImages.save();
      const said = app.t('key.saved', { n });
      app.toast(said);
      app.announce(said);
    } catch (error) {
      app.toast(`${app.t('key.failed')} ${app.explain(error)}`);
    }
  }
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
        <Show when={props.keyImages.mayKeep()} fallback={<p class="soft small">{app.t('key.local')}</p>}>
          <Show when={props.keyImages.unsaved()}>
            <div class="row">
              <button type="button" class="button small" onClick={() => void save()}>
                {app.t('key.save')}
              </button>
              <span class="soft small">{app.t('key.unsaved')}</span>
            </div>
          </Show>
        </Show>
      </Show>
    </section>
  );
}
