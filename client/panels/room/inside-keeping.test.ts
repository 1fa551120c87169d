import { createRoot } from 'solid-js';
import { expect, test } from 'vitest';
import type { Act, Knocking, Participant, Sanction, Standing, Voice } from '../../../contract/room';
import type { RoomOrder } from '../../core/room-order';
import { translate } from '../../words/words';
import { createKeeping } from './inside-keeping';
import type { Keeping } from './inside-keeping';
import type { Page } from './inside-state';

const person = (id: number, name: string, standing: Standing, more: Partial<Participant> = {}): Participant => ({
  id, name, standing, actor: `${name.toLowerCase()}.x`, role: 'expert', licence: 'valid', colour: '#000000', place: id, may_act: true,
  hand_since: null, muted: false, may_accompany: false, stays_until: null, joined: '2026-03-02T08:00:00Z', away: false, ...more,
});
const LI = person(1, 'Li', 'host', { may_accompany: true });
const CHEN = person(2, 'Chen', 'speaker');
const WANG = person(3, 'Wang', 'observer', { stays_until: '2026-03-02T10:00:00Z' });
const ZHAO: Knocking = { id: 7, actor: 'zhao.patient', name: 'Zhao', role: 'patient', since: '', needs_companion: true, needs_licence: false, blocked_until: null };
const SUN: Sanction = {
  number: 4, actor: 'sun.x', name: 'Sun', grade: 'blocked', reason: 'noise', by: 'li.x', since: '2026-03-02T09:00:00Z', until: '2026-03-02T10:00:00Z', over: null,
  appeal: { reason: 'I was ill', at: '2026-03-02T09:10:00Z', answer: null },
};

interface Room {
  people: Participant[];
  waiting: Knocking[];
  sanctions: Sanction[];
  own: Participant;
  keeps: boolean;
  voices: Map<number, Voice>;
}

function opened(change: Partial<Room> = {}): { keeping: Keeping; room: Room; acts: Act[]; pages: Page[] } {
  const room: Room = { people: [LI, CHEN, WANG], waiting: [], sanctions: [], own: LI, keeps: true, voices: new Map(), ...change };
  const [acts, pages]: [Act[], Page[]] = [[], []];
  const order = { waiting: () => room.waiting, sanctions: () => room.sanctions, own: () => room.own, keeps: () => room.keeps, act: (act: Act) => void acts.push(act) } as unknown as RoomOrder;
  const app = { t: (key: Parameters<typeof translate>[1], params?: Parameters<typeof translate>[2]) => translate('en', key, params), language: () => 'en' as const };
  const keeping = createRoot(() => createKeeping({ control: { people: () => room.people }, order, voice: { voices: () => room.voices } }, app, (page) => void pages.push(page)));
  return { keeping, room, acts, pages };
}

test('shows one person after the other, those at the door first, never oneself', () => {
  const { keeping } = opened({ waiting: [ZHAO], sanctions: [SUN] });
  const seen = Array.from({ length: 5 }, () => {
    const { of } = keeping.state();
    keeping.press('next');
    return [of?.name, of?.is, of?.at, of?.count];
  });
  expect(seen).toEqual([['Zhao', 'at-door', 1, 4], ['Chen', 'inside', 2, 4], ['Wang', 'inside', 3, 4], ['Sun', 'kept-out', 4, 4], ['Zhao', 'at-door', 1, 4]]);
  keeping.press('previous');
  expect(keeping.state().of?.name).toBe('Zhao');
});

test('warns, mutes, puts out and blocks only once it is said why', () => {
  for (const did of ['warn', 'mute', 'put-out', 'block'] as const) {
    const { keeping, acts, pages } = opened();
    keeping.press(did);
    expect([acts, pages, keeping.state().what]).toEqual([[], ['why'], did]);
    // What is no reason of this does nothing.
    keeping.press('because:care');
    expect(acts).toEqual([]);
    keeping.press('because:unkind');
    expect(acts).toEqual([{ act: did, participant: 2, reason: 'Insults or harasses somebody' }]);
    expect(pages).toEqual(['why', 'people']);
    keeping.press('because:unkind');
    expect(acts).toHaveLength(1);
  }
});

test('ends a camera and a shared screen with its reason, and lets them be shown again', () => {
  const SHOWS: Voice = { participant: 2, muted: false, speaking: false, camera: true, screen: true, around: false };
  const { keeping, room, acts, pages } = opened({ voices: new Map([[2, SHOWS]]) });
  expect(keeping.state().of?.shows).toEqual(['camera', 'screen']);
  keeping.press('end-screen');
  expect([acts, pages, keeping.state().what]).toEqual([[], ['why'], 'end-screen']);
  keeping.press('because:unfit');
  keeping.press('end-camera');
  // Who one is has nothing to do with what a camera shows.
  keeping.press('because:impostor');
  keeping.press('because:privacy');
  expect(acts).toEqual([
    { act: 'end-showing', participant: 2, what: 'screen', reason: 'Shows what does not belong here' },
    { act: 'end-showing', participant: 2, what: 'camera', reason: 'Takes pictures or passes things on' },
  ]);
  room.people = [LI, { ...CHEN, ended: ['screen'] }, WANG];
  expect(keeping.state().of?.ended).toEqual(['screen']);
  keeping.press('let-show:screen');
  keeping.press('let-show:everything');
  expect(acts.slice(2)).toEqual([{ act: 'let-show', participant: 2, what: 'screen' }]);
});

