import { createRoot } from 'solid-js';
import { describe, expect, it } from 'vitest';
import type { NoduleMeasures } from '../../contract/nodule';
import type { NoduleProposal } from '../../contract/nodules';
import { ApiError } from './api';
import { createNoduleWork } from './nodules';
import type { NoduleDoors, NoduleWork } from './nodules';
import { countOf } from '../viewer/mask';

const volume = { size: [30, 30, 30], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as unknown as NoduleProposal['volume'];
const measuresOf = (voxels: number): NoduleMeasures => ({ voxels }) as NoduleMeasures;
const proposal = { volume, mask: { origin: [10, 10, 10], size: [2, 1, 1], runs: [0, 2] }, measures: measuresOf(2), attached: [], notices: [], method: { zh: '', en: '' } } as NoduleProposal;
const unasked = (): Promise<never> => Promise.reject(new Error('not asked for'));

/** Doors that count voxels, and note what was kept. */
function doorsWith(changes: Partial<NoduleDoors>): NoduleDoors {
  return {
    ofSeries: unasked,
    ofPatient: unasked,
    segment: () => Promise.resolve(proposal),
    again: unasked,
    measure: (_, mask) => Promise.resolve(measuresOf(countOf(mask))),
    features: unasked,
    keep: unasked,
    dismiss: unasked,
    takeBack: unasked,
    segmentations: unasked,
    masks: unasked,
    ...changes,
  };
}

/** Runs within an owner, as a panel does. */
function work(changes: Partial<NoduleDoors> = {}): NoduleWork {
  return createRoot(() => createNoduleWork(doorsWith(changes)));
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('the nodule in hand', () => {
  it('is found, edited, measured anew, and each stroke is undone as one', async () => {
    const nodule = work();
    await nodule.find('1.2', [10, 10, 10]);
    expect(nodule.inHand()?.measures?.voxels).toBe(2);
    nodule.begin([15, 15, 15], { radius_mm: 1 }, true);
    nodule.lead([16, 15, 15]);
    nodule.end([17, 15, 15]);
    await settled();
    const painted = nodule.inHand()?.measures?.voxels ?? 0;
    expect(painted).toBeGreaterThan(9);
    expect(nodule.inHand()?.byHand).toBe(true);
    expect(nodule.undo()).toBe(true);
    await settled();
    expect(nodule.inHand()?.measures?.voxels).toBe(2);
    expect(nodule.inHand()?.byHand).toBe(false);
    expect(nodule.redo()).toBe(true);
    await settled();
    expect(nodule.inHand()?.measures?.voxels).toBe(painted);
    expect(nodule.canRedo()).toBe(false);
  });

  it('is not measured while nothing is left of it, and a stroke that is given up changes nothing', async () => {
    const nodule = work();
    await nodule.find('1.2', [10, 10, 10]);
    nodule.begin([10, 10, 10], { radius_mm: 9 }, false);
    nodule.end([10, 10, 10]);
    expect(nodule.state()).toBe('empty');
    nodule.undo();
    await settled();
    nodule.begin([15, 15, 15], { radius_mm: 2 }, true);
    nodule.abandon();
    expect(nodule.canUndo()).toBe(false);
    expect(nodule.inHand()?.measures?.voxels).toBe(2);
  });

  it('waits for a volume that is being made, and says why nothing is found', async () => {
    let asked = 0;
    const late = work({
      segment: () => {
        asked += 1;
        return asked === 1 ? Promise.reject(new ApiError('conflict', 409, '', undefined, 1)) : Promise.resolve(proposal);
      },
    });
    const finding = late.find('1.2', [0, 0, 0]);
    await settled();
    expect(late.state()).toBe('waiting');
    await finding;
    expect(late.state()).toBe('shown');
    const refused = new ApiError('invalid', 422, '', undefined, undefined);
    const none = work({ segment: () => Promise.reject(refused) });
    await none.find('1.2', [0, 0, 0]);
    expect([none.state(), none.why()]).toEqual(['failed', refused]);
  });

  it('stays in hand where it could not be kept', async () => {
    const kept: unknown[] = [];
    let fails = true;
    const nodule = work({
      keep: (series, mask, said) => {
        if (fails) return Promise.reject(new Error('no line'));
        kept.push([series, countOf(mask), said]);
        return Promise.resolve({ objects: [], tracking_uid: '2.25.1' });
      },
    });
    await nodule.find('1.2', [10, 10, 10]);
    expect(await nodule.keep({ label: 'A', sameAs: undefined })).toBe(false);
    expect([nodule.state(), nodule.inHand()?.measures?.voxels]).toEqual(['failed', 2]);
    fails = false;
    expect(await nodule.keep({ label: 'A', sameAs: '2.25.7' })).toBe(true);
    expect(kept).toEqual([['1.2', 2, { label: 'A', sameAs: '2.25.7', byHand: false }]]);
    expect([nodule.state(), nodule.inHand()]).toEqual(['none', undefined]);
  });
});
