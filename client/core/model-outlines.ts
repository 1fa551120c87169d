/** What models drew around the nodule in hand: each outline in its colour and dash, shown or not. */
import { batch, createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { ModelAnswers } from '../../contract/models';
import { maskOf } from '../viewer/mask';
import type { VoxelMask } from '../viewer/mask';
import type { ShownMask } from '../viewer/paint-mask';
import type { NoduleInHand } from './nodules';

export interface ModelOutline {
  /** The model's id. */
  readonly id: string;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly mask: VoxelMask;
}

export interface ModelOutlines {
  /** What the models answered, as long as the outline that they were asked about is the one in hand. */
  readonly answers: Accessor<ModelAnswers | undefined>;
  hear(about: NoduleInHand, answers: ModelAnswers): void;
  of(id: string): ModelOutline | undefined;
  isOn(id: string): boolean;
  toggle(id: string): void;
  /** Those that are shown on pictures of a series. */
  on(series: string): readonly ShownMask[];
}

/** Told from what is in hand and from what is kept by colour, and by the dash alone. */
const LINES = [
  { colour: '#ff8ad1', dash: [6, 4] },
  { colour: '#b4a7ff', dash: [2, 3] },
  { colour: '#ffb35c', dash: [9, 3, 2, 3] },
] as const;

export function createModelOutlines(inHand: Accessor<NoduleInHand | undefined>): ModelOutlines {
  const [heard, setHeard] = createSignal<{ readonly about: NoduleInHand; readonly answers: ModelAnswers; readonly outlines: readonly ModelOutline[] }>();
  const [hidden, setHidden] = createSignal<ReadonlySet<string>>(new Set());
  const current = () => {
    const now = heard();
    return now && now.about.mask === inHand()?.mask ? now : undefined;
  };
  const isOn = (id: string): boolean => !hidden().has(id);
  return {
    answers: () => current()?.answers,
    hear(about, answers) {
      const drawn = answers.answers.flatMap(({ card, mask }) => (mask ? [{ id: card.id, mask: maskOf(about.mask.grid, mask) }] : []));
      const outlines = drawn.map((one, at) => ({ ...one, ...(LINES[at % LINES.length] ?? LINES[0]) }));
      batch(() => {
        setHeard({ about, answers, outlines });
        setHidden(new Set<string>());
      });
    },
    of: (id) => current()?.outlines.find((one) => one.id === id),
    isOn,
    toggle: (id) =>
      setHidden((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      }),
    on(series) {
      const now = current();
      if (!now || now.about.series !== series) return [];
      return now.outlines.filter(({ id }) => isOn(id)).map(({ mask, colour, dash }) => ({ mask, colour, dash, inHand: true }));
    },
  };
}
