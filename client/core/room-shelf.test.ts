import { expect, test } from 'vitest';
import type { Api } from './api';
import { lyingOf } from './room-shelf';

test('what was taken off a screen, or drawn on images, does not lie on the shelf', async () => {
  const row = (uid: string, modality: string) => ({ uid, modality, description: '', images: 1 });
  const studies = [
    { uid: '1', modality: 'CT\\SEG', description: '', date: '2026-03-02', series: [row('1.1', 'CT'), row('1.2', 'SEG')] },
    { uid: '2', modality: 'OT', description: 'Pictures of a room', date: '2026-03-03', series: [row('2.1', 'OT')] },
  ];
  const api = { get: () => Promise.resolve({ studies }) } as unknown as Api;
  expect((await lyingOf(api, 'p')).map(({ series }) => series.uid)).toEqual(['1.1']);
});
