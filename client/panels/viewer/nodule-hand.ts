/** Brings panes and the nodule in hand together: where one clicks, what the brush does, what is drawn. */
import type { ViewerControl } from '../../core/viewer-control';
import type { Vec3 } from '../../core/frames';
import { createModelOutlines } from '../../core/model-outlines';
import type { ModelOutlines } from '../../core/model-outlines';
import { BRUSH_mm } from '../../core/nodules';
import type { NoduleWork } from '../../core/nodules';
import type { Outlines } from '../../core/outlines';
import type { ShownMask } from '../../viewer/paint-mask';
import type { PaneEvents } from '../../viewer/pane';

export interface NoduleHand {
  readonly work: NoduleWork;
  readonly models: ModelOutlines;
  /** Whether nodules can be found in what is shown. */
  isPossible(): boolean;
  seed(pane: number, at: Vec3): void;
  brush(pane: number, stroke: PaneEvents['brush']): void;
  resize(steps: 1 | -1): void;
  shown(pane: number): readonly ShownMask[];
}

/** Cyan: what is in hand; it is told from amber marks and from what was kept. */
export const IN_HAND = '#7fe3dc';

interface Parts {
  readonly control: ViewerControl;
  readonly work: NoduleWork;
  readonly outlines: Outlines;
  /** Somebody begins with a nodule. */
  onSeed(): void;
}

export function createNoduleHand({ control, work, outlines, onSeed }: Parts): NoduleHand {
  const seriesOf = (pane: number): string | undefined => {
    const series = control.panes[pane]?.().series;
    return series?.modality === 'CT' ? series.uid : undefined;
  };
  const models = createModelOutlines(work.inHand);
  return {
    work,
    models,
    isPossible: () => seriesOf(control.active()) !== undefined,
    seed(pane, at) {
      const series = seriesOf(pane);
      if (series === undefined) return;
      onSeed();
      void work.find(series, at);
    },
    brush(pane, stroke) {
      if (stroke.step === 'abandon') return work.abandon();
      if (work.inHand()?.series !== seriesOf(pane)) return;
      if (stroke.step === 'on') return work.lead(stroke.at);
      if (stroke.step === 'end') return work.end(stroke.at);
      const model = control.panes[pane]?.();
      const within = work.isBall() ? undefined : model?.stack?.planes[model.index];
      work.begin(stroke.at, { radius_mm: work.radius_mm(), within }, !stroke.erases);
    },
    resize: (steps) => work.setRadius(work.radius_mm() + steps * BRUSH_mm.step),
    shown(pane) {
      const series = seriesOf(pane);
      if (series === undefined) return [];
      const inHand = work.inHand();
      const kept = outlines.on(series, inHand?.of?.source);
      if (inHand?.series !== series) return kept;
      return [...kept, { mask: inHand.mask, colour: IN_HAND, inHand: true }, ...models.on(series)];
    },
  };
}
