/** Keeps marks and key images with their studies, and says what is kept and what is not. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import { useApp } from '../../core/app';
import type { ViewerControl } from '../../core/viewer-control';
import { newMarks, saveMarks } from '../../core/viewer-states';
import type { States } from '../../core/viewer-states';
import type { GreyWindow } from '../../viewer/window';
import type { KeyImages } from './key-images';

export type SavingState = 'nothing' | 'unsaved' | 'saving' | 'saved' | 'failed';

export interface Saving {
  readonly state: Accessor<SavingState>;
  /** Why nothing could be kept, in words. */
  readonly why: Accessor<string>;
  /** Whether the person may add to the study at all. */
  readonly may: Accessor<boolean>;
  save(): Promise<void>;
}

interface SavingParts {
  readonly control: ViewerControl;
  readonly keyImages: KeyImages;
  readonly states: States;
  /** The studies that are shown: the one that was opened and, where there is one, the prior. */
  readonly studies: Accessor<readonly string[]>;
  readonly may: Accessor<boolean>;
}

export function createSaving({ control, keyImages, states, studies, may }: SavingParts): Saving {
  const app = useApp();
  const { marks } = control;
  const [step, setStep] = createSignal<'idle' | 'saving' | 'failed'>('idle');
  const [why, setWhy] = createSignal('');

  const marksOf = (study: string) => marks.all().filter(({ of }) => of?.study === study);
  const unsaved = (study: string): boolean =>
    keyImages.fresh(study).length > 0 || (marksOf(study).length > 0 && marks.isUnsaved(study));
  /** As the series is shown now, where somebody has chosen that. */
  const windowOf = (series: string): GreyWindow | undefined => control.panes.map((pane) => pane()).find((pane) => pane.series?.uid === series)?.window;

  return {
    may,
    why,
    state: () => {
      if (step() === 'saving') return 'saving';
      if (!studies().some(unsaved)) return marks.all().length + keyImages.marked().length > 0 ? 'saved' : 'nothing';
      return step() === 'failed' ? 'failed' : 'unsaved';
    },
    async save() {
      if (step() === 'saving') return;
      setStep('saving');
      try {
        for (const study of studies().filter(unsaved)) {
          const [drawn, keys] = [marksOf(study), keyImages.fresh(study)];
          await saveMarks(app.api, study, newMarks(study, drawn, keys, windowOf));
          marks.wereSaved(study, drawn);
          keyImages.wereKept(keys);
          // That the list of states is old loses nothing.
          states.reload(study).catch(() => {});
        }
        setStep('idle');
        app.announce(app.t('saving.saved'));
      } catch (error) {
        setWhy(app.explain(error));
        setStep('failed');
        app.announce(`${app.t('saving.failed')} ${why()}`);
      }
    },
  };
}
