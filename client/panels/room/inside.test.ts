import { describe, expect, it } from 'vitest';
import type { Language } from '../../core/language';
import { figuresFor } from '../../core/figures';
import { toolsFor } from '../../core/room-order';
import { HOLOGRAM } from '../../room/fake-hologram';
import { PLACES } from '../../stage/places/design';
import { translate } from '../../words/words';
import { TOOLS_INSIDE, asksFor, insidePanel, pageNow, shelfAfter, toolsInside } from './inside';
import { PAGES } from './inside-state';
import type { InsideState, Page } from './inside-state';

const NOW: InsideState = {
  title: 'Thorax',
  page: 'view',
  twin: true,
  about: true,
  mode: 'vr',
  people: [{ name: 'Li', speaks: true, handUp: false }, { name: 'Chen', speaks: false, handUp: true }],
  stay: undefined,
  said: undefined,
  may: { act: true, work: true, keep: true, unlock: true },
  hologram: HOLOGRAM,
  locked: undefined,
  tools: TOOLS_INSIDE,
  tool: 'turn',
  held: undefined,
  waiting: undefined,
  keeping: { of: undefined, what: 'warn' },
  things: { of: undefined, board: true, page: true },
  pages: [{ path: '/patients/p1', words: 'This patient' }, { path: '/imaging?modality=CT', words: 'Images' }],
  handUp: false,
  lead: undefined,
  voice: { state: 'in', open: false, silenced: false, changed: false, writesDown: true, dictates: false },
  captions: [],
  marks: ['12.0 mm', '13.0 mm', '14.0 mm'],
  around: undefined,
  figures: figuresFor({ actor: 'li.terminal', role: 'terminal-doctor', figure: 2 }),
  colours: [{ colour: '#e69f00', chosen: true, by: undefined }, { colour: '#56b4e9', chosen: false, by: 'Chen' }, { colour: '#009e73', chosen: false, by: undefined }],
  hides: false,
  place: 'consulting',
  gaze: false,
  gazeTime_s: 1.1,
  standing: false,
  surface: 'none',
  seeking: undefined,
  parts: [{ name: 'lung-left', label: 'Left lung' }, { name: 'bones', label: 'Bones' }],
  part: 0,
  box: { min_lps_mm: [-100, -90, -80], max_lps_mm: [100, 90, 80] },
  side: { axis: 2, of: 'max_lps_mm' },
  shelf: { from: 0, lying: [{ series: HOLOGRAM.series, words: 'CT · today' }, { series: '1.3', words: 'CT · last year' }], busy: false },
  recording: { state: 'off', by: 'Chen', hasAgreed: false, missing: 'Li, Chen', since: '' },
  writing: undefined,
  ordering: { by: 'hospital', state: 'idle', heard: '', asked: undefined, trouble: undefined },
  picture: undefined,
};

const panel = (change: Partial<InsideState>, language: Language = 'en'): ReturnType<typeof insidePanel> => insidePanel({ ...NOW, ...change }, (key, params) => translate(language, key, params));
const ids = (change: Partial<InsideState>): string[] => panel(change).buttons.map(({ id }) => id);
const chosen = (change: Partial<InsideState>): string[] => panel(change).buttons.flatMap(({ id, pressed }) => (pressed ? [id] : []));

const CHEN: NonNullable<InsideState['keeping']['of']> = {
  name: 'Chen',
  at: 1,
  count: 2,
  is: 'inside',
  standing: 'speaker',
  handUp: true,
  muted: false,
  shows: [],
  ended: [],
  blockedUntil: undefined,
  appeal: undefined,
  staysUntil: '10:00',
  appointable: ['host', 'supervisor', 'speaker', 'observer'],
};

