import { afterEach, expect, test, vi } from 'vitest';
import { pictureOf } from './slice-picture';

afterEach(() => vi.unstubAllGlobals());

test('slices stand side by side in full size, each below its name, and below them where they lie', () => {
  const drawn: [string, number, number][] = [];
  const context = {
    fillRect() {}, strokeText() {},
    fillText: (text: string, x: number, y: number) => void drawn.push([text, x, y]),
    drawImage: (side: number, x: number, y: number) => void drawn.push([`picture of ${side}`, x, y]),
  };
  const sheet = { width: 0, height: 0, getContext: () => context, toDataURL: (type: string) => `data:${type};base64,` };
  vi.stubGlobal('document', { createElement: () => sheet });
  const slice = { picture: (side: number) => side as unknown as HTMLCanvasElement };
  expect(pictureOf([{ slice, name: 'Axial 1/4' }, { slice, name: 'Coronal 2/9' }], 'Slices meet')).toBe('data:image/png;base64,');
  expect(drawn).toEqual([['picture of 640', 0, 28], ['Axial 1/4', 14, 14], ['picture of 640', 642, 28], ['Coronal 2/9', 656, 14], ['Slices meet', 14, 682]]);
  expect([sheet.width, sheet.height]).toEqual([1282, 696]);
});
