/** Every tool by every means: what is told to the room, or asked of the page, for the same work by each. */
import { expect, test, type CDPSession, type Page } from '@playwright/test';
import type { XRDevice } from 'iwer';
import type { LocalRoom } from '../../client/stage/dev/local-room';
import type { pick } from '../../client/stage/picking';
import type { Stage } from '../../client/stage/stage';
import { TOOLS, type Tool } from '../../client/stage/tools';
import { DWELL_S } from '../../client/xr/dwell';
import type { Headset } from '../../client/xr/headset';

interface Gallery {
  readonly stage: Stage;
  readonly room: LocalRoom;
  enterXr(mode: 'vr'): Promise<Headset>;
}
declare const gallery: Gallery;
declare global {
  interface Window {
    __yuanyiEmulateXr?: string;
    __xr?: XRDevice;
    inside: Headset;
    /** What was told and asked since it was looked at last. */
    said: string[];
  }
}

test.use({ hasTouch: true, viewport: { width: 360, height: 300 } });

/** So many points a tool takes, and what comes of them; none: it is led from place to place. */
const WORK: Readonly<Record<Tool, { readonly points: number; readonly said: readonly string[] }>> = {
  point: { points: 1, said: ['set cursor'] },
  measure: { points: 2, said: ['add length'] },
  probe: { points: 1, said: ['add hu', 'set cursor'] },
  annotate: { points: 1, said: ['ask for a note'] },
  nodule: { points: 1, said: ['add nodule', 'set cursor'] },
  angle: { points: 3, said: ['add angle'] },
  landmark: { points: 1, said: ['ask for a landmark'] },
  pen: { points: 0, said: ['add stroke'] },
  turn: { points: 0, said: ['grab', 'release'] },
  // What it cuts away nobody points at after it.
  clip: { points: 1, said: ['set clip'] },
};

/** One means to work with: how it comes to one of three places on the hologram, and chooses there. */
interface Means {
  enter?(page: Page): Promise<void>;
  aim(page: Page, place: number): Promise<void>;
  choose(page: Page): Promise<void>;
  /** From the first place over the second to the third. */
  lead?(page: Page): Promise<void>;
  /** The pen goes point by point, and ends by choosing the last one again. */
  readonly isByPoints?: true;
}

/** Three places to the right of one another at which something is seen, in CSS pixels of the page. */
async function onScreen(page: Page): Promise<(readonly [number, number])[]> {
  return page.evaluate(() => {
    const { left, top, width, height } = gallery.stage.renderer.domElement.getBoundingClientRect();
    const y = top + height * 0.45;
    const seen: (readonly [number, number])[] = [];
    for (let x = left + width * 0.3; x < left + width * 0.7; x += 4) if (gallery.stage.pickAt(x, y)) seen.push([x, y]);
    const three = [0.25, 0.5, 0.75].map((share) => seen[Math.floor(seen.length * share)]);
    return three.flatMap((one) => (one ? [one] : []));
  });
}

const at = async (page: Page, place: number): Promise<readonly [number, number]> => (await onScreen(page))[place] ?? [NaN, NaN];

const mouse: Means = {
  aim: async (page, place) => page.mouse.move(...(await at(page, place))),
  choose: async (page) => {
    await page.mouse.down();
    await page.mouse.up();
  },
  lead: async (page) => {
    const places = await onScreen(page);
    await page.mouse.move(...(places[0] ?? [NaN, NaN]));
    await page.mouse.down();
    for (const place of places.slice(1)) await page.mouse.move(...place, { steps: 4 });
    await page.mouse.up();
  },
};

let fingers: CDPSession;
let finger: readonly [number, number];
const touched = async (type: 'touchStart' | 'touchMove' | 'touchEnd', point?: readonly [number, number]): Promise<void> => {
  await fingers.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [{ x: point[0], y: point[1] }] : [] });
};
const touch: Means = {
  enter: async (page) => {
    fingers = await page.context().newCDPSession(page);
  },
  aim: async (page, place) => {
    finger = await at(page, place);
  },
  choose: async () => {
    await touched('touchStart', finger);
    await touched('touchEnd');
  },
  lead: async (page) => {
    const [first, ...others] = await onScreen(page);
    await touched('touchStart', first);
    for (const place of others) await touched('touchMove', place);
    await touched('touchEnd');
  },
};