describe('the pages of the panel', () => {
  it('have few buttons each, none twice, in both languages', () => {
    const held = { holder: 'Chen', what: 'the images', it: 'them', isOwn: false, asks: undefined, hasAsked: false };
    for (const language of ['zh', 'en'] as const)
      for (const page of PAGES) {
        const recording = { ...NOW.recording, state: page === 'recording' ? 'asked' : 'off' } as const;
        const { buttons, lines, tabs, always, foot } = panel({ page, recording, held, waiting: 'Zhao', keeping: { of: CHEN, what: 'warn' } }, language);
        expect(buttons.length, page).toBeGreaterThan(0);
        expect(buttons.length, page).toBeLessThanOrEqual(12);
        const all = [...buttons, ...(tabs ?? []), ...(always ?? [])];
        expect(new Set(all.map(({ id }) => id)).size, page).toBe(all.length);
        for (const words of [...lines, ...all.map(({ label }) => label), foot]) expect(words).not.toMatch(/\{|\}|^$/);
      }
  });

  it('lead to one another, and each shows whose it is', () => {
    const tab = (page: Page): (string | undefined)[] => panel({ page }).tabs?.flatMap(({ id, pressed }) => (pressed ? [id] : [])) ?? [];
    expect(tab('tools')).toEqual(['page:tools']);
    expect(tab('crop')).toEqual(['page:view']);
    expect(tab('move')).toEqual(['page:view']);
    expect(tab('shelf')).toEqual(['page:parts']);
    expect(tab('figure')).toEqual(['page:own']);
    expect(tab('why')).toEqual(['page:room']);
    for (const page of ['appoint', 'appeal', 'why'] as const) expect(ids({ page }).at(-1)).toBe('keep:all');
    for (const page of ['people', 'move', 'cut', 'crop', 'shelf', 'figure', 'object', 'place'] as const) expect(ids({ page }).at(-1)).toMatch(/^back:/);
  });

  it('have undoing, the microphone and the way out at hand; who may not act undoes nothing', () => {
    for (const page of PAGES) expect(panel({ page }).always?.map(({ id }) => id)).toEqual(['undo', 'microphone', 'leave']);
    expect(panel({ may: { act: false, work: false, keep: false, unlock: false } }).always?.map(({ id }) => id)).toEqual(['microphone', 'leave']);
  });
});

