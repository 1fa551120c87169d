import { Color, Group, type InstancedMesh, Matrix4, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { Bust, Busts } from './bust';
import type { Pose } from './room-view';

const at = (x: number, y = 1.6, z = 0): Pose => ({ position_m: [x, y, z], rotation: [0, 0, 0, 1] });

/** Somebody who stands there, as an avatar has them. */
function person(busts: Busts, x: number, colour = '#e69f00'): { readonly bust: Bust; readonly group: Group } {
  const [bust, group] = [new Bust(new Color(colour), busts), new Group()];
  group.add(bust.group);
  bust.pose({ head: at(x) });
  return { bust, group };
}

/** What is drawn: how many of each mesh. */
function drawn(busts: Busts): InstancedMesh[] {
  busts.draw();
  return busts.group.children.filter(({ visible }) => visible) as InstancedMesh[];
}
const counts = (busts: Busts): number[] => drawn(busts).map(({ count }) => count);
const places = (mesh: InstancedMesh | undefined): number[] => Array.from({ length: mesh?.count ?? 0 }, (_, i) => {
  const matrix = new Matrix4();
  mesh?.getMatrixAt(i, matrix);
  return new Vector3().setFromMatrixPosition(matrix).x;
});

test('a full room of busts is drawn by one mesh for each part', () => {
  const busts = new Busts();
  const people = Array.from({ length: 49 }, (_, i) => person(busts, i));
  expect(counts(busts)).toEqual([49, 49]);
  const [head, shoulders] = drawn(busts);
  for (const mesh of [head, shoulders]) expect(places(mesh)).toEqual(people.map((_, i) => i));
  // Hands are drawn where they are tracked.
  people[3]?.bust.pose({ head: at(3), left: at(2.8, 1.2), right: at(3.2, 1.2) });
  people[4]?.bust.pose({ head: at(4), right: at(4.2, 1.2) });
  expect(counts(busts)).toEqual([49, 49, 3]);
  expect(places(drawn(busts)[2]).map((x) => x.toFixed(1))).toEqual(['2.8', '3.2', '4.2']);
  const triangles = drawn(busts).slice(0, 2).reduce((sum, { geometry }) => sum + (geometry.index?.count ?? 0) / 3, 0);
  expect(triangles).toBeGreaterThan(1_000);
  expect(triangles).toBeLessThan(2_500);
});

test('each wears a colour of their own, and who fades is drawn with those who do', () => {
  const busts = new Busts();
  const [li, chen] = [person(busts, 0, '#ff0000'), person(busts, 1, '#0000ff')];
  const worn = (mesh: InstancedMesh | undefined, i: number): number[] => [0, 1, 2, 3].map((axis) => mesh?.geometry.getAttribute('worn').getComponent(i, axis) ?? NaN);
  expect([worn(drawn(busts)[0], 0), worn(drawn(busts)[0], 1)]).toEqual([[1, 0, 0, 1], [0, 0, 1, 1]]);
  chen.bust.wear(new Color('#00ff00'));
  chen.bust.fade(0.5);
  const [head, , faint] = drawn(busts);
  expect([places(head), places(faint)]).toEqual([[0], [1]]);
  expect(worn(faint, 0)).toEqual([0, 1, 0, 0.5]);
  expect([head, faint].map((mesh) => (mesh?.material as { transparent: boolean } | undefined)?.transparent)).toEqual([false, true]);
  li.group.visible = false;
  chen.bust.fade(1);
  expect(places(drawn(busts)[0])).toEqual([1]);
  chen.bust.dispose();
  expect(drawn(busts)).toEqual([]);
});

test('shoulders follow the head about the vertical only', () => {
  const busts = new Busts();
  const { bust } = person(busts, 0);
  // Looks straight up.
  bust.pose({ head: { position_m: [0, 1.6, 0], rotation: [0.5, 0, 0, Math.sqrt(0.75)] } });
  const up = drawn(busts).map((mesh) => {
    const matrix = new Matrix4();
    mesh.getMatrixAt(0, matrix);
    return new Vector3(0, 1, 0).transformDirection(matrix).y;
  });
  expect(up[0]).toBeCloseTo(0.5);
  expect(up[1]).toBeCloseTo(1);
});
