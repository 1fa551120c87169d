import { expect, test, type Page } from '@playwright/test';
import type { Stage } from '../../client/stage/stage';
import type { LocalRoom } from '../../client/stage/dev/local-room';

interface Gallery {
  readonly stage: Stage;
  readonly room: LocalRoom;
  pixels(width: number, height: number): number[];
}
declare const gallery: Gallery;

const [W, H] = [120, 80];

/** The stage once the whole volume has come and its fine picture stands. */
async function open(page: Page, query = ''): Promise<void> {
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.goto(`/stage/dev/index.html?${query}`);
  await settled(page);
}

async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready' && !gallery.stage.refining, undefined, { timeout: 60_000 });
}

const pixels = (page: Page): Promise<number[]> => page.evaluate(([w, h]) => gallery.pixels(w, h), [W, H] as const);

/** How many of the pixels in the middle half differ clearly. */
function changed(a: number[], b: number[]): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 4) if ([0, 1, 2].some((k) => Math.abs((a[i + k] ?? 0) - (b[i + k] ?? 0)) > 24)) count += 1;
  return count;
}

test('the volume is drawn, turns for everybody, and shows its lesion', async ({ page }) => {
  await open(page, 'preset=bone');
  const front = await pixels(page);

  await page.evaluate(() => gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } }));
  await page.waitForTimeout(600);
  const without = await pixels(page);
  expect(changed(front, without)).toBeGreaterThan(W * H * 0.04);

  await page.evaluate(() => gallery.stage.set({ layers: { lesions: { visible: false, opacity: 1 }, 'lesion-1': { visible: false, opacity: 1 } } }));
  await page.waitForTimeout(600);
  expect(changed(without, await pixels(page))).toBeGreaterThan(20);

  await page.evaluate(() => gallery.stage.set({ layers: { volume: { visible: true, opacity: 1 } } }));
  await page.evaluate(() => gallery.stage.turn(70));
  await page.waitForTimeout(600);
  await settled(page);
  expect(changed(front, await pixels(page))).toBeGreaterThan(W * H * 0.03);
  const acts = await page.evaluate(() => gallery.room.acts.map((act) => act.act));
  expect(acts).toContain('grab');
  expect(acts.at(-1)).toBe('release');
});

test('a length is measured by keyboard alone', async ({ page }) => {
  await open(page);
  await page.locator('#stage').focus();
  for (const key of ['3', 'Enter', 'Shift+ArrowRight', 'Shift+ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  const measured = await page.evaluate(() => {
    const add = gallery.room.acts.find((act) => act.act === 'add');
    return add?.act === 'add' && add.entity.type === 'measure' ? add.entity.points_lps_mm : [];
  });
  const [a, b] = measured;
  expect(Math.hypot(...[0, 1, 2].map((i) => (a?.[i] ?? 0) - (b?.[i] ?? 0)))).toBeCloseTo(21, 6);
});

test('keys that come faster than frames lose no step', async ({ page }) => {
  await open(page, 'tool=probe');
  const way = await page.evaluate(() => {
    const canvas = document.querySelector('#stage');
    const before = gallery.stage.shared.state?.cursor_lps_mm;
    // All in one task: no frame is drawn between them.
    for (let i = 0; i < 12; i++) canvas?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
    const after = gallery.stage.shared.state?.cursor_lps_mm;
    return [0, 1, 2].map((i) => (after?.[i] ?? 0) - (before?.[i] ?? 0));
  });
  expect(Math.hypot(...way)).toBeCloseTo(12, 6);
});

