import { Emitter } from '../core/emitter';
import { add, distance, dot, type Vec3 } from '../core/frames';
import type { HologramView } from './hologram';
import type { Marks } from './marks';
import { angleBetween, angleWords, huWords, lengthWords } from './measure-words';
import { PenLine } from './pen-line';
import type { Hit } from './picking';
import type { EntityId, Plane, RoomView } from './room-view';
import type { SharedHologram } from './shared';

export type Tool = 'turn' | 'point' | 'measure' | 'probe' | 'annotate' | 'clip' | 'nodule' | 'angle' | 'landmark' | 'pen';
export const TOOLS: readonly Tool[] = ['turn', 'point', 'measure', 'probe', 'annotate', 'clip', 'nodule', 'angle', 'landmark', 'pen'];
/** The tool that a key chooses: 1…9 and 0, in their order. */
export function toolOfKey(key: string): Tool | undefined {
  return /^\d$/.test(key) ? TOOLS[(Number(key) + 9) % 10] : undefined;
}
/** Those that need no images. */
export const GATHERED_TOOLS: readonly Tool[] = ['turn', 'point', 'pen'];

/** What is written at a point. */
export type Writing = 'note' | 'landmark';
/** How long its words may be, as the room has it, in characters. */
export const LONGEST: Readonly<Record<Writing, number>> = { note: 500, landmark: 60 };

export interface ToolEvents {
  tool: Tool;
  /** Somebody wants to write at this point; the page asks for the words and places them. */
  'write-at': { readonly point_lps_mm: Vec3; readonly as: Writing };
  /** What has just been done or is to be done next, for those who listen to the page. */
  step: { readonly tool: Tool; readonly step: 'first-point' | 'next-point' | 'line-point' | 'placed' | 'asked' | 'cancelled' | 'no-hit'; readonly words: string };
}

/** What a click, a tap, a controller or the Enter key does at a point, by the tool in hand. */
export class Tools {
  readonly events = new Emitter<ToolEvents>();
  /** Whether there is such a tool for whoever looks at the page: a key takes no other. */
  has: (tool: Tool) => boolean = () => true;
  readonly #room: RoomView;
  readonly #shared: SharedHologram;
  readonly #view: HologramView;
  readonly #marks: Marks;
  #tool: Tool = 'turn';
  /** The points chosen so far of what takes more than one. */
  #begun: Vec3[] = [];
  readonly #line = new PenLine();
  /** Whether the line is drawn point by point. */
  #byPoints = false;

  constructor(room: RoomView, shared: SharedHologram, view: HologramView, marks: Marks) {
    this.#room = room;
    this.#shared = shared;
    this.#view = view;
    this.#marks = marks;
  }

  get tool(): Tool {
    return this.#tool;
  }