describe('what is offered', () => {
  it('follows what one may do', () => {
    expect(ids({ page: 'room' })).toEqual(['hand', 'lock', 'lead', 'gather', 'snap', 'record:ask', 'keep:all', 'page:place']);
    expect(ids({ page: 'room', place: undefined, may: { act: false, work: false, keep: false, unlock: false } })).toEqual(['hand']);
    const locked = { by: 'chen.expert', name: 'Chen', marks: true };
    expect(ids({ page: 'room', locked, may: { ...NOW.may, unlock: false } })).not.toContain('lock');
    expect(panel({ page: 'room', locked }).lines).toContain('Locked by Chen with its marks: they stay as they are.');
  });

  it('lets the host have everybody be in another place', () => {
    expect(ids({ page: 'place' })).toEqual([...PLACES.map((place) => `place:${place}`), 'back:room']);
    expect(chosen({ page: 'place', place: 'operating' })).toEqual(['place:operating']);
    expect(ids({ page: 'room', place: undefined })).not.toContain('page:place');
    expect(ids({ page: 'place', place: undefined })).toEqual(['back:room']);
  });

  it('lets one object to what was done to oneself, with words to choose', () => {
    const sanctioned = { grade: 'muted', reason: 'noise' } as const;
    expect(ids({ page: 'room', sanctioned })).toContain('page:object');
    expect(ids({ page: 'object', sanctioned })).toEqual(['object:mistake', 'object:fault', 'object:stopped', 'back:room']);
    expect(panel({ page: 'object', sanctioned }).lines[0]).toMatch(/^muted · .*noise/);
    expect(ids({ page: 'object' })).toEqual(['back:room']);
    expect(ids({ page: 'room' })).not.toContain('page:object');
  });

  it('follows what is in a hand', () => {
    const other = { holder: 'Chen', what: 'the board', it: 'it', isOwn: false, asks: undefined, hasAsked: false };
    expect(ids({ page: 'room', held: other })).toEqual(expect.arrayContaining(['hand:ask', 'hand:take']));
    expect(ids({ page: 'room', held: other, may: { ...NOW.may, keep: false } })).not.toContain('hand:take');
    expect(ids({ page: 'room', held: { ...other, holder: 'Li', isOwn: true, asks: 'Chen' } })).toEqual(expect.arrayContaining(['hand:give', 'hand:keep']));
    expect(ids({ page: 'room', held: { ...other, isOwn: true } }).filter((id) => id.startsWith('hand:'))).toEqual([]);
  });

  it('has how long one looks, for who chooses by looking', () => {
    const label = (change: Partial<InsideState>, language?: Language): string | undefined => panel({ page: 'own', ...change }, language).buttons.find(({ id }) => id === 'dwell')?.label;
    expect(label({})).toBeUndefined();
    expect(label({ gaze: true })).toBe('Chosen after 1.1 s');
    expect(label({ gaze: true, gazeTime_s: 0.8 }, 'zh')).toBe('注视 0.8 秒选中');
  });

  it('shows what is chosen', () => {
    expect(chosen({ page: 'tools', tool: 'clip' })).toEqual(['tool:clip']);
    expect(chosen({ page: 'parts', hologram: { ...HOLOGRAM, only: 'lung-left', apart: 0.5 } })).toEqual(['part:shown', 'part:only', 'part:apart', 'part:lesions']);
    expect(chosen({ page: 'parts', part: 1, hologram: { ...HOLOGRAM, only: 'lung-left' } })).toEqual(['part:shown', 'part:lesions']);
    const cut = { page: 'cut', hologram: { ...HOLOGRAM, clip: { normal_lps: [0, -1, 0], offset_mm: 30 } } } as const;
    expect(chosen(cut)).toEqual(['cut:coronal']);
    expect(panel(cut).lines[0]).toBe('Cutting plane: Coronal, -30 mm');
    expect(ids({ page: 'cut' })).not.toContain('cut:more');
  });

  it('leads the window by numbers, on and on where one looks', () => {
    expect(ids({ page: 'view' })).toContain('page:window');
    const { lines, buttons } = panel({ page: 'window' });
    expect(lines[0]).toBe('Window: centre 40 HU, width 400 HU');
    expect(buttons.map(({ id, label, repeats }) => [id, label, repeats])).toEqual([
      ['centre:less', 'Centre −20 HU', true],
      ['centre:more', 'Centre +20 HU', true],
      ['width:less', 'Width −50 HU', true],
      ['width:more', 'Width +50 HU', true],
      ['back:view', 'Back', undefined],
    ]);
    expect(panel({ page: 'window' }, 'zh').lines[0]).toBe('窗位 40 HU，窗宽 400 HU');
  });

  it('shows, fades and hides one structure', () => {
    expect(chosen({ page: 'parts' })).toEqual(['part:shown', 'part:lesions']);
    expect(chosen({ page: 'parts', hologram: { ...HOLOGRAM, layers: { 'lung-left': { visible: false, opacity: 0.35 } } } })).toEqual(['part:faded', 'part:lesions']);
    expect(chosen({ page: 'parts', hologram: { ...HOLOGRAM, layers: { lesions: { visible: false, opacity: 1 } } } })).toEqual(['part:shown']);
  });

  it('has what stands here under the tools, with and without images, for who may act, and for all who have something there', () => {
    for (const twin of [true, false]) expect(ids({ page: 'tools', twin })).toContain('page:things');
    expect(ids({ page: 'tools', may: { act: false, work: false, keep: false, unlock: false } })).not.toContain('page:things');
    expect(ids({ page: 'tools' })).toContain('tool:nodule');
    const of = { name: 'Board Plan', at: 1, count: 2, locked: undefined, mayLock: true, mayRemove: true, mayWrite: true };
    expect(ids({ page: 'tools', may: { act: false, work: false, keep: false, unlock: false }, things: { of, board: false, page: false } })).toContain('page:things');
    expect(ids({ page: 'things', things: { of, board: true, page: true } })).toEqual(['thing:previous', 'thing:next', 'thing:write', 'thing:lock', 'thing:remove', 'thing:board', 'page:pages', 'keep-marks', 'back:tools']);
    expect(ids({ page: 'things', things: { of: { ...of, mayWrite: false }, board: true, page: true } })).not.toContain('thing:write');
    expect(ids({ page: 'things', marks: [] })).not.toContain('keep-marks');
    expect(panel({ page: 'things', things: { of, board: true, page: true } }).lines[0]).toBe('Board Plan (1 of 2)');
  });

  it('has the pages that can be put up, as long as there is room for one more', () => {
    expect(ids({ page: 'pages' })).toEqual(['put:/patients/p1', 'put:/imaging?modality=CT', 'back:things']);
    expect(panel({ page: 'pages' }).tabs?.flatMap(({ id, pressed }) => (pressed ? [id] : []))).toEqual(['page:tools']);
    expect(panel({ page: 'pages' }, 'zh').lines).toContain('请选择一个页面。每个人只看到自己有权看到的内容。');
    const full = { page: 'pages', things: { ...NOW.things, page: false } } as const;
    expect(ids(full)).toEqual(['back:things']);
    expect(panel(full).lines).toContain('Three pages stand in the room; take one away first.');
    expect(ids({ page: 'things', things: full.things })).not.toContain('page:pages');
  });

  it('lets who shows a 360° picture end it, and who keeps order anybody’s', () => {
    const around = { name: 'Chen', isOwn: false, seen: true, looks: false };
    expect(ids({ page: 'own', around })).toContain('end-around');
    const may = { ...NOW.may, keep: false };
    expect(ids({ page: 'own', around, may })).not.toContain('end-around');
    expect(ids({ page: 'own', around: { ...around, isOwn: true }, may })).toContain('end-around');
  });

  it('says who shares a screen or shows a camera, and lets one look at it or not', () => {
    expect(ids({ page: 'room' })).not.toContain('pictures');
    const shown = { name: 'Chen', source: 'screen', looks: true } as const;
    expect(panel({ page: 'room', shown }).lines).toContain('Chen shares a screen.');
    expect(chosen({ page: 'room', shown })).toContain('pictures');
    expect(panel({ page: 'tools', shown: { ...shown, source: 'camera' } }).lines).toContain('Chen shows their camera.');
    expect(ids({ page: 'room', shown: { ...shown, looks: false } })).toContain('pictures');
    expect(chosen({ page: 'room', shown: { ...shown, looks: false } })).not.toContain('pictures');
    expect(panel({ page: 'room', shown }, 'zh').lines).toContain('Chen正在共享屏幕。');
  });

  it('has the colours that nobody else wears, and says who wears the others', () => {
    expect(ids({ page: 'own' })).toContain('page:colour');
    expect(ids({ page: 'own', colours: [] })).not.toContain('page:colour');
    expect(ids({ page: 'colour' })).toEqual(['colour:#e69f00', 'colour:#009e73', 'back:own']);
    expect(chosen({ page: 'colour' })).toEqual(['colour:#e69f00']);
    expect(panel({ page: 'colour' }).lines).toContain('Sky blue: worn by Chen');
  });

  it('has another voice, also before one speaks', () => {
    expect(ids({ page: 'own', voice: { ...NOW.voice, state: 'out' } })).toContain('other-voice');
    expect(chosen({ page: 'own', voice: { ...NOW.voice, changed: true } })).toEqual(['other-voice']);
  });

  it('turns the camera on and off where one may go out, and says which', () => {
    const label = (camera?: 'on' | 'off'): string | undefined => panel({ page: 'own', voice: { ...NOW.voice, camera } }).buttons.find(({ id }) => id === 'camera')?.label;
    expect([label(), label('off'), label('on')]).toEqual([undefined, 'Camera on', 'Camera off']);
  });

  it('moves by steps that go on while they are looked at, and says what looking does', () => {
    const { buttons } = panel({ page: 'move' });
    const steps = buttons.filter(({ repeats }) => repeats).map(({ id }) => id);
    expect(steps).toHaveLength(10);
    expect(buttons.flatMap(({ id, repeats }) => (repeats ? [] : [id]))).toEqual(['seek', 'back:view']);
    expect(panel({ page: 'move' }).lines).toContain('Each press is one step, for everybody.');
    expect(panel({ page: 'move', gaze: true }).lines).toContain('Looking on goes on: one step after the other, for everybody.');
    expect(chosen({ page: 'move', seeking: 'hologram' })).toEqual(['seek']);
    expect(panel({ page: 'move', seeking: 'hologram' }).lines[0]).toMatch(/^Look away from the panel/);
    expect(chosen({ page: 'move', seeking: 'self' })).toEqual([]);
  });

  it('lets everybody go elsewhere by looking, also who may do nothing else', () => {
    const may = { act: false, work: false, keep: false, unlock: false };
    for (const mode of ['vr', 'ar'] as const) expect(ids({ page: 'own', mode, may })).toContain('go');
    // Nor does who has no thumbstick stay turned away: looking on turns them on.
    const turns = panel({ page: 'own', may }).buttons.filter(({ id }) => id.startsWith('turn:'));
    expect(turns.map(({ id, label, repeats }) => [id, label, repeats])).toEqual([['turn:left', 'Turn me left', true], ['turn:right', 'Turn me right', true]]);
    expect(chosen({ page: 'own', seeking: 'self' })).toEqual(['go']);
    expect(panel({ page: 'own', seeking: 'self' }).lines[0]).toMatch(/^Look at the floor/);
    expect(chosen({ page: 'own', seeking: 'hologram' })).toEqual([]);
  });

  it('has the figures of one\'s dress, by their words, with the one that one looks like', () => {
    expect(ids({ page: 'own' })).toContain('page:figure');
    expect(ids({ page: 'own', figures: [] })).not.toContain('page:figure');
    expect(ids({ page: 'figure' })).toEqual(['figure:1', 'figure:2', 'figure:3', 'figure:4', 'figure:5', 'back:own']);
    expect(chosen({ page: 'figure' })).toEqual(['figure:2']);
    const patient = { page: 'figure', figures: figuresFor({ actor: 'pseudonym.abc', role: 'patient' }), hides: true } as const;
    expect(panel(patient).buttons.map(({ label }) => label)).toEqual(['Woman, black hair, brown clothes', 'Man, black hair, green clothes', 'Woman, brown hair, grey clothes', 'Back']);
    expect(panel(patient).lines[1]).toMatch(/^A figure chosen here is not kept/);
    expect(panel({ page: 'figure' }).lines[1]).not.toMatch(/^A figure/);
  });

  it('waits for the structures and other images', () => {
    expect(ids({ page: 'parts', parts: [] })).toEqual(['part:lesions', 'part:all', 'page:shelf']);
    expect(ids({ page: 'parts', parts: [], hologram: undefined })).toEqual(['part:all', 'page:shelf']);
    expect(panel({ page: 'parts', parts: [] }).lines).toContain('The structures of these images are still being made.');
    expect(ids({ page: 'shelf' })).toEqual(['take:1.2.3', 'take:1.3', 'back:parts']);
    expect(ids({ page: 'shelf', shelf: { ...NOW.shelf, lying: [] } })).toEqual(['back:parts']);
    expect(ids({ box: undefined })).not.toContain('page:crop');
    expect(panel({ box: undefined }).lines[0]).toBe('Preparing the volume');
  });

  it('shows a long shelf in parts, round and round', () => {
    const lying = Array.from({ length: 8 }, (_, at) => ({ series: `s${at}`, words: `CT ${at}` }));
    expect(ids({ page: 'shelf', shelf: { from: 0, lying, busy: false } })).toHaveLength(8);
    expect(shelfAfter(0, 8)).toBe(6);
    expect(ids({ page: 'shelf', shelf: { from: 6, lying, busy: false } })).toEqual(['take:s6', 'take:s7', 'shelf:more', 'back:parts']);
    expect(shelfAfter(6, 8)).toBe(0);
  });
});

