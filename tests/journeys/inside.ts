/** A person inside a room with an emulated headset: head, hands, and what is seen there. See `client/xr/README.md`. */
import type { Browser, BrowserContextOptions, Page } from '@playwright/test';
import type { Inside } from '../../client/xr/emulate';
import { expect, person } from './people.ts';

export type Three = readonly [number, number, number];
type Hologram = NonNullable<NonNullable<Inside['stage']['shared']>['state']>;
export type Side = 'controllers' | 'hands';
export type Handed = 'left' | 'right';
export interface Aim {
  readonly at: Three;
  readonly facing: readonly number[];
}

/** A screen on which all can still be pressed. */
const SMALL = { width: 360, height: 240 };
/** Both eyes beside one another, as few pixels as tell one view from another: they are drawn by the processor, all the time. */
const EYES = { width: 144, height: 96 };
const AHEAD = [0, 0, 0, 1] as const;

/** Signs in with a small screen and an emulated headset at hand. */
export async function withHeadset(browser: Browser, user: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await person(browser, user, { viewport: SMALL, ...options });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  // The emulator reports what a frame throws, and goes on.
  page.on('console', (said) => {
    // What the browser itself says, of a line that broke for example, has no arguments.
    if (said.type() === 'error' && said.args().length > 0) errors.push(said.text());
  });
  page.on('close', () => expect(errors, 'errors in the page').toEqual([]));
  await emulateHeadset(page, options.viewport ?? SMALL);
  await page.reload();
  return page;
}

/** Shows the volume alone, for everybody: surfaces of all structures have ten times as many triangles as all else together. */
export async function showVolumeAlone(page: Page): Promise<void> {
  await page.evaluate(() => window.__xrInside?.stage.shared?.set({ mode: 'volume' }));
  await expect.poll(async () => (await told(page)).mode).toBe('volume');
}

/** A headset is at hand from the next load on, and the screen is as small as may be. */
export async function emulateHeadset(page: Page, screen = SMALL): Promise<void> {
  await page.setViewportSize(screen);
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
}

/** Lets the headset draw some frames: with one presses and poses are taken in, with the next hands are where they are. */
export async function frames(page: Page, count = 2): Promise<void> {
  // Who has just asked to enter is inside a moment later.
  await page.waitForFunction(() => window.__xrInside?.stage.renderer.xr.getSession());
  await page.evaluate(
    async ([wanted, eyes]) => {
      const { renderer } = window.__xrInside?.stage ?? {};
      const session = renderer?.xr.getSession();
      if (!renderer || !session) throw new Error('nobody is inside');
      const next = (): Promise<unknown> => new Promise((done) => session.requestAnimationFrame(done));
      // The emulator makes both eyes as large as the page, with the first frame.
      const { domElement: canvas } = renderer;
      if (canvas.width !== eyes.width) {
        await next();
        [canvas.width, canvas.height] = [eyes.width, eyes.height];
      }
      for (let drawn = 0; drawn < wanted; drawn++) await next();
    },
    [count, EYES] as const,
  );
}

/** Brings a controller or hand, the right one where nothing is said, to a place of the room, in metres. */
export async function reach(page: Page, side: Side, { at, facing }: Aim, handed: Handed = 'right'): Promise<void> {
  await page.evaluate(
    ([kind, place, turn, which]) => {
      const { rig } = window.__xrInside?.stage.rig ?? {};
      const input = window.__xr?.[kind][which];
      if (!rig || !input) throw new Error('nobody is inside');
      const local = rig.worldToLocal(rig.position.clone().set(...place));
      const rotation = rig.quaternion.clone().invert().multiply(rig.quaternion.clone().fromArray([...turn]));
      input.position.set(local.x, local.y, local.z);
      input.quaternion.set(rotation.x, rotation.y, rotation.z, rotation.w);
    },
    [side, at, facing, handed] as const,
  );
  await frames(page);
}

/** Closes a hand, the right one where nothing is said, or opens it. */
export async function close(page: Page, side: Side, value: 0 | 1, handed: Handed = 'right'): Promise<void> {
  await page.evaluate(
    ([kind, pressed, which]) => {
      if (kind === 'hands') window.__xr?.hands[which]?.updatePinchValue(pressed);
      else window.__xr?.controllers[which]?.updateButtonValue('trigger', pressed);
    },
    [side, value, handed] as const,
  );
  await frames(page);
}

/** Takes the hologram with both hands, brings them from one width to another, in metres, and lets go. */
export async function spread(page: Page, side: Side, from_m: number, to_m: number): Promise<void> {
  const [x, y, z] = (await told(page)).transform.position_m;
  const hands = [['left', -1], ['right', 1]] as const;
  const apart = async (width_m: number): Promise<void> => {
    for (const [handed, way] of hands) await reach(page, side, { at: [x + (way * width_m) / 2, y, z + 0.1], facing: AHEAD }, handed);
  };
  await apart(from_m);
  for (const [handed] of hands) await close(page, side, 1, handed);
  await apart(to_m);
  for (const [handed] of hands) await close(page, side, 0, handed);
}

