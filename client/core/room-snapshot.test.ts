import { expect, test } from 'vitest';
import { HOLOGRAM } from '../room/fake-hologram';
import { translate } from '../words/words';
import type { Api } from './api';
import { keepSnapshot, slicesShown } from './room-snapshot';

const SLICES = [{ axis: 'axial', slice: 24, of: 48 }, { axis: 'sagittal', slice: 300, of: 512 }] as const;
const state = { ...HOLOGRAM, cursor_lps_mm: [-12.34, 5, 180.06], window: { centre_hu: -600, width_hu: 1500 } } as const;

test('a picture of slices says which they are, where they meet and by which window, in both languages', () => {
  const said = (language: 'en' | 'zh') => slicesShown(SLICES, state, (key, params) => translate(language, key, params));
  expect(said('en')).toEqual({ names: ['Axial 24/48', 'Sagittal 300/512'], where: 'Slices meet at L -12.3 mm, P 5.0 mm, S 180.1 mm · window -600/1500 HU' });
  expect(said('zh').names[0]).toMatch(/24\/48$/);
  expect(said('zh').where).toMatch(/-12\.3.*5\.0.*180\.1.*-600\/1500/);
});

test('it goes the way of a picture of the stage, with a title that the record takes', async () => {
  const sent: unknown[] = [];
  const api = { post: (path: string, body: unknown) => (sent.push(path, body), Promise.resolve({ study: '1.2' })) } as unknown as Api;
  await keepSnapshot(api, 'r/1', ` ${'x'.repeat(300)}`, 'data:image/png;base64,AAAA');
  expect(sent).toEqual(['/api/rooms/r%2F1/snapshots', { title: 'x'.repeat(200), png: 'AAAA' }]);
});