  set tool(tool: Tool) {
    if (tool === this.#tool || !this.has(tool)) return;
    this.cancel();
    this.#tool = tool;
    this.events.emit('tool', tool);
  }

  /** Uses the tool at a point; `towards_lps` leads to the eye. */
  use(point: Vec3 | undefined, towards_lps: Vec3): void {
    const id = this.#shared.entity?.[0];
    if (id === undefined || this.#tool === 'turn') return;
    if (!point) {
      this.events.emit('step', { tool: this.#tool, step: 'no-hit', words: '' });
      return;
    }
    if (this.#tool === 'measure') this.#measure(id, point);
    if (this.#tool === 'angle') this.#angle(id, point);
    if (this.#tool === 'pen') this.#linePoint(point);
    if (this.#tool === 'probe') this.#probe(id, point);
    if (this.#tool === 'annotate') this.events.emit('write-at', { point_lps_mm: point, as: 'note' });
    if (this.#tool === 'landmark') this.events.emit('write-at', { point_lps_mm: point, as: 'landmark' });
    if (this.#tool === 'clip') this.#clip(point, towards_lps);
    if (this.#tool === 'point') this.#look(point);
    if (this.#tool === 'nodule') this.#seed(id, point);
  }

  /** Shows what would be placed at the point under the pointer. */
  hover(hit: Hit | undefined): void {
    const [first, corner] = this.#begun;
    if (this.#tool === 'measure' && first && hit) this.#marks.draft([first, hit.lps_mm], lengthWords(distance(first, hit.lps_mm)));
    else if (this.#tool === 'angle' && first && hit) this.#marks.draft([...this.#begun, hit.lps_mm], corner ? words([first, corner, hit.lps_mm]) : '');
    else if (this.#tool === 'probe' && hit) {
      const hu = this.#view.store.huAt(hit.lps_mm);
      this.#marks.draft([hit.lps_mm], hu === undefined ? '' : huWords(hu));
    } else if (this.#begun.length === 0 && this.#line.points.length === 0) this.#marks.draft([], '');
  }

  cancel(): void {
    const begun = this.#begun.length > 0 || this.#line.points.length > 0;
    this.#begun = [];
    this.#line.take();
    this.#byPoints = false;
    this.#marks.draft([], '');
    if (begun) this.events.emit('step', { tool: this.#tool, step: 'cancelled', words: '' });
  }

  /** Goes on with a line that is drawn in one go; what was drawn point by point before is a line of its own. */
  draw(point: Vec3 | undefined): void {
    if (this.#byPoints) this.endLine();
    if (point && this.#line.add(point)) this.#marks.draft(this.#line.points, '');
  }

  /** Ends the line; everybody sees it. */
  endLine(): void {
    const points = this.#line.take();
    this.#byPoints = false;
    this.#marks.draft([], '');
    const id = this.#shared.entity?.[0];
    if (!points || id === undefined) return;
    this.#room.act({ act: 'add', entity: { type: 'stroke', hologram: id, points_lps_mm: points } });
    this.events.emit('step', { tool: 'pen', step: 'placed', words: '' });
  }

  /** Moves the cutting plane along its normal; a plane is made if there is none. */
  shiftClip(by_mm: number, towards_lps: Vec3): void {
    const state = this.#shared.state;
    if (state?.clip) this.#setClip({ ...state.clip, offset_mm: state.clip.offset_mm + by_mm });
    else if (state) this.#clip(state.cursor_lps_mm, towards_lps);
  }

  clearClip(): void {
    this.#setClip(null);
  }

  #measure(id: EntityId, point: Vec3): void {
    const [first] = this.#begun;
    if (!first) {
      this.#begun = [point];
      this.#marks.draft([point], '');
      this.events.emit('step', { tool: 'measure', step: 'first-point', words: '' });
      return;
    }
    const points = [first, point];
    this.#begun = [];
    this.#marks.draft([], '');
    this.#room.act({ act: 'add', entity: { type: 'measure', hologram: id, kind: 'length', points_lps_mm: points } });
    this.events.emit('step', { tool: 'measure', step: 'placed', words: lengthWords(distance(first, point)) });
  }

  #angle(id: EntityId, point: Vec3): void {
    const [first, corner] = this.#begun;
    if (!first || !corner) {
      this.#begun.push(point);
      this.#marks.draft(this.#begun, '');
      this.events.emit('step', { tool: 'angle', step: first ? 'next-point' : 'first-point', words: '' });
      return;
    }
    this.#begun = [];
    this.#marks.draft([], '');
    this.#room.act({ act: 'add', entity: { type: 'measure', hologram: id, kind: 'angle', points_lps_mm: [first, corner, point] } });
    this.events.emit('step', { tool: 'angle', step: 'placed', words: words([first, corner, point]) });
  }

  /** A line point by point, as the keyboard draws it: the last point chosen again ends it. */
  #linePoint(point: Vec3): void {
    if (!this.#line.add(point)) return this.endLine();
    this.#byPoints = true;
    this.#marks.draft(this.#line.points, '');
    this.events.emit('step', { tool: 'pen', step: 'line-point', words: '' });
  }

  #probe(id: EntityId, point: Vec3): void {
    this.#room.act({ act: 'add', entity: { type: 'measure', hologram: id, kind: 'hu', points_lps_mm: [point] } });
    const hu = this.#view.store.huAt(point);
    this.#look(point);
    this.events.emit('step', { tool: 'probe', step: 'placed', words: hu === undefined ? '' : huWords(hu) });
  }

  /** Asks for the nodule at a point, for everybody. */
  #seed(id: EntityId, point: Vec3): void {
    this.#room.act({ act: 'add', entity: { type: 'nodule', hologram: id, at_lps_mm: point } });
    this.#look(point);
    this.events.emit('step', { tool: 'nodule', step: 'asked', words: '' });
  }

  /** What lies between the point and the eye is cut away. */
  #clip(point: Vec3, towards: Vec3): void {
    const length = Math.hypot(...towards) || 1;
    const normal: Vec3 = [towards[0] / length, towards[1] / length, towards[2] / length];
    this.#setClip({ normal_lps: normal, offset_mm: dot(normal, add(point, normal, -2)) });
  }

  #setClip(clip: Plane | null): void {
    this.#shared.set({ clip });
  }

  #look(point: Vec3): void {
    this.#shared.set({ cursor_lps_mm: point });
    this.#view.store.setFocus(point);
  }
}

function words(points: readonly [Vec3, Vec3, Vec3]): string {
  const angle = angleBetween(points);
  return angle === undefined ? '' : angleWords(angle);
}
