import { Group } from 'three';
import { expect, test, vi } from 'vitest';
import { Figures } from './figures';

/** What was asked for, and how often it fails from now on. */
const files = vi.hoisted(() => ({ asked: [] as string[], fail: 0 }));
vi.mock('three/addons/loaders/GLTFLoader.js', () => ({
  GLTFLoader: class {
    setMeshoptDecoder(): this {
      return this;
    }
    async loadAsync(path: string): Promise<object> {
      files.asked.push(path);
      if (files.fail > 0) {
        files.fail -= 1;
        throw new Error('no line');
      }
      return { scene: new Group() };
    }
  },
}));

test('a model is loaded once for all who look like it, and asked for anew where it could not be had', async () => {
  files.fail = 1;
  const figures = new Figures();
  const both = await Promise.allSettled([figures.load('medical-1'), figures.load('medical-1')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(files.asked).toEqual(['/people/medical-1.gltf']);
  const [li, chen] = [await figures.load('medical-1'), await figures.load('medical-1')];
  expect(files.asked).toHaveLength(2);
  expect(li).not.toBe(chen);
});
