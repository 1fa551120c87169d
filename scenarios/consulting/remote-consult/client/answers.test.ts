import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../../../client/core/api';
import { createAnswers } from './answers';
import type { Answers, Value } from './answers';

interface Call {
  readonly sent: readonly [name: string, value: Value];
  take(): void;
  refuse(status: number): void;
}

let calls: Call[];
let answers: Answers;
let refusals: number;

beforeEach(() => {
  [calls, refusals] = [[], 0];
  answers = createAnswers(
    (name, value) =>
      new Promise((resolve, reject) => {
        calls.push({ sent: [name, value], take: resolve, refuse: (status) => reject(new ApiError('conflict', status, '', undefined, undefined)) });
      }),
    () => void refusals++,
  );
});

const settle = (): Promise<void> => new Promise((go) => setTimeout(go, 0));
const sent = (): unknown[] => calls.map((call) => call.sent);

test('what is chosen while another is being saved waits, is shown meanwhile, and is saved after it', async () => {
  answers.choose('spiculated', true);
  answers.choose('upper_lobe', false);
  answers.choose('nodule_type', 'solid');
  await settle();
  expect(sent()).toEqual([['spiculated', true]]);
  expect(answers.drafts()).toEqual({ spiculated: { value: true }, upper_lobe: { value: false }, nodule_type: { value: 'solid' } });
  for (const n of [0, 1, 2]) {
    calls[n]?.take();
    await settle();
  }
  expect(sent()).toEqual([['spiculated', true], ['upper_lobe', false], ['nodule_type', 'solid']]);
  expect(answers.drafts()).toEqual({});
});

test('an answer that is changed or taken back while it is being saved is saved again', async () => {
  answers.choose('spiculated', true);
  await settle();
  answers.choose('spiculated', null);
  calls[0]?.take();
  await settle();
  expect(answers.drafts()).toEqual({ spiculated: { value: null } });
  calls[1]?.take();
  await settle();
  expect(sent()).toEqual([['spiculated', true], ['spiculated', null]]);
  expect(answers.drafts()).toEqual({});
});

test('where somebody else saved at the same moment it is sent again by itself', async () => {
  answers.choose('spiculated', true);
  await settle();
  calls[0]?.refuse(412);
  await settle();
  expect(answers.drafts()).toEqual({ spiculated: { value: true } });
  expect(refusals).toBe(0);
  calls[1]?.take();
  await settle();
  expect(sent()).toEqual([['spiculated', true], ['spiculated', true]]);
  expect(answers.drafts()).toEqual({});
});

test('what is refused stands with its reason, holds up no other, and is sent again or dropped when asked', async () => {
  answers.choose('age_years', 900);
  answers.choose('spiculated', true);
  let isSettled = false;
  void answers.settled().then(() => (isSettled = true));
  await settle();
  calls[0]?.refuse(422);
  await settle();
  expect(isSettled).toBe(false);
  calls[1]?.take();
  await settle();
  expect(isSettled).toBe(true);
  expect(answers.drafts()).toMatchObject({ age_years: { value: 900, refused: { status: 422 } } });
  answers.choose('age_years', 900);
  await settle();
  calls[2]?.refuse(0);
  await settle();
  expect(answers.drafts()).toMatchObject({ age_years: { refused: { status: 0 } } });
  answers.drop('age_years');
  expect(answers.drafts()).toEqual({});
});

test('who keeps saving at the same moment does not hold it for ever', async () => {
  answers.choose('spiculated', true);
  for (let n = 0; n < 9; n++) {
    await settle();
    calls[n]?.refuse(412);
  }
  await settle();
  expect(calls).toHaveLength(5);
  expect(refusals).toBe(1);
  expect(answers.drafts()).toMatchObject({ spiculated: { value: true, refused: { status: 412 } } });
});