test('a click on bone measures HU there, and the cut takes away what lies before it', async ({ page }) => {
  await open(page, 'preset=bone&tool=probe');
  const box = await page.locator('#stage').boundingBox();
  if (!box) throw new Error('no stage');
  const hit = await page.evaluate(({ x, y, width, height }) => {
    // Somewhere on the hologram bone lies under the pointer: look along the middle row.
    for (let share = 0.3; share < 0.7; share += 0.01) {
      const found = gallery.stage.pickAt(x + width * share, y + height * 0.42);
      if (found) return { share, lps: found.lps_mm };
    }
    return undefined;
  }, box);
  expect(hit).toBeDefined();
  await page.mouse.click(box.x + box.width * (hit?.share ?? 0), box.y + box.height * 0.42);
  const acts = await page.evaluate(() => gallery.room.acts);
  const add = acts.find((act) => act.act === 'add');
  expect(add?.act === 'add' && add.entity.type === 'measure' && add.entity.kind).toBe('hu');

  const before = await pixels(page);
  await page.evaluate(() => gallery.stage.set({ clip: { normal_lps: [0, -1, 0], offset_mm: 0 } }));
  await page.waitForTimeout(600);
  await settled(page);
  expect(changed(before, await pixels(page))).toBeGreaterThan(W * H * 0.03);
});

test('the graphics context may be lost and comes back with the picture', async ({ page }) => {
  await open(page, 'preset=bone');
  const before = await pixels(page);
  await page.evaluate(async () => {
    const loss = gallery.stage.renderer.getContext().getExtension('WEBGL_lose_context');
    loss?.loseContext();
    await new Promise((resolve) => setTimeout(resolve, 400));
    loss?.restoreContext();
  });
  await page.waitForTimeout(2500);
  await settled(page);
  expect(changed(before, await pixels(page))).toBeLessThan(W * H * 0.02);
});

test('a graphics card with small 3D textures shows the same hologram, only coarser', async ({ page }) => {
  await open(page, 'preset=bone');
  const full = await pixels(page);
  expect(await page.evaluate(() => gallery.stage.reduced)).toBe(false);

  await page.addInitScript(() => {
    const { prototype } = WebGL2RenderingContext;
    const told = prototype.getParameter;
    prototype.getParameter = function (name: number): unknown {
      return name === this.MAX_3D_TEXTURE_SIZE ? 48 : told.call(this, name);
    };
    // A card that says so refuses what is larger, too.
    const stored = prototype.texStorage3D;
    prototype.texStorage3D = function (target, levels, format, width, height, depth) {
      if (Math.max(width, height, depth) > 48) throw new RangeError(`${width} × ${height} × ${depth}`);
      stored.call(this, target, levels, format, width, height, depth);
    };
  });
  await open(page, 'preset=bone');
  expect(await page.evaluate(() => gallery.stage.hologram.picture.reduction)).toEqual({ factor: [2, 2, 2], size: [48, 40, 36] });
  const coarser = await pixels(page);
  expect(changed(full, coarser)).toBeLessThan(W * H * 0.12);
  await page.evaluate(() => gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } }));
  await page.waitForTimeout(600);
  expect(changed(coarser, await pixels(page))).toBeGreaterThan(W * H * 0.04);
});

test('who wants less motion is brought to a view at once', async ({ page }) => {
  await open(page);
  /** How far round the camera has come one frame after it was asked to walk round by half a radian. */
  const afterOneFrame = (): Promise<number> =>
    page.evaluate(async () => {
      const { rig } = gallery.stage;
      const angle = (): number => Math.atan2(rig.camera.position.x, rig.camera.position.z);
      const before = angle();
      rig.view = { ...rig.view, yaw: rig.view.yaw + 0.5 };
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return angle() - before;
    });
  expect(await afterOneFrame()).toBeLessThan(0.49);
  await page.waitForTimeout(1_500);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await afterOneFrame()).toBeCloseTo(0.5, 3);
});

test('each place of the hospital is cheap to draw, furnished, and unlike the others', async ({ page }) => {
  await open(page);
  const seen: number[][] = [];
  for (const place of ['consulting', 'operating', 'ward', 'research', 'teaching', 'management'] as const) {
    await page.evaluate((id) => (gallery.stage.surroundings = id), place);
    await page.waitForFunction(() => gallery.stage.furnished);
    // The place alone and all of it, also what lies behind one's back: no hologram, no one else.
    const { calls, triangles } = await page.evaluate(() => {
      const { scene, hologram, renderer } = gallery.stage;
      hologram.root.visible = false;
      scene.traverse((part) => (part.frustumCulled = false));
      gallery.stage.drawNow();
      const { calls, triangles } = renderer.info.render;
      hologram.root.visible = true;
      return { calls, triangles };
    });
    // Walls alone have some ten thousand.
    expect(triangles, `models of ${place}`).toBeGreaterThan(20_000);
    expect(calls, `draw calls of ${place}`).toBeLessThanOrEqual(150);
    expect(triangles, `triangles of ${place}`).toBeLessThanOrEqual(300_000);
    test.info().annotations.push({ type: place, description: `${calls} draw calls, ${triangles} triangles` });
    await page.evaluate(() => gallery.stage.invalidate());
    await settled(page);
    seen.push(await pixels(page));
  }
  for (const [i, one] of seen.entries()) for (const other of seen.slice(i + 1)) expect(changed(one, other)).toBeGreaterThan(W * H * 0.02);
});