/** Takes the hologram, carries it by some metres, and shows it to `other` on the way before it lets go. */
export async function carry(page: Page, side: Side, by: Three, other: Page): Promise<void> {
  const from = (await told(other)).transform.position_m;
  const hand: Three = [from[0] + 0.05, from[1], from[2] + 0.1];
  await reach(page, side, { at: hand, facing: AHEAD });
  await close(page, side, 1);
  // Closing fingers move a little, and what they hold moves with them.
  const goal = moved(await shown(page), by);
  await reach(page, side, { at: moved(hand, by), facing: AHEAD });
  // While it is in the hand the other sees it move.
  await expect.poll(async () => distance(await shown(other), goal)).toBeLessThan(0.01);
  await close(page, side, 0);
  await expect.poll(async () => distance((await told(other)).transform.position_m, goal)).toBeLessThan(0.005);
}

/** The hologram as the server has told it to this browser. */
export async function told(page: Page): Promise<Hologram> {
  const found = await page.evaluate(() => window.__xrInside?.stage.shared?.entity?.[1]);
  if (!found) throw new Error('no hologram');
  return found;
}

/** Where this browser draws the hologram. */
async function shown(page: Page): Promise<Three> {
  return page.evaluate(() => {
    const at = window.__xrInside?.stage.hologram?.root.position;
    return [at?.x ?? NaN, at?.y ?? NaN, at?.z ?? NaN] as const;
  });
}

/** From where to point straight at a button of the panel in the room. */
async function aimAt(page: Page, button: string): Promise<Aim> {
  return page.evaluate((wanted) => {
    const panel = window.__xrInside?.headset?.panel;
    if (!panel) throw new Error('nobody is inside');
    const { mesh } = panel;
    const { width, height } = mesh.geometry.parameters;
    const facing = mesh.getWorldQuaternion(mesh.quaternion.clone());
    const ahead = mesh.position.clone().set(0, 0, -1).applyQuaternion(facing);
    const before = (row: number, column: number) =>
      mesh.localToWorld(mesh.position.clone().set((column - 0.5) * width, (row - 0.5) * height, 0)).addScaledVector(ahead, -0.35);
    const [rows, columns]: [number[], number[]] = [[], []];
    for (let row = 0.01; row < 1; row += 0.01)
      for (let column = 0.5 / 24; column < 1; column += 1 / 24) {
        if (panel.hit(before(row, column), ahead)?.button !== wanted) continue;
        rows.push(row);
        columns.push(column);
      }
    // The middle of it: the panel's words may grow by a line meanwhile, and hands are not still.
    const middle = (all: number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
    if (rows.length > 0) {
      const from = before(middle(rows), middle(columns));
      return { at: [from.x, from.y, from.z] as const, facing: facing.toArray() };
    }
    throw new Error(`no button ${wanted}`);
  }, button);
}

/** On which page of a room's panel buttons are, by their kind; the others are on every page. */
const PAGE_OF: Readonly<Record<string, string>> = {
  window: 'view',
  mode: 'view',
  centre: 'window',
  width: 'window',
  move: 'move',
  seek: 'move',
  cut: 'cut',
  crop: 'crop',
  side: 'crop',
  tool: 'tools',
  part: 'parts',
  take: 'shelf',
  hand: 'room',
  admit: 'room',
  refuse: 'room',
  lock: 'room',
  lead: 'room',
  gather: 'room',
  snap: 'room',
  gaze: 'own',
  go: 'own',
  turn: 'own',
  dwell: 'own',
  height: 'own',
  surface: 'own',
  around: 'own',
  dictate: 'own',
  figure: 'figure',
  record: 'recording',
};

/** Turns the panel to the page of a button, where it shows another. */
async function turnTo(page: Page, button: string): Promise<void> {
  await page.evaluate(
    ([wanted, tab]) => {
      const panel = window.__xrInside?.headset?.panel;
      if (panel?.content.tabs && tab && !panel.content.buttons.some(({ id }) => id === wanted)) panel.press(`page:${tab}`);
    },
    [button, PAGE_OF[button.split(':')[0] ?? '']] as const,
  );
}

/** Presses a button of the panel, with the right hand where nothing is said. */
export async function press(page: Page, side: Side, button: string, handed: Handed = 'right'): Promise<void> {
  await turnTo(page, button);
  await reach(page, side, await aimAt(page, button), handed);
  await close(page, side, 1, handed);
  await close(page, side, 0, handed);
}

/** Turns the head so that its eyes rest on a button of the panel. */
export async function gazeAt(page: Page, button: string): Promise<void> {
  await turnTo(page, button);
  const { at, facing } = await aimAt(page, button);
  await page.evaluate(
    ([place, turn]) => {
      const { rig } = window.__xrInside?.stage.rig ?? {};
      if (!rig || !window.__xr) throw new Error('nobody is inside');
      const local = rig.worldToLocal(rig.position.clone().set(...place));
      const rotation = rig.quaternion.clone().invert().multiply(rig.quaternion.clone().fromArray([...turn]));
      window.__xr.position.set(local.x, local.y, local.z);
      window.__xr.quaternion.set(rotation.x, rotation.y, rotation.z, rotation.w);
    },
    [at, facing] as const,
  );
}

/** Where the head is, between its eyes, in metres of the room or ward that is walked. */
export const ownHead = (page: Page): Promise<Three> =>
  page.evaluate(() => {
    const eyes = window.__xrInside?.stage.renderer.xr.getCamera().cameras ?? [];
    const middle = (at: number) => eyes.reduce((sum, { matrixWorld }) => sum + (matrixWorld.elements[at] ?? NaN), 0) / eyes.length;
    return [middle(12), middle(13), middle(14)] as const;
  });

/** Turns the head so that its eyes rest on a place of the floor. */
export async function gazeAtFloor(page: Page, x: number, z: number): Promise<void> {
  await page.evaluate(
    ([to_x, to_z]) => {
      const { renderer, rig: { rig } = {} } = window.__xrInside?.stage ?? {};
      if (!renderer || !rig || !window.__xr) throw new Error('nobody is inside');
      const head = rig.position.clone().setFromMatrixPosition(renderer.xr.getCamera().matrixWorld);
      const [yaw, pitch] = [Math.atan2(head.x - to_x, head.z - to_z), -Math.atan2(head.y, Math.hypot(head.x - to_x, head.z - to_z))];
      const q = () => rig.quaternion.clone();
      const turn = q().invert().multiply(q().set(0, Math.sin(yaw / 2), 0, Math.cos(yaw / 2))).multiply(q().set(Math.sin(pitch / 2), 0, 0, Math.cos(pitch / 2)));
      window.__xr.quaternion.set(turn.x, turn.y, turn.z, turn.w);
    },
    [x, z] as const,
  );
}

/** Presses the button by which one leaves: no frame follows. */
export async function leave(page: Page): Promise<void> {
  await reach(page, 'controllers', await aimAt(page, 'leave'));
  await page.evaluate(() => window.__xr?.controllers.right?.updateButtonValue('trigger', 1));
}

export async function panelWords(page: Page): Promise<string> {
  return page.evaluate(() => {
    const content = window.__xrInside?.headset?.panel.content;
    if (!content) return '';
    const { title, sign = '', lines, tabs = [], buttons, always = [], foot = '' } = content;
    return [title, sign, ...lines, ...[...tabs, ...buttons, ...always].map(({ label }) => label), foot].join('\n');
  });
}

/** What both eyes see: bytes of red, green, blue and opacity, as the headset's frame holds them. */
export async function seen(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const renderer = window.__xrInside?.stage.renderer;
    const session = renderer?.xr.getSession();
    if (!renderer || !session) throw new Error('nobody is inside');
    await new Promise((done) => session.requestAnimationFrame(done));
    return new Promise<number[]>((done) => {
      session.requestAnimationFrame(() => {
        const gl = renderer.getContext();
        if (gl.isContextLost()) throw new Error('the graphics context is lost');
        const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
        const bytes = new Uint8Array(width * height * 4);
        gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
        done([...bytes]);
      });
    });
  });
}