describe('keeping order', () => {
  const sanctions = ['keep:warn', 'keep:mute', 'keep:put-out', 'keep:block'];
  const of = (change: Partial<typeof CHEN>): Partial<InsideState> => ({ page: 'people', keeping: { of: { ...CHEN, ...change }, what: 'warn' } });

  it('has each act of the list of people, as far as it can be done', () => {
    expect(ids(of({}))).toEqual(['keep:previous', 'keep:next', 'keep:lower', ...sanctions, 'keep:let-stay', 'keep:appoint', 'back:room']);
    expect(ids(of({ handUp: false, muted: true, staysUntil: undefined, appointable: [], count: 1 }))).toEqual(['keep:unmute', 'keep:warn', 'keep:put-out', 'keep:block', 'back:room']);
    const shows = of({ shows: ['camera', 'screen'] });
    expect(ids(shows)).toEqual(['keep:previous', 'keep:next', 'keep:lower', 'keep:warn', 'keep:mute', 'keep:end-camera', 'keep:end-screen', 'keep:put-out', 'keep:block', 'keep:let-stay', 'keep:appoint', 'back:room']);
    expect(panel(shows).lines[1]).toBe('speaker · hand up · camera on · shares a screen');
    // What was ended is let be shown again, whatever its owner's device still sends.
    const ended = of({ shows: ['camera'], ended: ['camera', 'screen'] });
    expect(ids(ended).slice(3, 9)).toEqual(['keep:let-show:camera', 'keep:let-show:screen', ...sanctions]);
    expect(panel(ended).lines[1]).toMatch(/camera ended · screen ended$/);
    expect(ids(of({ is: 'at-door', count: 1 }))).toEqual(['keep:admit', 'keep:turn-away', 'keep:block', 'back:room']);
    expect(ids(of({ is: 'at-door', blockedUntil: '10:00', count: 1 }))).toEqual(['keep:lift', 'keep:turn-away', 'back:room']);
    expect(ids(of({ is: 'kept-out', blockedUntil: '10:00', count: 1 }))).toEqual(['keep:lift', 'back:room']);
    expect(ids({ page: 'people' })).toEqual(['back:room']);
    expect(ids({ page: 'room', may: { ...NOW.may, keep: false } })).not.toContain('keep:all');
    expect(ids({ page: 'room', waiting: 'Zhao' }).slice(1, 3)).toEqual(['admit', 'refuse']);
  });

  it('says who it is about, and asks why before anything grave is done', () => {
    expect(panel(of({ muted: true })).lines.slice(0, 3)).toEqual(['Chen (1 of 2)', 'speaker · hand up · muted', 'Their stay ends 10:00.']);
    const why = panel({ page: 'why', keeping: { of: CHEN, what: 'block' } });
    expect(why.lines[0]).toBe('Put out and block: Chen. Choose why; they are told, and the record keeps it.');
    expect(why.buttons.map(({ id }) => id)).toEqual(['keep:because:disturbs', 'keep:because:unkind', 'keep:because:privacy', 'keep:because:impostor', 'keep:all']);
    const screen = panel({ page: 'why', keeping: { of: CHEN, what: 'end-screen' } });
    expect(screen.lines[0]).toBe('End the shared screen: Chen. Choose why; they are told, and the record keeps it.');
    expect(screen.buttons[0]).toEqual({ id: 'keep:because:unfit', label: 'Shows what does not belong here' });
    // Who has left meanwhile is nobody else.
    expect(ids({ page: 'why', keeping: { of: undefined, what: 'block' } })).toEqual(['keep:all']);
    expect(panel({ page: 'why' }).lines[0]).toBe('They have left.');
    expect(chosen({ page: 'appoint', keeping: { of: CHEN, what: 'warn' } })).toEqual(['keep:be:speaker']);
  });
});