interface Point {
  x: number;
  y: number;
  z: number;
}

test('people are whole figures that look, reach, stand and sit where they are tracked', async ({ page }) => {
  await open(page, 'figures');
  await page.evaluate(() => {
    const at = (x: number, y: number, z: number) => ({ position_m: [x, y, z] as const, rotation: [0, 0, 0, 1] as const });
    gallery.room.join({ id: 'stands', name: 'Stands' }, () => ({ head: at(0.6, 1.7, 0.2), left: { ...at(0.4, 1.25, -0.1), fingers: { curls: [0.8, 0.9, 0.9, 0.9, 0.9], spread: 0 } }, right: at(0.75, 1.3, -0.1), pointer: null }));
    gallery.room.join({ id: 'sits', name: 'Sits' }, () => ({ head: at(-0.8, 1.15, 0.2), left: null, right: null, pointer: null }));
  });
  // A place of a bone, for each figure in turn.
  const bones = (name: string): Promise<Point[]> =>
    page.evaluate((wanted) => {
      const found: Point[] = [];
      gallery.stage.scene.traverse((part) => {
        if (part.name !== wanted) return;
        const [x = 0, y = 0, z = 0] = part.matrixWorld.elements.slice(12, 15);
        found.push({ x, y, z });
      });
      return found;
    }, name);
  await expect.poll(async () => (await bones('LeftEye')).length).toBe(2);
  await page.evaluate(() => gallery.stage.drawNow());
  const [left, right] = [await bones('LeftEye'), await bones('RightEye')];
  for (const [i, [x, y, z]] of [[0.6, 1.7, 0.2], [-0.8, 1.15, 0.2]].entries()) {
    const [a, b] = [left[i], right[i]];
    if (!a || !b) throw new Error('a figure has no eyes');
    expect(Math.hypot((a.x + b.x) / 2 - (x ?? 0), (a.y + b.y) / 2 - (y ?? 0), (a.z + b.z) / 2 - (z ?? 0))).toBeLessThan(0.005);
    // Looking along −Z, the left eye is on the left.
    expect(a.x).toBeLessThan(b.x);
  }
  const [hand] = await bones('LeftHand');
  expect(Math.hypot((hand?.x ?? 0) - 0.4, (hand?.y ?? 0) - 1.25, (hand?.z ?? 0) + 0.1)).toBeLessThan(0.01);
  // A fist is as short as fists are; a hand that rests has its fingers out.
  const far = async (side: string): Promise<number> => {
    const [[wrist], [end]] = [await bones(`${side}Hand`), await bones(`${side}HandMiddle4`)];
    return Math.hypot((wrist?.x ?? 0) - (end?.x ?? 9), (wrist?.y ?? 0) - (end?.y ?? 9), (wrist?.z ?? 0) - (end?.z ?? 9));
  };
  expect(await far('Left')).toBeLessThan(0.12);
  expect(await far('Right')).toBeGreaterThan(0.14);
  // Nobody stands in the floor, and who sits has knees before the hips.
  for (const foot of await bones('LeftFoot')) expect(foot.y).toBeGreaterThan(0);
  const [, hip] = await bones('LeftUpLeg');
  const [, knee] = await bones('LeftLeg');
  expect((knee?.z ?? 0) - (hip?.z ?? 0)).toBeLessThan(-0.2);
  // Under who sits there is a stool; who stands has none.
  const stools = await page.evaluate(() => {
    const found: { visible: boolean; x: number; high: number }[] = [];
    gallery.stage.scene.traverse((part) => {
      if (part.name === 'stool') found.push({ visible: part.visible, x: part.position.x, high: part.scale.y });
    });
    return found;
  });
  expect(stools.map(({ visible }) => visible)).toEqual([false, true]);
  expect(Math.abs((stools[1]?.x ?? 0) - (hip?.x ?? 9))).toBeLessThan(0.15);
  expect(stools[1]?.high).toBeLessThan((hip?.y ?? 0));

  // What is drawn grows with people, and stays within what a laptop's graphics can do.
  await page.evaluate(() => {
    for (let i = 0; i < 47; i++) {
      const turn = (i * 2 * Math.PI) / 47;
      gallery.room.join({ id: `many-${i}`, name: `Person ${i}` }, () => ({ head: { position_m: [1.8 * Math.sin(turn), 1.6, 1.8 * Math.cos(turn)], rotation: [0, 0, 0, 1] }, left: null, right: null, pointer: null }));
    }
  });
  await expect.poll(async () => (await bones('LeftEye')).length).toBe(12);
  // A full room: fifty with oneself, all of them drawn, also those behind one's back.
  const { calls, triangles } = await page.evaluate(() => {
    const { scene, renderer } = gallery.stage;
    gallery.stage.set({ layers: { volume: { visible: false, opacity: 1 } } });
    const people = scene.getObjectByName('people');
    if (!people) throw new Error('nobody is here');
    scene.traverse((part) => (part.frustumCulled = false));
    const drawn = (visible: boolean): number => {
      people.visible = visible;
      gallery.stage.drawNow();
      return renderer.info.render.calls;
    };
    const without = drawn(false);
    return { calls: drawn(true) - without, triangles: renderer.info.render.triangles };
  });
  expect(triangles).toBeGreaterThan(12 * 8000);
  expect(triangles).toBeLessThan(300_000);
  // Twelve figures of three parts, a stool, a name above each, and all busts in three.
  expect(calls).toBeGreaterThan(12 * 3 + 49);
  expect(calls, 'draw calls of 49 people').toBeLessThanOrEqual(100);
});