/** The share of pixels that differ clearly. */
export function changed(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 4) if ([0, 1, 2].some((k) => Math.abs((a[i + k] ?? 0) - (b[i + k] ?? 0)) > 24)) count += 1;
  return (count * 4) / a.length;
}

function moved(from: Three, by: Three): Three {
  return [from[0] + by[0], from[1] + by[1], from[2] + by[2]];
}

export function distance(a: Three, b: Three): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Writes down each tick that the right controller gives. */
export async function feelTicks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ticks: [number, number][] = [];
    Reflect.set(window, 'ticks', ticks);
    const actuator = window.__xr?.controllers.right?.inputSource.gamepad?.hapticActuators[0];
    if (!actuator) throw new Error('the controller gives no ticks');
    const { pulse } = actuator;
    actuator.pulse = (strength: number, ms: number) => {
      ticks.push([strength, ms]);
      return pulse.call(actuator, strength, ms);
    };
  });
}

/** The ticks since the last look. */
export const ticks = (page: Page): Promise<[number, number][]> => page.evaluate(() => (Reflect.get(window, 'ticks') as [number, number][]).splice(0));

/** Walks to a place of the room, head up, looking at the middle of the table. */
export async function stand(page: Page, x: number, z: number): Promise<void> {
  await page.evaluate(
    ([to_x, to_z]) => {
      const { rig } = window.__xrInside?.stage.rig ?? {};
      if (!rig || !window.__xr) throw new Error('nobody is inside');
      const at = rig.worldToLocal(rig.position.clone().set(to_x, 1.6, to_z));
      const yaw = Math.atan2(to_x, to_z);
      const turn = rig.quaternion.clone().invert().multiply(rig.quaternion.clone().set(0, Math.sin(yaw / 2), 0, Math.cos(yaw / 2)));
      window.__xr.position.set(at.x, at.y, at.z);
      window.__xr.quaternion.set(turn.x, turn.y, turn.z, turn.w);
    },
    [x, z] as const,
  );
  await frames(page);
}