const keys: Means = {
  enter: (page) => page.locator('#stage').focus(),
  aim: async (page, place) => {
    if (place > 0) return page.keyboard.press('Shift+ArrowRight');
    // The laser comes to the middle with the first Enter.
    if ((await page.evaluate(() => gallery.stage.tools.tool)) === 'point') await page.keyboard.press('Enter');
  },
  choose: (page) => page.keyboard.press('Enter'),
  lead: (page) => page.keyboard.press('ArrowRight'),
  isByPoints: true,
};

const frames = (page: Page, count = 3): Promise<void> =>
  page.evaluate(async (wanted) => {
    const session = gallery.stage.renderer.xr.getSession();
    if (!session) throw new Error('nobody is inside');
    for (let drawn = 0; drawn < wanted; drawn++) await new Promise((done) => session.requestAnimationFrame(done));
  }, count);

/** Holds the head, or what is in the right hand, before one of three places of the hologram, and looks or points at it. */
async function before(page: Page, which: 'head' | 'controllers' | 'hands', place: number): Promise<void> {
  await page.evaluate(
    async ([held, number]) => {
      const { hologram, rig: { rig } } = gallery.stage;
      const device = window.__xr;
      const input = held === 'head' ? device : device?.[held].right;
      if (!input) throw new Error('no headset');
      const picking = (await import('/stage/picking.ts' as string)) as { pick: typeof pick };
      // From here nothing is near enough to be taken in the hand itself.
      const { x, y, z } = hologram.root.position;
      const ahead = rig.position.clone().set(0, 0, -1);
      const seen = Array.from({ length: 81 }, (_, step) => rig.position.clone().set(x + (step - 40) / 200, y + 0.03, z + 0.75)).filter((from) => picking.pick(hologram, from, ahead, false));
      const from = seen[Math.floor((seen.length * (number + 1)) / 4)];
      if (!from) throw new Error('nothing is seen of the hologram');
      const local = rig.worldToLocal(from);
      input.position.set(local.x, local.y, local.z);
      input.quaternion.set(0, 0, 0, 1);
    },
    [which, place] as const,
  );
  await frames(page);
}

async function enter(page: Page, by: 'controller' | 'hand'): Promise<void> {
  await page.evaluate(async (mode) => {
    window.inside = await gallery.enterXr('vr');
    if (window.__xr) window.__xr.primaryInputMode = mode;
  }, by);
  await frames(page);
  // The emulator makes the eyes as large as the page with the first frame. So few pixels tell all that is looked at here.
  await page.evaluate(() => Object.assign(gallery.stage.renderer.domElement, { width: 96, height: 64 }));
}

/** Trigger or fingers of the right hand. */
function inHand(kind: 'controllers' | 'hands', close: (page: Page, value: 0 | 1) => Promise<void>): Means {
  const press = async (page: Page, value: 0 | 1): Promise<void> => {
    await close(page, value);
    await frames(page);
  };
  return {
    enter: (page) => enter(page, kind === 'hands' ? 'hand' : 'controller'),
    aim: (page, place) => before(page, kind, place),
    choose: async (page) => {
      await press(page, 1);
      await press(page, 0);
    },
    lead: async (page) => {
      await before(page, kind, 0);
      await press(page, 1);
      for (const place of [1, 2]) await before(page, kind, place);
      await press(page, 0);
    },
  };
}

const trigger = inHand('controllers', (page, value) => page.evaluate((to) => window.__xr?.controllers.right?.updateButtonValue('trigger', to), value));
const pinch = inHand('hands', (page, value) => page.evaluate((to) => window.__xr?.hands.right?.updatePinchValue(to), value));