test('who speaks opens the lips, and who comes too near fades', async ({ page }) => {
  await open(page, 'figures');
  await page.evaluate(() => {
    const at = (x: number, y: number, z: number) => ({ position_m: [x, y, z] as const, rotation: [0, 0, 0, 1] as const });
    gallery.room.join({ id: 'listens', name: 'Listens' }, () => ({ head: at(0.5, 1.6, 0.3) }));
    gallery.room.join({ id: 'speaks', name: 'Speaks', speaking: true }, () => ({ head: at(0.9, 1.6, -0.5) }));
    const { x, y, z } = gallery.stage.rig.camera.position;
    gallery.room.join({ id: 'near', name: 'Near' }, () => ({ head: at(x + 0.2, y, z - 0.2) }));
  });
  interface Look {
    mouth: number;
    opacity: number;
  }
  const looks = (): Promise<Record<string, Look>> =>
    page.evaluate(() => {
      const found: Record<string, Look> = {};
      for (const person of gallery.stage.scene.getObjectsByProperty('name', 'person')) {
        person.traverse((part) => {
          const face = part as typeof part & { morphTargetDictionary?: Record<string, number>; morphTargetInfluences?: number[]; material?: { opacity: number } };
          const mouth = Object.entries(face.morphTargetDictionary ?? {}).find(([name]) => name.includes('MouthOpen'))?.[1];
          if (mouth === undefined) return;
          found[String(person.userData['participant'])] = {
            mouth: face.morphTargetInfluences?.[mouth] ?? NaN,
            opacity: face.material?.opacity ?? NaN,
          };
        });
      }
      return found;
    });
  await expect.poll(async () => Object.keys(await looks()).length).toBe(3);
  await expect.poll(async () => (await looks())['speaks']?.mouth).toBeGreaterThan(0.7);
  const { listens, speaks, near } = await looks();
  expect(listens?.mouth).toBe(0);
  expect(speaks?.opacity).toBe(1);
  expect(near?.opacity).toBeLessThan(0.4);
});
