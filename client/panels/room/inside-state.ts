/** What the panel inside a headset depends on, and its pages. */
import type { Grade, RecordingNow, Showing, Standing } from '../../../contract/room';
import type { Axis, BoxSide } from '../../core/hologram-cuts';
import type { FigureChoice } from '../../core/figures';
import type { PageChoice } from '../../core/own-pages';
import type { Ending, Sanction } from '../../core/room-order';
import type { Reminder } from '../../core/room-stay';
import type { VoiceState } from '../../core/room-voice';
import type { PlaceId } from '../../stage/places/design';
import type { CropBox, Hologram, Locked } from '../../stage/room-view';
import type { Tool, Writing } from '../../stage/tools';
import type { Sought } from '../../xr/headset';
import type { XrMode } from '../../xr/modes';
import type { SurfaceState } from '../../xr/real-room';

/** Pages that have a tab; the others open from one of them. */
export const TABS = ['view', 'tools', 'parts', 'room', 'own'] as const;
export const OPENED = { window: 'view', move: 'view', cut: 'view', crop: 'view', shelf: 'parts', figure: 'own', people: 'room', appoint: 'room', appeal: 'room', why: 'room', object: 'room', call: 'room', things: 'tools', pages: 'tools', colour: 'own', place: 'room' } as const;
export type Page = (typeof TABS)[number] | keyof typeof OPENED | 'recording';
export const PAGES: readonly Page[] = [...TABS, 'window', 'move', 'cut', 'crop', 'shelf', 'figure', 'people', 'appoint', 'appeal', 'why', 'object', 'call', 'things', 'pages', 'colour', 'place', 'recording'];

export interface SomebodyInside {
  readonly name: string;
  readonly speaks: boolean;
  readonly handUp: boolean;
}

/** What is in a hand that one has to know of: another's, or one's own that somebody asks for. */
export interface HeldInside {
  readonly holder: string;
  /** What it is, and how it is spoken of after that. */
  readonly what: string;
  readonly it: string;
  readonly isOwn: boolean;
  /** Who asks for what is one's own. */
  readonly asks: string | undefined;
  readonly hasAsked: boolean;
}

/** What is done about somebody with a reason. */
export type Reasoned = Sanction | Ending | 'turn-away' | 'let-stay' | 'grant' | 'deny';

/** What somebody says against a sanction, and waits for an answer. */
export interface ObjectionInside {
  readonly grade: Grade;
  /** Why it was given. */
  readonly reason: string;
  readonly plea: string;
  /** Whether one has given it oneself, so that somebody else decides. */
  readonly isOwn: boolean;
}

/** Somebody about whom order can be kept. */
export interface KeptInside {
  readonly name: string;
  readonly at: number;
  readonly count: number;
  /** Inside, at the door, kept out by a block, or gone and waiting for an answer. */
  readonly is: 'inside' | 'at-door' | 'kept-out' | 'gone';
  readonly standing: Standing | undefined;
  readonly handUp: boolean;
  readonly muted: boolean;
  /** Whether they watch, and were given the word. */
  readonly hasWord?: boolean;
  /** What they show at this moment, and what they show no more because it was ended. */
  readonly shows: readonly Showing[];
  readonly ended: readonly Showing[];
  /** Until when a block keeps them out, in words. */
  readonly blockedUntil: string | undefined;
  /** What they say against it. */
  readonly appeal: string | undefined;
  /** What of it is to be decided. */
  readonly objects?: ObjectionInside | undefined;
  /** Until when they stay, in words; left out for who stays as long as they like. */
  readonly staysUntil: string | undefined;
  /** What one may make them. */
  readonly appointable: readonly Standing[];
}

export interface KeepingInside {
  readonly of: KeptInside | undefined;
  /** What is to be done, once it is said why. */
  readonly what: Reasoned;
}

/** What stands in the room or was put there by oneself, one after the other. */
export interface ThingsInside {
  readonly of: { readonly name: string; readonly at: number; readonly count: number; readonly locked: Locked | undefined; readonly mayLock: boolean; readonly mayRemove: boolean; readonly mayWrite: boolean } | undefined;
  /** Whether a board, and a page, can be put up. */
  readonly board: boolean;
  readonly page: boolean;
}