describe('recording', () => {
  const asked = { ...NOW.recording, state: 'asked' } as const;

  it('is asked about on a page of its own, to which it brings whoever has not answered', () => {
    expect(asksFor(asked)).toBe('recording');
    expect(asksFor({ ...asked, hasAgreed: true })).toBeUndefined();
    expect(asksFor(NOW.recording)).toBeUndefined();
    expect(panel({ page: 'recording', recording: asked }).lines[0]).toMatch(/^Chen asks to record this room/);
    expect(ids({ page: 'recording', recording: asked, may: { ...NOW.may, keep: false } })).toEqual(['record:yes', 'record:no']);
    expect(ids({ page: 'recording', recording: { ...asked, hasAgreed: true } })).toEqual(['record:no', 'record:stop']);
    expect(panel({ page: 'tools', recording: asked }).lines[0]).toBe('Chen asks to record this room.');
  });

  it('is said on every page while it runs, and can be withdrawn from', () => {
    const recording = { ...NOW.recording, state: 'running', hasAgreed: true, since: '10:00' } as const;
    for (const page of PAGES) expect(panel({ page, recording }).sign).toBe('This room is recorded, since 10:00');
    expect(panel({ recording, writing: { as: 'note', draft: '', listens: false, by: undefined, numbered: '' } }).sign).toBeDefined();
    expect(panel({ recording }).tabs?.at(-1)?.id).toBe('page:recording');
    expect(ids({ page: 'recording', recording, may: { ...NOW.may, keep: false } })).toEqual(['record:no']);
    expect(panel({}).sign).toBeUndefined();
    expect(panel({}).tabs).toHaveLength(5);
    expect(pageNow('recording', 'off', true)).toBe('room');
    expect(pageNow('recording', 'asked', true)).toBe('recording');
  });
});