test('who has left while it is asked why is nobody else', () => {
  const { keeping, room, acts } = opened();
  keeping.press('block');
  room.people = [LI, WANG];
  expect(keeping.state().of).toBeUndefined();
  keeping.press('because:disturbs');
  expect(acts).toEqual([]);
  keeping.press('all');
  expect(keeping.state().of?.name).toBe('Wang');
});

test('lets in with a companion, turns away, lifts and lets stay', () => {
  const { keeping, acts } = opened({ waiting: [ZHAO], sanctions: [SUN] });
  keeping.admit();
  expect(acts.at(-1)).toEqual({ act: 'admit', waiting: 7, companion: 1 });
  keeping.refuse();
  keeping.press('because:alone');
  expect(acts.at(-1)).toEqual({ act: 'turn-away', waiting: 7, reason: 'The patient wants nobody else here' });
  keeping.press('previous');
  keeping.press('lift');
  expect(acts.at(-1)).toEqual({ act: 'lift', whom: 'sun.x' });
  keeping.press('previous');
  keeping.press('let-stay');
  keeping.press('because:care');
  expect(acts.at(-1)).toEqual({ act: 'let-stay', participant: 3, reason: 'The patient needs them now' });
});

test('the host says who is what; a supervisor keeps order, and who keeps none does nothing', () => {
  const host = opened();
  expect(host.keeping.state().of?.appointable).toEqual(['host', 'supervisor', 'speaker', 'observer']);
  host.keeping.press('appoint');
  expect(host.pages).toEqual(['appoint']);
  host.keeping.press('be:speaker');
  expect(host.acts).toEqual([]);
  host.keeping.press('be:host');
  expect(host.acts).toEqual([{ act: 'appoint', participant: 2, standing: 'host' }]);
  expect(opened({ own: person(1, 'Li', 'supervisor') }).keeping.state().of?.appointable).toEqual([]);
  const other = opened({ keeps: false, waiting: [ZHAO] });
  expect(other.keeping.state().of).toBeUndefined();
  for (const id of ['warn', 'mute', 'lift', 'admit']) other.keeping.press(id);
  other.keeping.admit();
  other.keeping.refuse();
  expect([other.acts, other.pages]).toEqual([[], []]);
});

test('a hand is lowered and a voice given back at once', () => {
  const { keeping, acts } = opened({ people: [LI, person(2, 'Chen', 'speaker', { hand_since: '2026-03-02T08:00:00Z', muted: true })] });
  keeping.press('lower');
  keeping.press('unmute');
  expect(acts).toEqual([{ act: 'lower-hand', participant: 2 }, { act: 'unmute', participant: 2 }]);
});

test('what somebody says against a sanction that another has given is decided with a reason, also when they have gone', () => {
  const muted: Sanction = { ...SUN, actor: 'chen.x', name: 'Chen', grade: 'muted', by: 'wang.x', until: null };
  const { keeping, room, acts, pages } = opened({ sanctions: [muted] });
  expect(keeping.objects()).toBe('Chen');
  expect(keeping.state().of?.objects).toEqual({ grade: 'muted', reason: 'noise', plea: 'I was ill', isOwn: false });
  keeping.press('appeal');
  keeping.press('grant');
  expect([acts, pages, keeping.state().what]).toEqual([[], ['appeal', 'why'], 'grant']);
  // What is a reason to refuse is none to grant.
  keeping.press('because:rightly');
  expect(acts).toEqual([]);
  keeping.press('because:mistaken');
  expect(acts).toEqual([{ act: 'answer-appeal', whom: 'chen.x', against: 'muted', grants: true, reason: 'It was a mistake' }]);
  room.people = [LI, WANG];
  keeping.press('next');
  expect(keeping.state().of).toMatchObject({ name: 'Chen', is: 'gone', count: 2 });
  keeping.press('deny');
  keeping.press('because:rightly');
  expect(acts.at(-1)).toMatchObject({ act: 'answer-appeal', grants: false });
  room.sanctions = [{ ...muted, appeal: { ...muted.appeal, answer: { granted: false } } } as Sanction];
  expect([keeping.objects(), keeping.state().of?.name, keeping.state().of?.count]).toEqual([undefined, 'Wang', 1]);
});

test('what one has done oneself somebody else decides on', () => {
  const { keeping, acts } = opened({ sanctions: [SUN] });
  keeping.press('previous');
  expect(keeping.state().of).toMatchObject({ name: 'Sun', objects: { isOwn: true } });
  expect(keeping.objects()).toBeUndefined();
  keeping.press('grant');
  keeping.press('because:mistaken');
  expect(acts).toEqual([]);
});
