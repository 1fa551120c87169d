import { expect, test } from 'vitest';
import type { Participant, Source } from '../../contract/room';
import { keptBack } from './own-media';

const CHEN: Participant = { id: 1, actor: 'chen', name: 'Chen', role: 'expert', licence: 'valid', colour: '#ffffff', place: 0, may_act: true, standing: 'speaker', hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };

test.each<[Partial<Participant>, readonly (string | undefined)[]]>([
  [{}, [undefined, undefined, undefined]],
  [{ standing: 'host' }, [undefined, undefined, undefined]],
  [{ standing: 'patient' }, [undefined, undefined, 'standing']],
  [{ standing: 'supervisor' }, [undefined, undefined, 'standing']],
  [{ standing: 'observer' }, ['watching', 'watching', 'watching']],
  [{ standing: 'observer', has_word: true }, [undefined, undefined, 'standing']],
  [{ ended: ['camera'] }, [undefined, 'ended', undefined]],
  [{ ended: ['camera', 'screen'] }, [undefined, 'ended', 'ended']],
])('%j keeps back %j', (own, kept) => {
  const sources: readonly Source[] = ['microphone', 'camera', 'screen'];
  expect(sources.map((source) => keptBack({ ...CHEN, ...own }, source))).toEqual(kept);
});