let looked = 0;
const gaze: Means = {
  enter: async (page) => {
    await enter(page, 'controller');
    await page.evaluate(() => {
      // Where a hand is tracked the pen is in it.
      for (const hand of [window.__xr?.controllers.left, window.__xr?.controllers.right]) if (hand) hand.connected = false;
      window.inside.gaze = true;
    });
  },
  aim: async (_, place) => void (looked = place),
  choose: async (page) => {
    // Eyes that rest where they rested choose nothing again.
    await page.evaluate(() => window.__xr?.quaternion.set(0, 1, 0, 0));
    await frames(page);
    await before(page, 'head', looked);
    // A frame counts for a tenth of a second at most.
    await page.waitForTimeout(DWELL_S * 1000);
    await frames(page, Math.ceil(DWELL_S * 10) + 2);
  },
  isByPoints: true,
};

const MEANS: readonly (readonly [string, Means])[] = [
  ['mouse', mouse],
  ['touch', touch],
  ['keys', keys],
  ['a controller’s trigger', trigger],
  ['pinch', pinch],
  ['gaze', gaze],
];

async function open(page: Page): Promise<void> {
  page.on('pageerror', (error) => expect.soft(error).toBeUndefined());
  await page.addInitScript(() => {
    window.__yuanyiEmulateXr = 'metaQuest3';
  });
  await page.goto('/stage/dev/index.html?preset=bone');
  await page.waitForFunction(() => typeof gallery !== 'undefined' && gallery.stage.hologram.store.state === 'ready', undefined, { timeout: 60_000 });
  await page.evaluate(() => {
    window.said = [];
    const { room, stage } = gallery;
    const told = room.act.bind(room);
    room.act = (act) => {
      const fields = act.act === 'set' ? Object.keys(act.patch).filter((field) => field !== 'type') : [];
      const what = act.act === 'add' ? ('kind' in act.entity ? act.entity.kind : act.entity.type) : fields.join(' ').replace('cursor_lps_mm', 'cursor');
      window.said.push(`${act.act} ${what}`.trim());
      told(act);
    };
    stage.tools.events.on('write-at', ({ as }) => window.said.push(`ask for a ${as}`));
  });
}

/** Waits until what was changed here has been told. */
const settled = async (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const { entity, state } = gallery.stage.shared;
    return JSON.stringify(entity?.[1].cursor_lps_mm) === JSON.stringify(state?.cursor_lps_mm);
  });

/** Goes to a place; what is told on the way, such as where the keys' cursor is, is no work. */
async function goTo(page: Page, means: Means, place: number): Promise<void> {
  await means.aim(page, place);
  await settled(page);
  await page.evaluate(() => (window.said = window.said.filter((one) => one !== 'set cursor')));
}

async function work(page: Page, tool: Tool, means: Means): Promise<void> {
  await page.evaluate((wanted) => {
    gallery.stage.tools.tool = wanted;
    window.said = [];
  }, tool);
  const { points } = WORK[tool];
  const isLed = points === 0 && !(tool === 'pen' && means.isByPoints);
  if (isLed && means.lead) return means.lead(page);
  for (let place = 0; place < (points || 3); place += 1) {
    await goTo(page, means, place);
    await means.choose(page);
  }
  if (points === 0) await means.choose(page);
}

for (const [name, means] of MEANS) {
  test(`each tool does its work by ${name}`, async ({ page }) => {
    test.setTimeout(600_000);
    await open(page);
    await means.enter?.(page);
    for (const tool of Object.keys(WORK) as Tool[]) {
      await work(page, tool, means);
      // Eyes that look around would turn the hologram all the time: there are buttons for that.
      const said = tool === 'turn' && means === gaze ? [] : WORK[tool].said;
      await expect.poll(() => page.evaluate(() => window.said), { message: `${tool} by ${name}` }).toEqual(said);
    }
  });
}

test('a key chooses each tool', async ({ page }) => {
  await open(page);
  await page.locator('#stage').focus();
  for (const [index, tool] of TOOLS.entries()) {
    await page.keyboard.press(String((index + 1) % 10));
    expect(await page.evaluate(() => gallery.stage.tools.tool)).toBe(tool);
  }
});
