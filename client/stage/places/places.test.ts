/** Each place as it is furnished: inside its walls, with room around the table, and nothing standing in anything. */
import { Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { PLACES as SEATS } from '../../core/room-seats';
import { PLACES, type Piece, type Prop } from './design';
import { DESIGNS } from './designs';
import { Light } from './light';
import { extentOf, sizeOf } from './pieces';

/** People stand around the table out to here, and one walks behind them. */
const FREE_m = 2;
/** So many places of people at screens are free in every place; the others are for crowds. */
const SEATS_FREE = 34;
const [HEAD_m, SHOULDER_m] = [1.8, 0.2];

/** The four corners of a model's footprint, and its lower and upper end. */
function footprint(prop: Prop): { corners: Vector3[]; low: number; high: number } {
  const [width, height, length] = sizeOf(prop.name);
  const turn = ((prop.turn_deg ?? 0) * Math.PI) / 180;
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, k]) => new Vector3((i ? 0.5 : -0.5) * width, 0, (k ? 0.5 : -0.5) * length).applyAxisAngle(new Vector3(0, 1, 0), turn).add(new Vector3(...prop.at)));
  return { corners, low: prop.at[1], high: prop.at[1] + height };
}

/** How deep two footprints lie in each other: no line between them means that they do. */
function depth(a: readonly Vector3[], b: readonly Vector3[]): number {
  const sides = [a, b].flatMap((corners) => corners.map((corner, i) => (corners[(i + 1) % 4] ?? corner).clone().sub(corner)));
  return Math.min(
    ...sides.map((side) => {
      const across = new Vector3(side.z, 0, -side.x).normalize();
      const [one, other] = [a, b].map((corners) => corners.map((corner) => corner.dot(across)));
      return Math.min(Math.max(...(one ?? [])), Math.max(...(other ?? []))) - Math.max(Math.min(...(one ?? [])), Math.min(...(other ?? [])));
    }),
  );
}

describe.each(PLACES)('%s', (place) => {
  const { size_m, pieces, lamps, ambient } = DESIGNS[place];
  const standing = pieces.map((piece) => ({ piece, extent: extentOf(piece) }));
  const nameOf = (piece: Piece): string => `${piece.kind === 'prop' ? piece.name : piece.kind} at ${piece.at.join(', ')}`;

  it('keeps everything inside its walls', () => {
    for (const { piece, extent } of standing) {
      const [width, height, length] = size_m;
      const out = Math.max(-extent.min[0] - width / 2, extent.max[0] - width / 2, -extent.min[2] - length / 2, extent.max[2] - length / 2, extent.max[1] - height, -extent.min[1]);
      expect(out, nameOf(piece)).toBeLessThan(0.011);
    }
  });

  it('leaves the table and the people around it free', () => {
    for (const { piece, extent } of standing) {
      if (extent.max[1] < 0.05) continue;
      const near = Math.hypot(Math.max(extent.min[0], 0, -extent.max[0]), Math.max(extent.min[2], 0, -extent.max[2]));
      expect(near, nameOf(piece)).toBeGreaterThanOrEqual(FREE_m);
    }
  });

  it('has nothing where people at screens stand first', () => {
    for (const { angle, radius_m } of SEATS.slice(0, SEATS_FREE)) {
      const [x, z] = [Math.sin(angle) * radius_m, Math.cos(angle) * radius_m];
      for (const { piece, extent: { min, max } } of standing) {
        if (max[1] < 0.05 || min[1] > HEAD_m) continue;
        expect(Math.hypot(Math.max(min[0] - x, 0, x - max[0]), Math.max(min[2] - z, 0, z - max[2])), nameOf(piece)).toBeGreaterThan(SHOULDER_m);
      }
    }
  });

  it('has no two models that stand in each other', () => {
    const props = pieces.flatMap((piece) => (piece.kind === 'prop' ? [{ piece, ...footprint(piece) }] : []));
    for (const [i, one] of props.entries())
      for (const other of props.slice(i + 1)) {
        if (one.piece.name === 'plant' && other.piece.name === 'plant') continue;
        if (Math.min(one.high, other.high) - Math.max(one.low, other.low) < 0.02) continue;
        expect(depth(one.corners, other.corners), `${nameOf(one.piece)} and ${nameOf(other.piece)}`).toBeLessThan(0.06);
      }
  });

  it('is lit, more beside a lamp than in a corner, and less behind a thing', () => {
    const open = new Light(lamps, ambient, []);
    const brightness = ({ r, g, b }: { r: number; g: number; b: number }): number => r + g + b;
    const [up, floor] = [new Vector3(0, 1, 0), new Vector3(0.8, 0, 1.2)];
    const free = brightness(open.falling(floor, up, true));
    expect(free).toBeGreaterThan(ambient.strength);
    const under = new Light(lamps, ambient, [{ min: [-3, 0.5, -3], max: [3, 0.6, 3] }]);
    expect(brightness(under.falling(floor, up, true))).toBeLessThan(free * 0.8);
  });
});

describe('light', () => {
  it('darkens the floor where something touches it, and not farther away', () => {
    const light = new Light([], { sky: '#fff', ground: '#fff', strength: 1 }, [{ min: [0, 0, 0], max: [1, 1, 1] }]);
    expect(light.contact(new Vector3(1.02, 0, 0.5))).toBeLessThan(0.6);
    expect(light.contact(new Vector3(2.5, 0, 0.5))).toBeGreaterThan(0.99);
  });
});