describe('tools', () => {
  const OBSERVER = { actor: 'sun', standing: 'observer', may_act: false } as const;

  it('are those that are of use to whoever wears the headset', () => {
    const tools = toolsInside(true, false, (tool) => toolsFor(OBSERVER).includes(tool));
    expect(ids({ page: 'tools', tools, may: { act: false, work: false, keep: false, unlock: false } })).toEqual(['tool:turn', 'tool:point']);
    expect(ids({ page: 'cut', tools })).not.toContain('tool:clip');
    expect(ids({ page: 'cut' })).toContain('tool:clip');
  });
});

describe('where people meet without images', () => {
  const circle = { twin: false, about: false, tools: toolsInside(false, true, () => true), hologram: undefined, box: undefined, parts: [] } as const;

  it('has what needs none', () => {
    expect(panel({ ...circle, page: 'room' }).tabs?.map(({ id }) => id)).toEqual(['page:tools', 'page:room', 'page:own']);
    expect(ids({ ...circle, page: 'tools' })).toEqual(['tool:turn', 'tool:point', 'tool:pen', 'page:things']);
    expect(toolsInside(false, false, () => true)).toEqual(['turn', 'point']);
    expect(ids({ ...circle, page: 'room' })).toEqual(['hand', 'lead', 'gather', 'record:ask', 'keep:all', 'page:place']);
    for (const tool of ['turn', 'point', 'pen'] as const) expect(panel({ ...circle, page: 'tools', tool }).lines[0]).not.toMatch(/hologram|slices|images/);
  });

  it('never shows a page that is about images', () => {
    for (const page of ['view', 'window', 'move', 'cut', 'crop', 'parts'] as const) expect(pageNow(page, 'off', false)).toBe('room');
    for (const page of ['tools', 'room', 'own', 'figure', 'people', 'why'] as const) expect(pageNow(page, 'off', false)).toBe(page);
  });

  it('takes a picture of the room where it is about a patient', () => {
    const visit = { ...circle, about: true } as const;
    expect(ids({ ...visit, page: 'room' })).toContain('snap');
    expect(ids({ ...visit, page: 'room', may: { ...NOW.may, work: false } })).not.toContain('snap');
    const picture = {} as HTMLImageElement;
    expect(panel({ ...visit, picture }).lines[0]).toMatch(/in the patient’s record/);
    expect(panel({ picture }).lines[0]).toMatch(/with the study/);
  });

  it('brings a patient’s images from the shelf, one series too', () => {
    const visit = { ...circle, about: true, shelf: { ...NOW.shelf, lying: [{ series: '1.3', words: 'CT · last year' }] } };
    expect(ids({ ...visit, page: 'room' })).toContain('page:shelf');
    expect(ids({ ...visit, page: 'room', may: { ...NOW.may, work: false } })).not.toContain('page:shelf');
    expect(pageNow('shelf', 'off', false)).toBe('shelf');
    expect(ids({ ...visit, page: 'shelf' })).toEqual(['take:1.3', 'back:room']);
    const { tabs, lines } = panel({ ...visit, page: 'shelf' });
    expect(tabs?.flatMap(({ id, pressed }) => (pressed ? [id] : []))).toEqual(['page:room']);
    expect(lines[0]).toBe('Images come to stand here for everybody; you stay inside.');
    // Where the only series stands there is no other.
    const lying = [{ series: HOLOGRAM.series, words: 'CT · today' }];
    expect(ids({ page: 'shelf', shelf: { ...NOW.shelf, lying } })).toEqual(['back:parts']);
  });
});

