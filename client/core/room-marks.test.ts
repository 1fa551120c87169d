import { expect, test, vi } from 'vitest';
import { keepMarks } from './room-marks';

test('the marks of a room are kept with its images, whatever it is called', async () => {
  const kept = { objects: [{}], left_out: [{ zh: '线条', en: 'a line' }] };
  const post = vi.fn(async () => kept);
  expect(await keepMarks({ post } as never, 'tumour board/3')).toEqual(kept);
  expect(post.mock.calls).toEqual([['/api/rooms/tumour%20board%2F3/export']]);
});
