import { BoxGeometry, Mesh, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { lpsFromLocal, lpsFromRoom, roomFromLps } from '../core/frames';
import { HOLOGRAM } from '../room/fake-hologram';
import type { HologramView } from './hologram';
import { pick } from './picking';

const GRID = { size: [2000, 2000, 2000], spacing_mm: [1, 1, 1], origin_lps_mm: [-999.5, -999.5, -999.5], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
const AT = { position_m: [0, 0, 0], rotation: [0, 0, 0, 1], scale: 1 } as const;

/** A cube with edges of 20 cm, moved away from the middle, where it is in the body. */
function view(apart_m: number): HologramView {
  const mesh = new Mesh(new BoxGeometry(0.2, 0.2, 0.2));
  mesh.position.set(apart_m, 0, 0);
  mesh.updateMatrixWorld();
  return {
    state: { ...HOLOGRAM, mode: 'surfaces' },
    store: { manifest: GRID },
    surfaces: { meshes: [mesh] },
    lpsFromRoom: (p: Vector3) => lpsFromRoom(GRID, AT, [p.x, p.y, p.z]),
    lpsDirection: (d: Vector3) => lpsFromLocal([d.x, d.y, d.z]),
    roomFromLps: (p: readonly [number, number, number]) => new Vector3(...roomFromLps(GRID, AT, p)),
  } as unknown as HologramView;
}

test('what is moved apart is pointed at where it is seen, and is measured where it is in the body', () => {
  const ahead = new Vector3(0, 0, -1);
  for (const apart of [0, 0.5]) {
    const hit = pick(view(apart), new Vector3(apart + 0.05, 0, 0.9), ahead);
    expect(hit?.room.toArray().map((m) => m.toFixed(3))).toEqual([(apart + 0.05).toFixed(3), '0.000', '0.100']);
    // Forward in the room is the patient's front.
    expect(hit?.lps_mm.map(Math.round)).toEqual([50, -100, 0]);
  }
});