describe('a stay', () => {
  it('is said before all else on every page, in both languages, until one has noted it', () => {
    const rest = { key: 'rest', ends: false, minutes: 45 };
    const ends = { key: 'ends', ends: true, minutes: 9 };
    for (const page of PAGES) expect(panel({ page, stay: ends, said: 'Not done' }).lines.slice(0, 2)).toEqual(['Your time in this room ends in 9 minutes. The host can let you stay.', 'Not done']);
    expect(panel({ stay: rest }, 'zh').lines[0]).toBe('您已在房间中连续 45 分钟未休息。请稍作休息；若佩戴头显请摘下。');
    const writing = { as: 'note', draft: '', listens: false, by: undefined, numbered: '' } as const;
    expect(panel({ stay: rest, writing }).lines[0]).toMatch(/^You have been in rooms for 45 minutes/);
    expect(panel({ stay: rest }).always?.map(({ id }) => id)).toEqual(['undo', 'microphone', 'leave', 'stay']);
    expect(panel({}).lines[0]).not.toMatch(/room/);
  });
});

describe('what calls one elsewhere', () => {
  const call = 'An alarm calls you (since 10:03)';

  it('is said first on every page, also over what is to be written, and opens or is closed', () => {
    for (const page of PAGES) expect(panel({ page, call, said: 'Not done', recording: { ...NOW.recording, state: 'asked' } }).lines[0], page).toBe(call);
    const writing = { as: 'note', draft: '', listens: false, by: undefined, numbered: '' } as const;
    expect(panel({ writing, call }).lines[0]).toBe(call);
    expect(panel({ call }).always?.map(({ id }) => id)).toEqual(['undo', 'microphone', 'leave', 'page:call']);
    expect(ids({ page: 'call', call })).toEqual(['call:open', 'call:close', 'back:room']);
    expect(ids({ page: 'call' })).toEqual(['back:room']);
  });
});