export interface WritingInside {
  readonly as: Writing | 'board';
  readonly draft: string;
  readonly listens: boolean;
  /** Who writes speech down here: the browser, or the hospital's own service by captions. */
  readonly by: 'browser' | 'captions' | undefined;
  /** How the next landmark is called that nobody names. */
  readonly numbered: string;
}

/** An order that is said: what was understood is done when it is confirmed. */
export interface OrderingInside {
  readonly by: 'hospital' | 'browser' | undefined;
  readonly state: 'idle' | 'listening' | 'writing';
  readonly heard: string;
  readonly asked: string | undefined;
  readonly trouble: string | undefined;
}

/** All that the panel depends on, in words where it is somebody's. */
export interface InsideState {
  readonly title: string;
  readonly page: Page;
  /** Whether somebody's images stand here. */
  readonly twin: boolean;
  /** Whether the room is about a patient, whose images lie on the shelf. */
  readonly about: boolean;
  readonly mode: XrMode;
  readonly people: readonly SomebodyInside[];
  /** What one is to be reminded of about one's own stay. */
  readonly stay: Reminder | undefined;
  /** What calls one elsewhere, as an alarm of the ward, and since when. */
  readonly call?: string | undefined;
  /** What has just been said to whoever looks at the screen, as a refusal. */
  readonly said: string | undefined;
  readonly may: { readonly act: boolean; readonly work: boolean; readonly keep: boolean; readonly unlock: boolean };
  readonly hologram: Hologram | undefined;
  readonly locked: Locked | undefined;
  /** Those that one may take in hand, and the one that is. */
  readonly tools: readonly Tool[];
  readonly tool: Tool;
  readonly held: HeldInside | undefined;
  readonly waiting: string | undefined;
  readonly keeping: KeepingInside;
  readonly things: ThingsInside;
  /** The pages of this hospital among which one chooses. */
  readonly pages: readonly PageChoice[];
  /** Who waits for one's answer to what they say against a sanction. */
  readonly objects?: string | undefined;
  /** What was done to oneself that one has not spoken against yet. */
  readonly sanctioned?: Pick<ObjectionInside, 'grade' | 'reason'> | undefined;
  readonly handUp: boolean;
  readonly lead: { readonly name: string; readonly isOwn: boolean } | undefined;
  readonly voice: { readonly state: VoiceState; readonly open: boolean; readonly silenced: boolean; readonly changed: boolean; readonly camera?: 'on' | 'off' | undefined; readonly watches?: boolean; readonly writesDown: boolean; readonly dictates: boolean };
  readonly captions: readonly { readonly name: string; readonly text: string }[];
  readonly marks: readonly string[];
  readonly around: { readonly name: string; readonly isOwn: boolean; readonly seen: boolean; readonly looks: boolean } | undefined;
  /** The screen, else the camera, that another shows, and whether one looks at it. */
  readonly shown?: { readonly name: string; readonly source: 'camera' | 'screen'; readonly looks: boolean } | undefined;
  /** The figures that one may look like; none before one is seated. */
  readonly figures: readonly FigureChoice[];
  /** The colours, with who else wears each; none under a pseudonym. */
  readonly colours: readonly { readonly colour: string; readonly chosen: boolean; readonly by: string | undefined }[];
  /** Whether one is here under a pseudonym. */
  readonly hides: boolean;
  /** Where everybody is, for the host, who has them be elsewhere. */
  readonly place: PlaceId | undefined;
  readonly gaze: boolean;
  /** How long one looks until something is chosen, in seconds. */
  readonly gazeTime_s: number;
  readonly standing: boolean;
  readonly surface: SurfaceState;
  /** What goes where the eyes rest next. */
  readonly seeking: Sought | undefined;
  readonly parts: readonly { readonly name: string; readonly label: string }[];
  readonly part: number;
  /** The box of the scan, once it is known. */
  readonly box: CropBox | undefined;
  readonly side: { readonly axis: Axis; readonly of: BoxSide };
  readonly shelf: { readonly from: number; readonly lying: readonly { readonly series: string; readonly words: string }[]; readonly busy: boolean };
  readonly recording: { readonly state: RecordingNow['state']; readonly by: string; readonly hasAgreed: boolean; readonly missing: string; readonly since: string };
  readonly writing: WritingInside | undefined;
  readonly ordering: OrderingInside;
  readonly picture: HTMLImageElement | undefined;
}