describe('words', () => {
  it('say first what was refused, and who asks for what', () => {
    const { lines } = panel({ said: 'Not done: there is nothing to undo', waiting: 'Zhao', tool: 'measure', page: 'tools' });
    expect(lines.slice(0, 3)).toEqual(['Not done: there is nothing to undo', 'Zhao waits at the door.', 'Pull the trigger or pinch at two points of the hologram.']);
    expect(lines.at(-1)).toBe('Here: Li (speaking) · Chen (hand up)');
    expect(lines).not.toContain('12.0 mm');
    const writing = { as: 'note', draft: '', listens: false, by: undefined, numbered: '' } as const;
    expect(panel({ said: 'Not done: it is locked', writing }).lines.slice(0, 2)).toEqual(['Not done: it is locked', 'Note at this point']);
  });

  it('of an order are shown, and it is done when it is confirmed', () => {
    const { ordering } = NOW;
    expect(ids({ page: 'own' })).toContain('order:listen');
    expect(ids({ page: 'own', ordering: { ...ordering, by: undefined } })).not.toContain('order:listen');
    expect(chosen({ page: 'own', ordering: { ...ordering, state: 'listening' } })).toContain('order:listen');
    const heard = panel({ page: 'view', ordering: { ...ordering, heard: 'please undo', asked: 'Undo' } });
    expect(heard.lines).toEqual(['Heard: “please undo”', 'Do: Undo?']);
    expect(heard.buttons.map(({ id }) => id)).toEqual(['order:do', 'order:drop', 'order:listen']);
    // While it is listened, a word answers too.
    expect(panel({ page: 'view', ordering: { ...ordering, state: 'listening', heard: 'please undo', asked: 'Undo' } }).lines.at(-1)).toBe('Say “yes” or “no”, or press.');
    expect(ids({ ordering: { ...ordering, by: undefined, heard: 'please undo', asked: 'Undo' } })).toEqual(['order:do', 'order:drop']);
    expect(panel({ page: 'own', ordering: { ...ordering, heard: 'hello' } }).lines).toContain('No order was understood in: “hello”');
    expect(panel({ page: 'own', ordering: { ...ordering, trouble: 'Nothing was heard.' } }).lines).toContain('Nothing was heard.');
  });

  it('of a note and a landmark come by voice', () => {
    const writing = { as: 'landmark', draft: '', listens: false, by: 'browser', numbered: 'Place 3' } as const;
    expect(ids({ writing })).toEqual(['write:listen', 'write:numbered', 'write:cancel']);
    expect(panel({ writing }).tabs).toBeUndefined();
    const heard = panel({ writing: { ...writing, as: 'note', draft: 'look here' } });
    expect(heard.lines).toContain('“look here”');
    expect(heard.buttons.map(({ id }) => id)).toEqual(['write:listen', 'write:place', 'write:cancel']);
    const board = panel({ writing: { ...writing, as: 'board', draft: 'CT in March' } });
    expect(board.lines.slice(0, 2)).toEqual(['Write on the board', '“CT in March”']);
    expect(board.buttons.map(({ id, label }) => [id, label]).slice(1)).toEqual([['write:place', 'Write'], ['write:cancel', 'Cancel']]);
    // Where nothing writes speech down a landmark still has a name, and a note is left to the screen.
    expect(ids({ writing: { ...writing, by: undefined } })).toEqual(['write:numbered', 'write:cancel']);
    expect(panel({ writing: { ...writing, as: 'note', by: undefined } }).lines.at(-1)).toMatch(/^Nothing here writes speech down/);
  });
});
